/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one answer costs, by kind: nanoseconds from packet to packet, in batches as a UDP
 * worker makes them. Built by hand (make tests/bench/micro_answer); prints, never
 * asserts. With a kind and a count it does just that, for callgrind: the difference of
 * two counts is what the answers alone take.
 *
 *     tests/bench/micro_answer [KIND COUNT [RATE [NAMES]]]
 *
 * RATE limits the responses, at a time that stands still: those above it are dropped. 0:
 * no limit. NAMES is how many other names the zone has: 0, or 99,999 where just
 * nanoseconds are asked for; all of them are asked for by the kind "many".
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define assert_int_equal(a, b) ((void)((a) == (b) ? 0 : (abort(), 0)))
#define assert_non_null(p) ((void)((p) != NULL ? 0 : (abort(), 0)))
#define assert_true(c) ((void)((c) ? 0 : (abort(), 0)))
#define print_message printf
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#include "../unit/world_make.h"
#include "serve/quick.h"

static const char config[] = "server: {state_dir: state}\n"
                             "pools:\n"
                             "  - {name: edge, default: [192.0.2.1, \"2001:db8::1\"]}\n"
                             "zones:\n"
                             "  - {domain: example.com, file: example.com.zone}\n";

enum { BATCH = ANSWER_WARM_MOST };

static const char zone_text[] = "$TTL 300\n"
                                "@ 3600 SOA ns1 hostmaster 7 1h 10m 2w 120\n"
                                "@ NS ns1\n"
                                "ns1 A 192.0.2.53\n"
                                "www A 192.0.2.80\n"
                                "api POOL edge\n"
                                "api HTTPS 1 . alpn=h2\n"
                                "mail MX 10 www\n"
                                "mail MX 20 ns1\n"
                                "alias CNAME www\n"
                                "*.wild A 192.0.2.20\n"
                                "sub NS ns.sub\n"
                                "ns.sub A 192.0.2.40\n"
                                "rec DNAME a.rec\n";

struct kind {
	const char *text, *name;
	uint16_t type;
	uint8_t opt_len; /* of what the query has behind its question */
	const char *opt;
};

/* "deep" is filled in: a hundred labels, all alike, below a DNAME that leads deeper. */
static char deep[256];

static const struct kind kinds[] = {
    {"static", "www.example.com", TYPE_A, 0, NULL},
    {"many", "n00000.example.com", TYPE_A, 11, "\0\0\x29\4\xd0\0\0\0\0\0"},
    {"edns", "www.example.com", TYPE_A, 11, "\0\0\x29\4\xd0\0\0\0\0\0"},
    {"cookie", "www.example.com", TYPE_A, 23,
        "\0\0\x29\4\xd0\0\0\0\0\0\xc\0\xa\0\x8"
        "clientid"},
    {"nodata", "www.example.com", TYPE_TXT, 0, NULL},
    {"nxdomain", "none.example.com", TYPE_A, 0, NULL},
    {"wildcard", "a.wild.example.com", TYPE_A, 0, NULL},
    {"alias", "alias.example.com", TYPE_A, 0, NULL},
    {"mx", "mail.example.com", TYPE_MX, 0, NULL},
    {"ns", "example.com", TYPE_NS, 0, NULL},
    {"referral", "www.sub.example.com", TYPE_A, 0, NULL},
    {"steered", "api.example.com", TYPE_A, 0, NULL},
    {"subnet", "api.example.com", TYPE_A, 22,
        "\0\0\x29\4\xd0\0\0\0\0\0\xb\0\x8\0\x7\0\1\x18\0\xc0\0\2"},
    {"https", "api.example.com", TYPE_HTTPS, 0, NULL},
    {"dnames", deep, TYPE_A, 0, NULL},
};

static struct config_rate_limit rate_limit = {.ipv4_len = 24, .ipv6_len = 56};
static struct limit limit;
static struct answerer answerer;
static struct counters counters;
static uint8_t out[DNS_MESSAGE_MAX];
static unsigned long names = 99999;

static size_t
write_query(const struct kind *k, uint8_t *p)
{
	struct name n;

	assert_int_equal(name_parse(k->name, strlen(k->name), &name_root, &n), OK);
	memset(p, 0, DNS_HEADER_LEN);
	p[5] = 1;
	memcpy(p + DNS_HEADER_LEN, n.bytes, n.len);
	wire_put16(p + DNS_HEADER_LEN + n.len, k->type);
	wire_put16(p + DNS_HEADER_LEN + n.len + 2, CLASS_IN);
	p[11] = k->opt_len != 0;
	if (k->opt_len != 0)
		memcpy(p + DNS_HEADER_LEN + n.len + 4, k->opt, k->opt_len);
	return DNS_HEADER_LEN + n.len + 4u + k->opt_len;
}

/* The five digits of "n00000", which stands first in the question. */
static void
number_name(uint8_t *query, unsigned long n)
{
	for (unsigned i = 5; i > 0; i--, n /= 10)
		query[DNS_HEADER_LEN + 1 + i] = (uint8_t)('0' + n % 10);
}

static size_t
run(const struct kind *k, unsigned long count)
{
	static uint8_t query[BATCH][DNS_HEADER_LEN + DNS_NAME_MAX + 4 + UINT8_MAX];
	static struct answer_ahead ahead[BATCH];
	static unsigned long number; /* of the names, in no order */
	struct ip source = {4, {192, 0, 2, 200}};
	size_t len = 0, n = 0;

	for (unsigned i = 0; i < BATCH; i++)
		len = write_query(k, query[i]);
	for (unsigned long i = 0; i < count; i += BATCH) {
		for (unsigned j = 0; j < BATCH; j++) {
			if (names != 0 && strcmp(k->text, "many") == 0)
				number_name(query[j], (number += 61909) % names);
			answer_prepare(answerer.world, query[j], len,
			    j != 0 ? &ahead[j - 1] : NULL, &ahead[j]);
		}
		answer_warm(ahead, BATCH);
		for (unsigned j = 0; j < BATCH; j++)
			n = quick_answer(
			    &answerer, query[j], len, &ahead[j], &source, OVER_UDP, out);
	}
	return n;
}

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void
measure(const struct kind *k)
{
	unsigned long count = 1;
	double spent = 0;
	size_t n = 0;

	for (; spent < 1e8; count *= 2) {
		double start = now_ns();

		n = run(k, count);
		spent = now_ns() - start;
	}
	printf("%-10s %8.0f ns  %4zu octets, rcode %u\n", k->text,
	    spent / (double)(count / 2), n, out[3] & 15u);
}

int
main(int argc, char **argv)
{
	static struct maker maker;
	char zone[sizeof(zone_text) + 64], generate[64] = "";

	for (unsigned i = 0; i < 100; i++)
		memcpy(deep + 2 * i, "x.", 2);
	strcpy(deep + 200, "rec.example.com");
	maker_open(&maker);
	maker_file(&maker, "sextant.yaml", config);
	if (argc > 2)
		names = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
	if (names != 0)
		sprintf(generate, "$GENERATE 0-%lu n${0,5,d} A 192.0.2.1\n", names - 1);
	sprintf(zone, "%s%s", zone_text, generate);
	maker_file(&maker, "example.com.zone", zone);
	maker_install(&maker, PARTS_START);
	answerer.world = maker_world();
	answerer.counters = &counters;
	answerer.random = 1;
	answerer.now = (struct mono){1000000};
	limit_open(&limit);
	if (argc > 3)
		rate_limit.responses_per_second = (uint32_t)strtoul(argv[3], NULL, 10);
	answerer.limit = limit_begin(&limit, &rate_limit, 1, answerer.now);
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (argc < 3)
			measure(&kinds[i]);
		else if (strcmp(argv[1], kinds[i].text) == 0)
			(void)run(&kinds[i], strtoul(argv[2], NULL, 10));
	limit_close(&limit);
	maker_close(&maker);
	return 0;
}
