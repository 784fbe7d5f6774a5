/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The options of a query: what is malformed is judged a second time here, plainly, and
 * what is written is taken apart and held against what was asked. The first octets of an
 * input say how the server stands, all others are the RDATA of OPT.
 */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "serve/encode.h"
#include "serve/options.h"

enum {
	HEAD_LEN = 4, /* of an input: bits, two of the size, the identity's length */
	IS_TCP = 1,
	IS_REQUIRED = 2,
	IS_DISABLED = 4,
	HAS_ZONE = 8,
	IS_STALE = 16,
	IS_REFUSED = 32,
	HAS_QUESTION = 64,
	HAS_LONG_NAME = 128,
	NOW_S = 1559731985,
	NSID_MAX = 255,
	OPTIONS_MAX = 2000,
};

/* An option of a request or a response, as last seen; none: at is NULL. */
struct seen {
	const uint8_t *at;
	size_t len;
	unsigned count;
};

struct options {
	struct seen nsid, ecs, cookie, keepalive, padding, ede;
	bool is_malformed;
	bool is_keepalive_filled;
};

static struct seen *
slot_of(struct options *o, uint16_t code)
{
	switch (code) {
	case OPTION_NSID:
		return &o->nsid;
	case OPTION_ECS:
		return &o->ecs;
	case OPTION_COOKIE:
		return &o->cookie;
	case OPTION_KEEPALIVE:
		return &o->keepalive;
	case OPTION_PADDING:
		return &o->padding;
	case OPTION_EDE:
		return &o->ede;
	default:
		return NULL;
	}
}

/* RFC 7871 6: octet by octet, bit by bit. */
static bool
is_subnet(const uint8_t *p, size_t len)
{
	unsigned bits, max;

	if (len < 4 || p[0] != 0 || p[1] > 2 || p[3] != 0)
		return false;
	max = p[1] == 1 ? 32 : p[1] == 2 ? 128 : 0;
	if (p[2] > max || len != 4 + (p[2] + 7u) / 8)
		return false;
	for (bits = p[2]; bits < (len - 4) * 8; bits++)
		if (p[4 + bits / 8] & 0x80 >> bits % 8)
			return false;
	return true;
}

/* Walks a list of options; of a kind the first is kept. */
static void
walk(const uint8_t *p, size_t len, struct options *o)
{
	memset(o, 0, sizeof(*o));
	while (len != 0) {
		struct seen *s;
		size_t n;

		if (len < 4 || len - 4 < (n = wire_get16(p + 2))) {
			o->is_malformed = true;
			return;
		}
		s = slot_of(o, wire_get16(p));
		if (s != NULL && s->count++ == 0) {
			s->at = p + 4;
			s->len = n;
		}
		if (s == &o->ecs && (s->count > 1 || !is_subnet(p + 4, n)))
			o->is_malformed = true;
		if (s == &o->cookie && n != 8 && (n < 16 || n > 40))
			o->is_malformed = true;
		if (s == &o->keepalive && n != 0)
			o->is_keepalive_filled = true;
		p += 4 + n;
		len -= 4 + n;
	}
}

static size_t
write_query(const uint8_t *data, size_t size, uint8_t *p)
{
	uint8_t *start = p;

	memset(p, 0, DNS_HEADER_LEN);
	p[5] = (data[0] & HAS_QUESTION) != 0;
	p[11] = 1;
	p += DNS_HEADER_LEN;
	if (data[0] & HAS_QUESTION) {
		for (unsigned i = 0; i < 127 && data[0] & HAS_LONG_NAME; i++) {
			*p++ = 1;
			*p++ = 'a';
		}
		memcpy(p, "\0\0\1\0\1", 5);
		p += 5;
	}
	memcpy(p, "\0\0\x29", 3);
	memcpy(p + 3, data + 1, 2);
	memset(p + 5, 0, 4);
	wire_put16(p + 9, (uint16_t)(size - HEAD_LEN));
	memcpy(p + 11, data + HEAD_LEN, size - HEAD_LEN);
	return (size_t)(p - start) + 11 + size - HEAD_LEN;
}

/* The OPT of a response stands behind the question and is all that is left. */
static void
read_response(const uint8_t *r, size_t len, const struct query *q, struct options *o)
{
	const uint8_t *opt = r + DNS_HEADER_LEN + q->question_len;

	assert(wire_get16(r + 4) == (q->question_len != 0));
	assert(wire_get32(r + 6) == 0 && wire_get16(r + 10) == 1);
	assert(len >= DNS_HEADER_LEN + (size_t)q->question_len + EDNS_OPT_LEN);
	assert(memcmp(opt, "\0\0\x29", 3) == 0 && wire_get16(opt + 3) == DNS_UDP_CAP);
	assert(opt[6] == 0 && wire_get16(opt + 7) == 0);
	assert(opt + EDNS_OPT_LEN + wire_get16(opt + 9) == r + len);
	walk(opt + EDNS_OPT_LEN, wire_get16(opt + 9), o);
	assert(o->nsid.count <= 1 && o->cookie.count <= 1 && o->keepalive.count <= 1);
	assert(o->padding.count <= 1 && o->ede.count <= 1 && o->ecs.count <= 1);
}

static void
check_cookie(struct answerer *a, const struct ip *source, const struct options *asked,
    const struct options *got, uint16_t rcode)
{
	bool is_expected = asked->cookie.count != 0 && rcode != RCODE_FORMERR &&
	                   a->world->parts->config->server.cookies.enabled;
	uint8_t again[COOKIE_LEN];

	assert((got->cookie.count != 0) == is_expected);
	assert(is_expected || !a->cookie_ok);
	if (!is_expected)
		return;
	assert(got->cookie.len == COOKIE_LEN);
	assert(memcmp(got->cookie.at, asked->cookie.at, COOKIE_CLIENT_LEN) == 0);
	assert(cookie_check(&a->cookie_keys, got->cookie.at, COOKIE_LEN, source, NOW_S,
	           again) == COOKIE_VALID);
	assert(memcmp(again, got->cookie.at, COOKIE_LEN) == 0);
}

static void
check_subnet(const struct answerer *a, const struct options *asked, struct options *got)
{
	/* what is malformed is not given back */
	if (a->decision.zone == NULL || asked->ecs.count == 0) {
		assert(got->ecs.count == 0);
		return;
	}
	assert(got->ecs.count == 1 && got->ecs.len == asked->ecs.len);
	assert(got->ecs.at[3] == a->decision.scope);
	assert(memcmp(got->ecs.at, asked->ecs.at, 3) == 0);
	assert(memcmp(got->ecs.at + 4, asked->ecs.at + 4, asked->ecs.len - 4) == 0);
}

static void
check_padding(const struct options *asked, const struct options *got, size_t len,
    enum answer_over over)
{
	if (over == OVER_UDP || asked->padding.count == 0) {
		assert(got->padding.count == 0);
		return;
	}
	/* it may stand behind what was malformed */
	if (asked->is_malformed && got->padding.count == 0)
		return;
	assert(got->padding.count == 1 && len % EDNS_PADDING_BLOCK == 0);
	for (size_t i = 0; i < got->padding.len; i++)
		assert(got->padding.at[i] == 0);
}

static void
check_response(struct answerer *a, const struct ip *source, struct options *asked,
    const uint8_t *r, size_t len, enum answer_over over)
{
	const struct config_server *server = &a->world->parts->config->server;
	uint16_t rcode = a->decision.rcode;
	struct options got;

	read_response(r, len, &a->query, &got);
	assert((wire_get16(r + 2) & 15) == (rcode & 15));
	assert(r[DNS_HEADER_LEN + a->query.question_len + 5] == rcode >> 4);
	/* the scope of a response is no fault */
	check_cookie(a, source, asked, &got, rcode);
	check_subnet(a, asked, &got);
	check_padding(asked, &got, len, over);
	assert(got.keepalive.count <= (over == OVER_TCP && asked->keepalive.count != 0));
	if (got.keepalive.count != 0)
		assert(got.keepalive.len == 2 && wire_get16(got.keepalive.at) == 200);
	assert(got.nsid.count <= (asked->nsid.count != 0));
	if (got.nsid.count != 0)
		assert(got.nsid.len == strlen(server->identity) &&
		       memcmp(got.nsid.at, server->identity, got.nsid.len) == 0);
	/* only a long one gives way */
	else if (asked->nsid.count != 0 && !asked->is_malformed &&
	         rcode != RCODE_FORMERR && server->identity[0] != '\0')
		assert(len + 4 + strlen(server->identity) > DNS_UDP_MIN);
	if (got.ede.count != 0)
		assert(got.ede.len == 2 && wire_get16(got.ede.at) != 0);
	if (a->decision.is_stale)
		assert(got.ede.count == 1 && wire_get16(got.ede.at) == EDE_STALE_ANSWER);
}

/* The decision, as the input would have it. */
static void
decide_like(struct answerer *a, uint8_t bits, uint16_t rcode, const struct zone *zone)
{
	struct decision *d = &a->decision;

	memset(d, 0, offsetof(struct decision, items));
	d->rcode = rcode;
	if (rcode != RCODE_NOERROR || !(bits & HAS_QUESTION))
		return;
	if (bits & HAS_ZONE) {
		d->zone = zone;
		d->scope = 24;
		d->is_stale = (bits & IS_STALE) != 0;
	} else if (bits & IS_REFUSED) {
		d->rcode = RCODE_REFUSED;
	}
}

static bool
is_formerr(uint8_t bits, const struct options *asked, enum answer_over over)
{
	bool has_cookie = asked->cookie.count != 0 && !(bits & IS_DISABLED);

	return asked->is_malformed || (!(bits & HAS_QUESTION) && !has_cookie) ||
	       (over == OVER_TCP && asked->is_keepalive_filled);
}

static void
set_server(struct config_server *server, const uint8_t *data, char *identity)
{
	/* that of RFC 9018 A.1, as are the time and the client */
	static const uint8_t secret[SIPHASH_KEY_LEN] = {0xe5, 0xe9, 0x73, 0xe5, 0xa6,
	    0xb2, 0xa4, 0x3f, 0x48, 0xe7, 0xdc, 0x84, 0x9e, 0x37, 0xbf, 0xcf};

	memset(identity, 'i', data[3]);
	identity[data[3]] = '\0';
	server->identity = identity;
	server->tcp_idle_ms = 20000;
	server->cookies.enabled = !(data[0] & IS_DISABLED);
	server->cookies.required = (data[0] & IS_REQUIRED) != 0;
	server->cookies.secret_count = data[3] % 2;
	memcpy(server->cookies.secrets[0], secret, sizeof(secret));
}

static size_t
respond(struct answerer *a, const uint8_t *packet, enum answer_over over, uint8_t *out)
{
	struct encode_input encoding = {
	    .query = &a->query, .packet = packet, .limit = DNS_MESSAGE_MAX};
	struct edns_reply edns = {.extended_rcode = (uint8_t)(a->decision.rcode >> 4)};
	size_t len;

	if (over == OVER_UDP)
		encoding.limit =
		    a->query.udp_size < DNS_UDP_CAP ? a->query.udp_size : DNS_UDP_CAP;
	if (options_are_due(a))
		options_reply(a, over,
		    encoding.limit - DNS_HEADER_LEN - a->query.question_len, &edns);
	encoding.edns = &edns;
	len = encode(&encoding, &a->decision, out);
	assert(len <= encoding.limit);
	return len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct zone zone = {.ecs = true};
	static struct answerer a;
	static struct counters counters;
	static struct config config;
	static struct parts parts = {.config = &config};
	static struct world world = {.parts = &parts};
	static char identity[NSID_MAX + 1];
	static uint8_t packet[DNS_HEADER_LEN + DNS_NAME_MAX + 4 + 11 + OPTIONS_MAX];
	static uint8_t out[DNS_MESSAGE_MAX];
	const struct ip source = {4, {198, 51, 100, 100}};
	enum query_outcome outcome;
	enum answer_over over;
	struct options asked;
	uint16_t rcode;
	size_t len;

	if (size < HEAD_LEN || size - HEAD_LEN > OPTIONS_MAX)
		return 0;
	over = data[0] & IS_TCP ? OVER_TCP : OVER_UDP;
	set_server(&config.server, data, identity);
	a.world = &world;
	a.asked = &a.query;
	a.wall_s = NOW_S;
	a.counters = &counters;
	a.cookie_ok = false;
	len = write_query(data, size, packet);
	walk(data + HEAD_LEN, size - HEAD_LEN, &asked);
	outcome = query_parse(packet, len, &a.query);
	assert(a.query.has_edns && outcome != QUERY_DROP && outcome != QUERY_NOTIMP);
	rcode = options_check(&a, outcome, &source, over);
	assert((rcode == RCODE_FORMERR) == is_formerr(data[0], &asked, over));
	assert(rcode != RCODE_BADCOOKIE ||
	       (over == OVER_UDP && data[0] & IS_REQUIRED && !a.cookie_ok));
	decide_like(&a, data[0], rcode, &zone);
	len = respond(&a, packet, over, out);
	check_response(&a, &source, &asked, out, len, over);
	return 0;
}
