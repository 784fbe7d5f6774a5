/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/notify.h"

#include <assert.h>
#include <string.h>

#include "dns/query.h"
#include "dns/wire.h"

enum { OWNER_POINTER = 0xc000 | DNS_HEADER_LEN, PACKET_MAX = 4096 };

size_t
notify_write(uint8_t out[NOTIFY_LEN_MAX], uint16_t id, const struct name *zone,
    uint32_t ttl, const uint8_t *soa, uint16_t soa_len)
{
	uint8_t *p = out + DNS_HEADER_LEN;

	memset(out, 0, DNS_HEADER_LEN);
	wire_put16(out, id);
	wire_put16(out + 2, OPCODE_NOTIFY << 11 | FLAG_AA);
	wire_put16(out + 4, 1);
	wire_put16(out + 6, 1);
	memcpy(p, zone->bytes, zone->len);
	p += zone->len;
	wire_put16(p, TYPE_SOA);
	wire_put16(p + 2, CLASS_IN);
	wire_put16(p + 4, OWNER_POINTER);
	wire_put16(p + 6, TYPE_SOA);
	wire_put16(p + 8, CLASS_IN);
	wire_put32(p + 10, ttl);
	wire_put16(p + 14, soa_len);
	p += 16;
	assert((size_t)(p - out) + soa_len <= NOTIFY_LEN_MAX);
	memcpy(p, soa, soa_len);
	return (size_t)(p - out) + soa_len;
}

enum err
notify_read(const uint8_t *packet, size_t len, struct notify_response *out)
{
	uint8_t request[PACKET_MAX];
	uint16_t flags;
	struct query q;

	if (len < DNS_HEADER_LEN || len > sizeof(request))
		return ERR_SYNTAX;
	flags = wire_get16(packet + 2);
	if ((flags & FLAG_QR) == 0 || (flags & FLAG_OPCODE) >> 11 != OPCODE_NOTIFY)
		return ERR_SYNTAX;
	/* as the request that it repeats: the parser takes no responses */
	memcpy(request, packet, len);
	request[2] &= 0x7f;
	(void)query_parse(request, len, &q);
	out->id = q.id;
	out->rcode = flags & 15;
	out->tsig_at = q.tsig_at;
	out->zone.len = 0;
	if (q.question_len == 0)
		return OK;
	if (q.qtype != TYPE_SOA || q.qclass != CLASS_IN)
		return ERR_SYNTAX;
	out->zone.len = q.qname.len;
	memcpy(out->zone.bytes, q.qname.bytes, q.qname.len);
	return OK;
}
