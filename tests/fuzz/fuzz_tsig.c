/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who signs, or says so. The input as a message: its TSIG is read and answered, into no
 * more octets than were told. Its rest as a message that we sign: it is taken as it is,
 * and not with any one bit changed. What else reads packets of transfers reads it too.
 */
#include "fuzz.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dns/ixfr.h"
#include "dns/notify.h"
#include "dns/query.h"
#include "dns/tsig.h"
#include "dns/wire.h"

enum { NOW_S = 1700000000, MESSAGE_MAX = 4096 };

static struct tsig_key key = {
    .name = {.bytes = "\3key\7example", .len = 13},
    .secret = "only for tests, of 32 octets....",
    .secret_len = 32,
};

/* Signs a copy that has just the room; its length. */
static size_t
sign(struct tsig_signer *s, const uint8_t *message, size_t len, uint8_t **out)
{
	size_t room = len + tsig_signer_len(s);

	assert(tsig_signer_len(s) <= TSIG_LEN_MAX);
	*out = mem_resize(NULL, room, 1);
	memcpy(*out, message, len);
	assert(tsig_sign(s, *out, &len, NOW_S) == OK && len == room);
	return len;
}

/* Whatever is wrong with it, there is an answer. */
static void
answer_to(const uint8_t *packet, size_t len, size_t at)
{
	static const uint8_t header[DNS_HEADER_LEN];
	struct tsig_signer s;
	enum tsig_error error;
	struct tsig t;
	uint8_t *reply;

	if (tsig_read(packet, len, at, &t) != OK)
		return;
	assert(t.at == at && t.mac + t.mac_len <= packet + len);
	assert(t.other + t.other_len == packet + len);
	error = tsig_verify(&t, packet, &key, NULL, 0, NOW_S);
	if (error == TSIG_FORMERR)
		return;
	tsig_signer_answer(&s, &t, &key, error);
	assert((s.key == NULL) == (error == TSIG_BADKEY || error == TSIG_BADSIG));
	sign(&s, header, sizeof(header), &reply);
	mem_free(reply);
}

static enum tsig_error
verify(const uint8_t *packet, size_t len, size_t at)
{
	struct tsig t;

	if (tsig_read(packet, len, at, &t) != OK)
		return TSIG_FORMERR;
	return tsig_verify(&t, packet, &key, NULL, 0, NOW_S);
}

static void
check_signed(const uint8_t *message, size_t len, uint16_t changed)
{
	struct tsig_signer s;
	uint8_t *packet;
	size_t bit, whole;

	tsig_signer_init(&s, &key);
	whole = sign(&s, message, len, &packet);
	assert(verify(packet, whole, len) == TSIG_OK);
	/* the ID is another one behind a forwarder, and not covered; nor is case */
	bit = 16 + changed % (8 * whole - 16);
	packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
	if (bit / 8 < len || bit % 8 != 5)
		assert(verify(packet, whole, len) != TSIG_OK);
	else
		(void)verify(packet, whole, len);
	mem_free(packet);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct notify_response r;
	struct query q;
	uint32_t serial;

	if (size < 3 || size > MESSAGE_MAX)
		return 0;
	key.algorithm = data[0] % (TSIG_HMAC_SHA512 + 1);
	if (size >= 3 + DNS_HEADER_LEN)
		check_signed(data + 3, size - 3, wire_get16(data + 1));
	data += 3;
	size -= 3;
	if (notify_read(data, size, &r) == OK && r.tsig_at != 0)
		answer_to(data, size, r.tsig_at);
	switch (query_parse(data, size, &q)) {
	case QUERY_DROP:
		return 0;
	case QUERY_ANSWER:
		(void)!ixfr_read_serial(data, size, q.question_len, &serial);
		break;
	default:
		break;
	}
	if (q.tsig_at != 0)
		answer_to(data, size, q.tsig_at);
	return 0;
}
