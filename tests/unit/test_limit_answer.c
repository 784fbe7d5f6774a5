/* SPDX-License-Identifier: BSD-2-Clause */
/* Rate limiting of real answers: which are alike, and what a slip looks like. */
#include "unit.h"

#include "serve/answer.h"
#include "world_make.h"

static struct maker maker;
static struct limit limit;
static struct counters counters;
static struct answerer answerer;

/* One a second; slip 0 or 1. A new table. */
static void
renew(uint32_t slip)
{
	static struct config_rate_limit c;

	c = (struct config_rate_limit){
	    .responses_per_second = 1, .slip = slip, .ipv4_len = 24, .ipv6_len = 56};
	limit_close(&limit);
	limit_open(&limit);
	memset(&counters, 0, sizeof(counters));
	answerer.limit = limit_begin(&limit, &c, 1, answerer.now);
	assert_ptr_equal(answerer.limit, &limit);
}

struct asked {
	const char *name;
	uint16_t type;
	uint16_t qclass; /* 0: IN */
};

static size_t
write_question(const struct asked *a, bool edns, uint8_t *out)
{
	static const uint8_t opt[] = {0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 4, 0, 3, 0, 0};
	struct name n;
	size_t len = DNS_HEADER_LEN;

	assert_int_equal(name_parse(a->name, strlen(a->name), &name_root, &n), OK);
	memset(out, 0, len);
	out[5] = 1;
	memcpy(out + len, n.bytes, n.len);
	len += n.len;
	wire_put16(out + len, a->type);
	wire_put16(out + len + 2, a->qclass != 0 ? a->qclass : CLASS_IN);
	len += 4;
	if (edns) {
		out[11] = 1;
		memcpy(out + len, opt, sizeof(opt));
		len += sizeof(opt);
	}
	return len;
}

static size_t
ask(const struct asked *a, bool edns, uint8_t *out)
{
	uint8_t packet[512];
	size_t len = write_question(a, edns, packet);
	struct ip source = {.family = 4, .bytes = {203, 0, 113, 1}};

	return answer(&answerer, packet, len, &source, OVER_UDP, out);
}

static void
which_answers_share(void **state)
{
	static const struct {
		struct asked one, other;
		bool share;
	} table[] = {
	    {{"a.example.com", TYPE_A, 0}, {"a.example.com", TYPE_A, 0}, true},
	    {{"a.example.com", TYPE_A, 0}, {"A.Example.COM", TYPE_A, 0}, true},
	    {{"a.example.com", TYPE_A, 0}, {"a.example.com", TYPE_TXT, 0}, true},
	    {{"a.example.com", TYPE_A, 0}, {"b.example.com", TYPE_A, 0}, false},
	    /* names of a wildcard, and other wildcards */
	    {{"1.wild.example.com", TYPE_A, 0}, {"2.wild.example.com", TYPE_A, 0}, true},
	    {{"1.wild.example.com", TYPE_A, 0}, {"x.y.wild.example.com", TYPE_MX, 0},
	        true},
	    {{"1.wild.example.com", TYPE_A, 0}, {"2.feral.example.com", TYPE_A, 0},
	        false},
	    {{"1.cname.example.com", TYPE_A, 0}, {"2.cname.example.com", TYPE_A, 0},
	        true},
	    /* names that are not there, in one zone and in another */
	    {{"no.example.com", TYPE_A, 0}, {"none.of.example.com", TYPE_MX, 0}, true},
	    {{"no.example.com", TYPE_A, 0}, {"dangling.example.com", TYPE_A, 0}, true},
	    {{"no.example.com", TYPE_A, 0}, {"no.example.net", TYPE_A, 0}, false},
	    {{"no.example.com", TYPE_A, 0}, {"a.example.com", TYPE_A, 0}, false},
	    /* not there, and the apex itself */
	    {{"no.example.com", TYPE_A, 0}, {"example.com", TYPE_A, 0}, false},
	    /* below one cut, and below another */
	    {{"1.sub.example.com", TYPE_A, 0}, {"2.sub.example.com", TYPE_A, 0}, true},
	    {{"1.sub.example.com", TYPE_A, 0}, {"sub.example.com", TYPE_A, 0}, true},
	    {{"1.sub.example.com", TYPE_A, 0}, {"1.pub.example.com", TYPE_A, 0}, false},
	    /* below a DNAME, whatever is found there */
	    {{"1.old.example.com", TYPE_A, 0}, {"2.old.example.com", TYPE_A, 0}, true},
	    /* errors are alike */
	    {{"no.test", TYPE_A, 0}, {"other.test", TYPE_A, 0}, true},
	    {{"no.test", TYPE_A, 0}, {"a.example.com", TYPE_A, CLASS_HS}, true},
	    {{"no.test", TYPE_A, 0}, {"a.example.com", TYPE_A, 0}, false},
	    {{"id.server", TYPE_TXT, CLASS_CH}, {"id.server", TYPE_TXT, CLASS_CH}, true},
	    {{"id.server", TYPE_TXT, CLASS_CH}, {"a.example.com", TYPE_A, 0}, false},
	};
	uint8_t out[DNS_UDP_CAP];

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		size_t len;

		renew(0);
		assert_int_not_equal(ask(&table[i].one, false, out), 0);
		len = ask(&table[i].other, false, out);
		if ((len == 0) != table[i].share)
			print_message("%s %s\n", table[i].one.name, table[i].other.name);
		assert_int_equal(len == 0, table[i].share);
	}
}

/* Nothing but the counters of the limit moves for what is dropped. */
static void
what_is_dropped_is_not_counted_as_answered(void **state)
{
	struct asked a = {"a.example.com", TYPE_A, 0};
	uint8_t out[DNS_UDP_CAP];

	(void)state;
	renew(0);
	ask(&a, true, out);
	memset(&counters, 0, sizeof(counters));
	assert_int_equal(ask(&a, true, out), 0);
	for (unsigned i = 0; i < COUNT_COUNTERS; i++)
		assert_int_equal(counter_get(&counters, (enum counter)i),
		    i == COUNT_RATE_LIMITED || i == COUNT_RATE_DROPPED);
}

static void
a_slip_is_no_longer_than_its_question(void **state)
{
	static const struct {
		struct asked asked;
		bool tc;
	} table[] = {
	    {{"a.example.com", TYPE_A, 0}, true},
	    {{"no.example.com", TYPE_A, 0}, true},
	    {{"example.com", TYPE_MX, 0}, true},
	    {{"1.sub.example.com", TYPE_A, 0}, true},
	    {{"id.server", TYPE_TXT, CLASS_CH}, true},
	    {{"no.test", TYPE_A, 0}, false},
	};
	uint8_t out[DNS_UDP_CAP], packet[512];

	(void)state;
	for (size_t i = 0; i < COUNT(table) * 2; i++) {
		const struct asked *a = &table[i / 2].asked;
		size_t asked = write_question(a, i % 2, packet), len;
		uint8_t rcode;

		renew(1);
		assert_true(ask(a, i % 2, out) >= asked - 4);
		rcode = out[3] & 15;
		len = ask(a, i % 2, out);
		assert_true(len >= DNS_HEADER_LEN && len <= asked);
		assert_int_equal((wire_get16(out + 2) & FLAG_TC) != 0, table[i / 2].tc);
		assert_int_equal(out[3] & 15, rcode);
		assert_int_equal(wire_get16(out + 4), 1);
		assert_int_equal(wire_get32(out + 6), 0);
		assert_int_equal(wire_get16(out + 10), i % 2);
		/* OPT, but not what was asked for in it */
		assert_int_equal(len, asked - (i % 2 ? 4 : 0));
	}
}

static int
begin(void **state)
{
	(void)state;
	maker_open(&maker);
	maker_file(&maker, "sextant.yaml",
	    "server:\n"
	    "  identity: a-name-that-is-longer-than-what-asks-for-it\n"
	    "  state_dir: state\n"
	    "zones:\n"
	    "  - {domain: example.com, file: example.com.zone}\n"
	    "  - {domain: example.net, file: example.net.zone}\n");
	maker_file(&maker, "example.com.zone",
	    "$TTL 300\n@ SOA ns1 hostmaster 1 1h 10m 2w 60\n@ NS ns1\n@ MX 10 a\n"
	    "ns1 A 192.0.2.53\na A 192.0.2.1\na TXT x\nb A 192.0.2.2\n"
	    "*.wild A 192.0.2.3\n*.feral A 192.0.2.4\n*.cname CNAME a\n"
	    "dangling CNAME no\nold DNAME wild\n"
	    "sub NS ns.example.net.\npub NS ns.example.net.\n");
	maker_file(&maker, "example.net.zone",
	    "$TTL 300\n@ SOA ns hostmaster 1 1h 10m 2w 60\n@ NS ns\nns A 192.0.2.54\n");
	maker_install(&maker, PARTS_START);
	answerer.world = maker_world();
	answerer.now = (struct mono){1000000};
	answerer.random = 1;
	answerer.counters = &counters;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	limit_close(&limit);
	maker_close(&maker);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(which_answers_share),
	    cmocka_unit_test(what_is_dropped_is_not_counted_as_answered),
	    cmocka_unit_test(a_slip_is_no_longer_than_its_question),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
