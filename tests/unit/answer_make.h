/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions to answer(), and what ldns makes of the responses. */
#ifndef ANSWER_MAKE_H
#define ANSWER_MAKE_H

#include <ldns/ldns.h>

#include "serve/quick.h"
#include "world_make.h"

static struct maker maker;
static struct answerer answerer;
static struct counters counters;

struct question {
	const char *name;
	uint16_t type;
	const char *source; /* NULL: 192.0.2.200, which is nowhere */
	const char *subnet; /* NULL: none; "10.0.0.0/24" */
	bool edns, nsid;
	uint16_t size; /* of EDNS; 0: 1232 */
	enum answer_over over;
	uint16_t qclass; /* 0: IN */
};

#define Q(n, t) \
	{ \
		.name = (n), .type = (t) \
	}
#define FROM(n, t, s) \
	{ \
		.name = (n), .type = (t), .source = (s) \
	}

static uint8_t response[DNS_MESSAGE_MAX + 1];

/* What was written with maker_file() is served from here on. */
static inline void
answer_begin(void)
{
	maker_install(&maker, PARTS_START);
	answerer.counters = &counters;
	answerer.random = 1;
	answerer.now = (struct mono){1000000};
}

static inline int
answer_end(void **state)
{
	(void)state;
	maker_close(&maker);
	return 0;
}

static inline size_t
write_query(const struct question *q, uint8_t *p)
{
	uint8_t *start = p, *rdlen;
	struct ip_prefix subnet;
	struct name name;
	bool edns = q->edns || q->nsid || q->subnet != NULL || q->size != 0;

	assert_int_equal(name_parse(q->name, strlen(q->name), &name_root, &name), OK);
	memset(p, 0, 12);
	wire_put16(p, 0x1234);
	p[2] = 1; /* RD */
	p[5] = 1;
	p[11] = edns ? 1 : 0;
	p += 12;
	memcpy(p, name.bytes, name.len);
	p += name.len;
	wire_put16(p, q->type);
	wire_put16(p + 2, q->qclass != 0 ? q->qclass : CLASS_IN);
	p += 4;
	if (!edns)
		return (size_t)(p - start);
	*p = 0;
	wire_put16(p + 1, TYPE_OPT);
	wire_put16(p + 3, q->size != 0 ? q->size : 1232);
	wire_put32(p + 5, 0);
	rdlen = p + 9;
	p += 11;
	if (q->nsid) {
		wire_put32(p, OPTION_NSID << 16);
		p += 4;
	}
	if (q->subnet != NULL) {
		size_t n;

		assert_int_equal(
		    ip_prefix_parse(q->subnet, strlen(q->subnet), &subnet), OK);
		n = (subnet.len + 7u) / 8;
		wire_put16(p, OPTION_ECS);
		wire_put16(p + 2, (uint16_t)(4 + n));
		wire_put16(p + 4, subnet.ip.family == 4 ? 1 : 2);
		p[6] = subnet.len;
		p[7] = 0;
		memcpy(p + 8, subnet.ip.bytes, n);
		p += 8 + n;
	}
	wire_put16(rdlen, (uint16_t)(p - rdlen - 2));
	return (size_t)(p - start);
}

static inline size_t
limit_of(const struct question *q)
{
	if (q->over == OVER_TCP)
		return DNS_MESSAGE_MAX;
	if (!q->edns && !q->nsid && q->subnet == NULL && q->size == 0)
		return 512;
	return q->size == 0 || q->size > 1232 ? 1232 : q->size < 512 ? 512 : q->size;
}

struct guess {
	const uint8_t *query;
	size_t len;
	const struct answer_ahead *alone;
};

/* Whatever zone was asked for before, the question is taken apart as it is alone. */
static inline int
guess_zone(struct trie_leaf *leaf, void *ctx)
{
	const struct guess *g = ctx;
	const struct zone *z = (const struct zone *)leaf;
	static struct answer_ahead before, ahead;
	uint8_t query[DNS_HEADER_LEN + DNS_NAME_MAX + 4] = {[5] = 1};

	memcpy(query + DNS_HEADER_LEN, z->apex.bytes, z->apex.len);
	wire_put16(query + DNS_HEADER_LEN + z->apex.len, TYPE_SOA);
	wire_put16(query + DNS_HEADER_LEN + z->apex.len + 2, CLASS_IN);
	answer_prepare(
	    answerer.world, query, DNS_HEADER_LEN + z->apex.len + 4u, NULL, &before);
	assert_ptr_equal(before.zone, z);
	answer_prepare(answerer.world, g->query, g->len, &before, &ahead);
	assert_ptr_equal(ahead.zone, g->alone->zone);
	assert_int_equal(ahead.outcome, g->alone->outcome);
	if (ahead.query.question_len == 0)
		return 0;
	assert_int_equal(
	    ahead.query.qname.label_count, g->alone->query.qname.label_count);
	assert_memory_equal(ahead.query.qname.hash, g->alone->query.qname.hash,
	    (ahead.query.qname.label_count + 1u) * sizeof(uint64_t));
	return 0;
}

/* As one of a batch, by the same draw, response is the same, and counts the same. */
static inline void
ask_ahead(const uint8_t *query, size_t len, const struct ip *ip, enum answer_over over,
    uint64_t random, size_t n)
{
	static struct answer_ahead ahead[2];
	static uint8_t other[DNS_MESSAGE_MAX];
	static struct counters counted[2];
	struct counters *ours = answerer.counters;
	struct guess guess = {query, len, &ahead[1]};

	memset(counted, 0, sizeof(counted));
	answer_prepare(answerer.world, query, 0, NULL, &ahead[0]);
	answer_prepare(answerer.world, query, len, NULL, &ahead[1]);
	trie_each(&answerer.world->zones, guess_zone, &guess);
	answer_warm(ahead, 2);
	answerer.random = random;
	answerer.counters = &counted[0];
	assert_int_equal(
	    answer_ahead(&answerer, query, len, &ahead[1], ip, over, other), n);
	assert_memory_equal(other, response, n);
	answerer.random = random;
	answerer.counters = &counted[1];
	memset(other, 0xee, sizeof(other));
	assert_int_equal(
	    quick_answer(&answerer, query, len, &ahead[1], ip, over, other), n);
	assert_memory_equal(other, response, n);
	assert_memory_equal(&counted[0], &counted[1], sizeof(counted[0]));
	assert_int_equal(
	    quick_answer(&answerer, query, 0, &ahead[0], ip, over, other), 0);
	answerer.counters = ours;
}

static inline size_t
ask_octets(const struct question *q)
{
	static uint8_t query[1024];
	const char *source = q->source != NULL ? q->source : "192.0.2.200";
	size_t len = write_query(q, query), n;
	uint64_t random = answerer.random;
	struct ip ip;

	assert_int_equal(ip_parse(source, strlen(source), &ip), OK);
	answerer.world = maker_world();
	memset(response, 0xee, sizeof(response));
	n = answer(&answerer, query, len, &ip, q->over, response);
	assert_true(n >= 12 && n <= limit_of(q));
	/* what was written and taken back again is beyond the end, but never beyond this
	 */
	assert_int_equal(response[limit_of(q)], 0xee);
	ask_ahead(query, len, &ip, q->over, random, n);
	return n;
}

static inline ldns_pkt *
ask(const struct question *q)
{
	size_t n = ask_octets(q);
	ldns_pkt *p = NULL;

	assert_int_equal(ldns_wire2pkt(&p, response, n), LDNS_STATUS_OK);
	assert_int_equal(ldns_pkt_id(p), 0x1234);
	assert_true(ldns_pkt_qr(p));
	assert_true(ldns_pkt_rd(p));
	assert_false(ldns_pkt_ra(p));
	assert_int_equal(ldns_pkt_qdcount(p), 1);
	return p;
}

static inline int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "owner ttl type rdata" of each record, sorted, parted by " | ". */
static inline char *
list_of(const ldns_rr_list *l)
{
	size_t n = ldns_rr_list_rr_count(l);
	char **texts = mem_array(n, sizeof(char *));
	struct buf b = {0};

	for (size_t i = 0; i < n; i++) {
		char *text = ldns_rr2str(ldns_rr_list_rr(l, i));

		for (char *c = text; *c != '\0'; c++)
			if (*c == '\t')
				*c = ' ';
		text[strcspn(text, "\n")] = '\0';
		texts[i] = text;
	}
	qsort(texts, n, sizeof(char *), compare_texts);
	for (size_t i = 0; i < n; i++) {
		buf_printf(&b, "%s%s", i != 0 ? " | " : "", texts[i]);
		free(texts[i]);
	}
	mem_free(texts);
	return b.data != NULL ? buf_take(&b) : mem_str("");
}

struct expected {
	struct question q;
	uint16_t rcode;
	bool aa;
	const char *answer, *authority, *additional;
};

static inline void
expect_section(const char *what, const struct expected *x, const ldns_rr_list *l,
    const char *expected)
{
	char *text = list_of(l);

	if (strcmp(text, expected) != 0)
		fail_msg("%s %u: %s is \"%s\", not \"%s\"", x->q.name, x->q.type, what,
		    text, expected);
	mem_free(text);
}

static inline void
expect(const struct expected *x)
{
	ldns_pkt *p = ask(&x->q);

	if (ldns_pkt_get_rcode(p) != x->rcode || ldns_pkt_aa(p) != x->aa ||
	    ldns_pkt_tc(p))
		fail_msg("%s %u: rcode %u, aa %d, tc %d", x->q.name, x->q.type,
		    ldns_pkt_get_rcode(p), ldns_pkt_aa(p), ldns_pkt_tc(p));
	expect_section("answer", x, ldns_pkt_answer(p), x->answer);
	expect_section("authority", x, ldns_pkt_authority(p), x->authority);
	expect_section("additional", x, ldns_pkt_additional(p), x->additional);
	ldns_pkt_free(p);
}

static inline const uint8_t *
find_option(const uint8_t *rdata, size_t len, uint16_t code, uint16_t *option_len)
{
	while (len >= 4) {
		size_t n = wire_get16(rdata + 2);

		if (wire_get16(rdata) == code) {
			*option_len = (uint16_t)n;
			return rdata + 4;
		}
		rdata += 4 + n;
		len -= 4 + n;
	}
	return NULL;
}

/* The option of the OPT record of `response`, which stands last. */
static inline const uint8_t *
option_of(size_t n, uint16_t code, uint16_t *len)
{
	for (size_t at = 12; at + 11 <= n; at++)
		if (response[at] == 0 && wire_get16(response + at + 1) == TYPE_OPT &&
		    wire_get16(response + at + 3) == DNS_UDP_CAP &&
		    at + 11 + wire_get16(response + at + 9) == n)
			return find_option(
			    response + at + 11, wire_get16(response + at + 9), code, len);
	return NULL;
}

#endif
