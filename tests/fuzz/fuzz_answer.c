/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A packet from anybody to a small server: whatever it is, the response has the right
 * form, is no longer than the client takes, and has nothing in it that an earlier packet
 * left behind. (Not given to ldns here: it leaks on some messages;
 * tests/unit/test_answer.c has it as its oracle.)
 */
#include "fuzz.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "serve/quick.h"
#include "steer/keeper.h"

enum { NOW_S = 1700000000 }; /* when the signed ones of the corpus were signed */

static const char config[] = "server: {identity: ns1.example.net, state_dir: state}\n"
                             "keys: [{name: key.example, secret_file: k.secret}]\n"
                             "geo:\n"
                             "  prefixes:\n"
                             "    - {prefix: 10.0.0.0/8, region: weu}\n"
                             "    - {prefix: 192.0.2.0/24, region: nnam}\n"
                             "    - {prefix: \"2001:db8::/32\", region: weu}\n"
                             "pools:\n"
                             "  - name: edge\n"
                             "    regions:\n"
                             "      weu: [192.0.2.1, \"2001:db8::1\"]\n"
                             "      nnam: [{address: 192.0.2.2, weight: 3}, 192.0.2.3]\n"
                             "    default: [192.0.2.4]\n"
                             "  - name: cdn\n"
                             "    regions: {weu: [a.example.com]}\n"
                             "    default: [www.example.com]\n"
                             "zones:\n"
                             "  - {domain: example.com, file: example.com.zone, "
                             "transfer: [{key: key.example}]}\n"
                             "  - {domain: quiet.test, file: quiet.zone, ecs: off}\n"
                             "  - {domain: broken.test, file: broken.zone}\n";

static const char zone[] = "$TTL 300\n"
                           "@ SOA ns1 hostmaster 7 1h 10m 2w 120\n"
                           "@ NS ns1\n"
                           "@ POOL edge\n"
                           "ns1 A 192.0.2.53\n"
                           "www POOL edge\n"
                           "www TXT beside\n"
                           "cdn POOL cdn\n"
                           "www HTTPS 1 . alpn=h2 port=8443 ech=AAAA key9=x\n"
                           "www HTTPS 2 www mandatory=ipv4hint,ipv6hint "
                           "ipv4hint=192.0.2.9 ipv6hint=2001:db8::9\n"
                           "www SVCB 0 a\n"
                           "*.wild HTTPS 1 .\n"
                           "mail MX 10 a\n"
                           "mail MX 20 x.wild\n"
                           "mail MX 30 www\n"
                           "a A 192.0.2.10\n"
                           "alias CNAME www\n"
                           "loop CNAME loop\n"
                           "*.wild POOL edge\n"
                           "old DNAME new\n"
                           "rec DNAME a.rec\n"
                           "sub NS ns.sub\n"
                           "ns.sub A 192.0.2.40\n";

static struct shared shared; /* static: its readers' cache lines want their alignment */

static void
put(const char *dir, const char *name, const char *text)
{
	char *path = mem_printf("%s/%s", dir, name);
	struct buf why = {0};
	enum err e = file_replace(path, text, strlen(text), &why);

	assert(e == OK);
	buf_fini(&why);
	mem_free(path);
}

static void
on_first_round(void *ctx)
{
	(void)ctx;
}

/* One world for all inputs; it is never taken down. */
static void
make_world(void)
{
	static struct loop *store_loop, *board_loop;
	static struct keeper *keeper;
	static struct board *board;
	static struct parts *parts;
	char dir[] = "/tmp/fuzz_answer.XXXXXX", *path, *command;
	struct board_hooks hooks = {.on_first_round = on_first_round};
	struct complaints complaints = {0};
	enum err e;
	int rc;

	rc = mkdtemp(dir) == NULL;
	assert(rc == 0);
	put(dir, "sextant.yaml", config);
	/* "only for tests, of 32 octets...." */
	put(dir, "k.secret", "b25seSBmb3IgdGVzdHMsIG9mIDMyIG9jdGV0cy4uLi4=\n");
	put(dir, "example.com.zone", zone);
	put(dir, "quiet.zone", zone);
	put(dir, "broken.zone", "@ SOA what\n");
	publish_init(&shared.domain);
	e = loop_new(&store_loop);
	assert(e == OK);
	e = loop_new(&board_loop);
	assert(e == OK);
	e = board_new(board_loop, &shared.domain, &hooks, &board);
	assert(e == OK);
	keeper = keeper_new(store_loop, board_loop, board, &shared);
	path = mem_printf("%s/sextant.yaml", dir);
	e = parts_load(path, PARTS_START, &parts, &complaints);
	assert(e == OK);
	complaints_fini(&complaints);
	keeper_install(keeper, parts, NULL, NULL);
	loop_drain(board_loop);
	loop_drain(store_loop);
	assert(atomic_load(&shared.world) != NULL);
	mem_free(path);
	command = mem_printf("rm -rf '%s'", dir);
	rc = system(command);
	assert(rc == 0);
	mem_free(command);
}

/* A name with pointers to what stands before it; returns what follows. */
static const uint8_t *
skip_name(const uint8_t *start, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *after = NULL, *lowest = p;
	unsigned octets = 1;

	for (;;) {
		assert(p < end);
		if (*p >= 0xc0) {
			const uint8_t *to;

			assert(p + 1 < end);
			to = start + (wire_get16(p) & 0x3fff);
			if (after == NULL)
				after = p + 2;
			assert(to >= start + DNS_HEADER_LEN && to < lowest);
			p = lowest = to;
			continue;
		}
		assert(*p <= DNS_LABEL_MAX);
		octets += *p + (*p != 0 ? 1u : 0u);
		assert(octets <= DNS_NAME_MAX);
		if (*p == 0)
			return after != NULL ? after : p + 1;
		p += *p + 1;
	}
}

/* RFC 9460 2.2: ascending keys; hints are whole addresses, and there where they must be.
 */
static void
check_svcb(const uint8_t *p, const uint8_t *end)
{
	int last = -1;

	p += 2;
	while (*p != 0)
		p += *p + 1;
	for (p++; p < end;) {
		uint16_t key = wire_get16(p), len = wire_get16(p + 2);

		assert(end - p >= 4 + len && key > last);
		assert(key != 0 || (len != 0 && len % 2 == 0));
		assert(key != 4 || (len != 0 && len % 4 == 0));
		assert(key != 6 || (len != 0 && len % 16 == 0));
		last = key;
		p += 4 + len;
	}
	assert(p == end);
}

/* A response has what its header says and not an octet more. */
static void
check_response(const uint8_t *r, size_t len, const struct query *q)
{
	const uint8_t *p = r + DNS_HEADER_LEN, *end = r + len;
	unsigned opts = 0;

	assert(wire_get16(r) == q->id);
	assert(wire_get16(r + 2) & FLAG_QR);
	assert(((wire_get16(r + 2) ^ q->flags) & (FLAG_OPCODE | FLAG_RD)) == 0);
	assert((wire_get16(r + 2) & (FLAG_RA | FLAG_AD | FLAG_CD | 0x40)) == 0);
	assert(wire_get16(r + 4) == (q->question_len != 0));
	if (q->question_len != 0)
		p = skip_name(r, p, end) + 4;
	for (unsigned section = 0; section < 3; section++)
		for (unsigned i = wire_get16(r + 6 + 2 * section); i-- > 0;) {
			uint16_t type;

			p = skip_name(r, p, end);
			assert(end - p >= DNS_RR_FIXED_LEN);
			type = wire_get16(p);
			assert(type != TYPE_POOL); /* never on the wire */
			assert(type != TYPE_OPT || section == 2);
			opts += type == TYPE_OPT;
			p += DNS_RR_FIXED_LEN;
			assert((size_t)(end - p) >= wire_get16(p - 2));
			if (type == TYPE_CNAME || type == TYPE_NS || type == TYPE_DNAME)
				assert(skip_name(r, p, end) == p + wire_get16(p - 2));
			if (type == TYPE_HTTPS || type == TYPE_SVCB)
				check_svcb(p, p + wire_get16(p - 2));
			p += wire_get16(p - 2);
		}
	assert(p == end);
	/* RFC 6891 7: OPT just for those who sent one */
	assert(opts == q->has_edns);
}

/*
 * Over the rate limit from the first packet on: what slips has no records, and is no
 * longer than what asked for it, but for the 16 octets of a server cookie.
 */
static void
check_slip(struct answerer *a, const uint8_t *data, size_t size, const struct ip *source,
    uint8_t *out)
{
	static const struct config_rate_limit rate = {
	    .responses_per_second = 1, .slip = 1, .ipv4_len = 24, .ipv6_len = 56};
	static struct limit limit;
	size_t n;

	if (limit.buckets == NULL)
		limit_open(&limit);
	a->limit = limit_begin(&limit, &rate, 1, a->now);
	for (unsigned i = 0; i < 2; i++)
		n = answer(a, data, size, source, OVER_UDP, out);
	a->limit = NULL;
	if (n == 0 || a->cookie_ok || a->signing.key != NULL)
		return;
	/* of a signature that is told to be wrong, at most a whole code and a time more
	 */
	assert(n <= size + 16 + (a->signing.has_rr ? HMAC_LEN_MAX + 6 : 0));
	assert(wire_get32(out + 6) == 0);
	check_response(out, n, &a->query);
}

/* What earlier packets may have left in the answerer: any octets. */
static void
spoil(struct answerer *a, int octet)
{
	memset(&a->query, octet, sizeof(a->query));
	memset(&a->decision, octet, sizeof(a->decision));
	memset(&a->signing, octet, sizeof(a->signing));
	memset(&a->cookie_ok, octet, sizeof(a->cookie_ok));
	memset(&a->has_cookie, octet, sizeof(a->has_cookie));
	memset(a->cookie, octet, sizeof(a->cookie));
	a->random = 1;
	for (unsigned i = 0; i < COUNT_COUNTERS; i++)
		atomic_store(&a->counters->v[i], 0);
}

/* As one of a batch, behind a question for each of the zones and for none: the same. */
static void
ask_ahead(struct answerer *a, const uint8_t *data, size_t size, const struct ip *source,
    enum answer_over over, const uint8_t *response, size_t n)
{
	static const struct {
		uint8_t octets[64];
		size_t len;
	} before[] = {
	    {"\0\0\0\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\1\0\1", 33},
	    {"\0\0\0\0\0\1\0\0\0\0\0\0\5quiet\4test\0\0\1\0\1", 28},
	    {"", 0},
	};
	static struct answer_ahead ahead[2];
	static uint8_t other[DNS_MESSAGE_MAX];
	uint64_t counted[COUNT_COUNTERS];
	size_t m;

	for (unsigned i = 0; i < COUNT_COUNTERS; i++)
		counted[i] = counter_get(a->counters, (enum counter)i);
	for (size_t b = 0; b < sizeof(before) / sizeof(before[0]); b++) {
		memset(ahead, 0xa5, sizeof(ahead));
		memset(other, 0xa5, sizeof(other));
		spoil(a, 0xff);
		answer_prepare(
		    a->world, before[b].octets, before[b].len, NULL, &ahead[0]);
		assert((ahead[0].zone == NULL) == (before[b].len == 0));
		answer_prepare(a->world, data, size, &ahead[0], &ahead[1]);
		answer_warm(ahead, 2);
		m = quick_answer(a, data, size, &ahead[1], source, over, other);
		assert(n == m && memcmp(response, other, n) == 0);
		for (unsigned i = 0; i < COUNT_COUNTERS; i++)
			assert(counter_get(a->counters, (enum counter)i) == counted[i]);
	}
}

/* Asks twice; what was left behind makes no difference, nor to what is counted. */
static size_t
ask(struct answerer *a, const uint8_t *data, size_t size, const struct ip *source,
    enum answer_over over, uint8_t out[DNS_MESSAGE_MAX])
{
	static uint8_t other[DNS_MESSAGE_MAX];
	static struct query query;
	uint64_t counted[COUNT_COUNTERS];
	size_t n, m;

	memset(other, 0xa5, sizeof(other));
	spoil(a, 0xff);
	a->query.qtype = TYPE_AXFR;
	a->query.qclass = CLASS_IN;
	m = answer(a, data, size, source, over, other);
	for (unsigned i = 0; i < COUNT_COUNTERS; i++)
		counted[i] = counter_get(a->counters, (enum counter)i);
	spoil(a, 0);
	n = answer(a, data, size, source, over, out);
	assert(n == m && memcmp(out, other, n) == 0);
	for (unsigned i = 0; i < COUNT_COUNTERS; i++)
		assert(counter_get(a->counters, (enum counter)i) == counted[i]);
	query = a->query;
	ask_ahead(a, data, size, source, over, out, n);
	a->query = query;
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct answerer a;
	static struct counters counters;
	static uint8_t out[DNS_MESSAGE_MAX];
	struct ip source = {4, {10, 0, 0, 1}};

	if (shared.world == NULL)
		make_world();
	a.world = atomic_load(&shared.world);
	a.now = (struct mono){1000};
	a.wall_s = NOW_S;
	a.counters = &counters;
	for (unsigned over = 0; over < 2; over++) {
		size_t n = ask(&a, data, size, &source, (enum answer_over)over, out);
		size_t limit = over == OVER_TCP   ? DNS_MESSAGE_MAX
		               : a.query.has_edns ? a.query.udp_size
		                                  : DNS_UDP_MIN;

		if (n == 0)
			continue;
		assert(n >= DNS_HEADER_LEN && n <= limit);
		assert(over == OVER_TCP || n <= DNS_UDP_CAP);
		check_response(out, n, &a.query);
	}
	check_slip(&a, data, size, &source, out);
	return 0;
}
