/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/edns.h"

#include <assert.h>
#include <string.h>

#include "dns/wire.h"

enum {
	OPT_LEN = 1 + DNS_RR_FIXED_LEN, /* root owner and fixed part */
	OPTION_HEADER_LEN = 4,
	ECS_FIXED_LEN = 4, /* family, source and scope prefix length */
};

size_t
edns_len(const struct edns_reply *e)
{
	size_t len = OPT_LEN;

	if (e->nsid != NULL)
		len += OPTION_HEADER_LEN + e->nsid_len;
	if (e->ecs != NULL)
		len += OPTION_HEADER_LEN + ECS_FIXED_LEN + e->ecs->octets;
	if (e->has_ede)
		len += OPTION_HEADER_LEN + 2;
	return len;
}

static uint8_t *
option(uint8_t *p, uint16_t code, size_t len)
{
	wire_put16(p, code);
	wire_put16(p + 2, (uint16_t)len);
	return p + OPTION_HEADER_LEN;
}

/* RFC 7871 7.2.1: family, source prefix length and address as they were asked. */
static uint8_t *
write_ecs(uint8_t *p, const struct query_ecs *ecs, uint8_t scope)
{
	p = option(p, OPTION_ECS, ECS_FIXED_LEN + (size_t)ecs->octets);
	wire_put16(p, ecs->family);
	p[2] = ecs->source_len;
	p[3] = scope;
	memcpy(p + ECS_FIXED_LEN, ecs->ip.bytes, ecs->octets);
	return p + ECS_FIXED_LEN + ecs->octets;
}

void
edns_write(const struct edns_reply *e, struct writer *w)
{
	size_t len = edns_len(e);
	uint8_t *p = w->buf + w->len;

	assert(w->len <= w->limit && w->limit - w->len >= len);
	*p = 0;
	wire_put16(p + 1, TYPE_OPT);
	wire_put16(p + 3, DNS_UDP_CAP);
	p[5] = e->extended_rcode;
	p[6] = 0; /* version */
	wire_put16(p + 7, e->dnssec_ok ? 0x8000 : 0);
	wire_put16(p + 9, (uint16_t)(len - OPT_LEN));
	p += OPT_LEN;
	if (e->nsid != NULL) {
		p = option(p, OPTION_NSID, e->nsid_len);
		memcpy(p, e->nsid, e->nsid_len);
		p += e->nsid_len;
	}
	if (e->ecs != NULL)
		p = write_ecs(p, e->ecs, e->ecs_scope);
	if (e->has_ede) {
		p = option(p, OPTION_EDE, 2);
		wire_put16(p, e->ede);
	}
	w->len += len;
}
