/* SPDX-License-Identifier: BSD-2-Clause */
/* The hints of HTTPS and SVCB records at steered names. */
#include "unit.h"

#include "answer_make.h"
#include "zone/rdata.h"

static const char config[] =
    "server: {state_dir: state}\n"
    "geo:\n"
    "  prefixes:\n"
    "    - {prefix: 10.0.0.0/8, region: weu}\n"
    "    - {prefix: 10.1.0.0/16, region: nnam}\n"
    "    - {prefix: 10.2.0.0/16, region: neas}\n"
    "pools:\n"
    "  - name: edge\n"
    "    ttl: 60\n"
    "    regions:\n"
    "      weu: [192.0.2.1, \"2001:db8::1\"]\n"
    "      nnam: [192.0.2.2]\n"
    "      neas: [\"2001:db8::3\"]\n"
    "    default: [192.0.2.4, \"2001:db8::4\"]\n"
    "    fallback: {nnam: [weu]}\n"
    "  - name: dark\n"
    "    ttl: 60\n"
    "    default: [192.0.2.5]\n"
    "    when_all_down: empty\n"
    "  - name: many\n"
    "    max_answers: 3\n"
    "    default: [192.0.2.11, 192.0.2.12, 192.0.2.13, 192.0.2.14, 192.0.2.15,\n"
    "      \"2001:db8::11\", \"2001:db8::12\", \"2001:db8::13\", \"2001:db8::14\"]\n"
    "  - name: heavy\n"
    "    max_answers: 2\n"
    "    default: [{address: 192.0.2.21, weight: 3}, {address: 192.0.2.22, weight: "
    "1},\n"
    "      {address: 192.0.2.23, weight: 2}]\n"
    "  - name: cdn\n"
    "    default: [cdn.example.net]\n"
    "  - name: large\n"
    "    max_answers: 30\n"
    "    default: [";

static const char config_end[] =
    "]\nzones:\n"
    "  - {domain: example.com, file: example.com.zone}\n"
    "  - {domain: stored.test, store: on, ns: [ns1.example.net]}\n";

static const char zone_text[] =
    "$TTL 300\n"
    "@ SOA ns1 hostmaster 7 1h 10m 2w 120\n"
    "@ NS ns1\n"
    "ns1 A 192.0.2.53\n"
    "www POOL edge\n"
    "www HTTPS 1 . alpn=h2\n"
    "short 20 POOL edge\n"
    "short HTTPS 1 . alpn=h2\n"
    "brief POOL edge\n"
    "brief 10 HTTPS 1 . alpn=h2\n"
    "bare POOL edge\n"
    "bare HTTPS 1 .\n"
    "order POOL edge\n"
    "order HTTPS 1 . dohpath=/q{?dns} ech=AAAA port=8443 alpn=h2\n"
    "written POOL edge\n"
    "written HTTPS 1 . ipv6hint=2001:db8::99 ech=AAAA ipv4hint=192.0.2.99,192.0.2.98\n"
    "must POOL edge\n"
    "must HTTPS 1 . mandatory=alpn,ipv4hint,ipv6hint alpn=h2 ipv4hint=192.0.2.99 "
    "ipv6hint=2001:db8::99\n"
    "only POOL edge\n"
    "only HTTPS 1 . mandatory=ipv6hint ipv6hint=2001:db8::99\n"
    "named POOL edge\n"
    "named HTTPS 1 NAMED alpn=h2\n"
    "mixed POOL edge\n"
    "mixed HTTPS 1 . port=1\n"
    "mixed HTTPS 2 other ipv4hint=192.0.2.98\n"
    "mixed HTTPS 3 mixed port=3\n"
    "other POOL edge\n"
    "other HTTPS 1 else.example.net. ipv4hint=192.0.2.97\n"
    "aliased POOL edge\n"
    "aliased HTTPS 0 www.example.net.\n"
    "svcb POOL edge\n"
    "svcb SVCB 1 . port=853\n"
    "plain A 192.0.2.81\n"
    "plain HTTPS 1 . ipv4hint=192.0.2.80\n"
    "dark POOL dark\n"
    "dark HTTPS 1 . mandatory=ipv4hint alpn=h2 ipv4hint=192.0.2.99\n"
    "many POOL many\n"
    "many HTTPS 1 . alpn=h2\n"
    "heavy POOL heavy\n"
    "heavy HTTPS 1 . alpn=h2\n"
    "cdn POOL cdn\n"
    "large POOL large\n"
    "large HTTPS 1 . alpn=h2\n"
    "chain CNAME link\n"
    "link CNAME www\n"
    "*.wild POOL edge\n"
    "*.wild HTTPS 1 . alpn=h2\n";

#define WEU "10.9.0.1"
#define NNAM "10.1.0.1"
#define NEAS "10.2.0.1"
#define BOTH "ipv4hint=192.0.2.1 ipv6hint=2001:db8::1"

/* "TTL RDATA" of each record of a type in the answer section, parted by " | ". */
static char *
answers(const struct question *q, uint16_t type)
{
	size_t at = DNS_HEADER_LEN, len = ask_octets(q);
	struct buf b = {0};

	at += name_len(response + at) + 4u;
	for (unsigned i = wire_get16(response + 6); i-- > 0;) {
		const uint8_t *p = response + at;
		uint16_t rdlen;

		while (*p != 0 && *p < 0xc0)
			p += *p + 1;
		p += *p == 0 ? 1 : 2;
		rdlen = wire_get16(p + 8);
		if (wire_get16(p) == type) {
			buf_printf(
			    &b, "%s%u ", b.len != 0 ? " | " : "", wire_get32(p + 4));
			rdata_write(type, p + 10, rdlen, &b);
		}
		at = (size_t)(p + 10 + rdlen - response);
		assert_true(at <= len);
	}
	return b.data != NULL ? buf_take(&b) : mem_str("");
}

static void
expect_records(const char *name, uint16_t type, const char *source, const char *expected)
{
	struct question q = {.name = name, .type = type, .source = source};
	char *got = answers(&q, type != TYPE_ANY ? type : TYPE_HTTPS);

	if (strcmp(got, expected) != 0)
		fail_msg("%s from %s: \"%s\", not \"%s\"", name, source, got, expected);
	mem_free(got);
}

static const struct {
	const char *name, *source, *expected;
} cases[] = {
    {"www", WEU, "60 1 . alpn=\"h2\" " BOTH},
    {"www", NNAM, "60 1 . alpn=\"h2\" ipv4hint=192.0.2.2"},
    {"www", NEAS, "60 1 . alpn=\"h2\" ipv6hint=2001:db8::3"},
    {"www", "192.0.2.200", "60 1 . alpn=\"h2\" ipv4hint=192.0.2.4 ipv6hint=2001:db8::4"},
    {"WwW", WEU, "60 1 . alpn=\"h2\" " BOTH},
    /* the TTL of the steered answer, or the record's own when that is less */
    {"short", WEU, "20 1 . alpn=\"h2\" " BOTH},
    {"brief", WEU, "10 1 . alpn=\"h2\" " BOTH},
    /* ascending keys, whatever else is there; written hints are replaced */
    {"bare", WEU, "60 1 . " BOTH},
    {"order", WEU,
        "60 1 . alpn=\"h2\" port=8443 ipv4hint=192.0.2.1 ech=AAAA "
        "ipv6hint=2001:db8::1 dohpath=\"/q{?dns}\""},
    {"order", NNAM,
        "60 1 . alpn=\"h2\" port=8443 ipv4hint=192.0.2.2 ech=AAAA "
        "dohpath=\"/q{?dns}\""},
    {"written", WEU, "60 1 . ipv4hint=192.0.2.1 ech=AAAA ipv6hint=2001:db8::1"},
    {"written", NEAS, "60 1 . ech=AAAA ipv6hint=2001:db8::3"},
    /* RFC 9460 8: what is mandatory has to be there */
    {"must", WEU, "60 1 . mandatory=alpn,ipv4hint,ipv6hint alpn=\"h2\" " BOTH},
    {"must", NNAM, "60 1 . mandatory=alpn,ipv4hint alpn=\"h2\" ipv4hint=192.0.2.2"},
    {"only", NEAS, "60 1 . mandatory=ipv6hint ipv6hint=2001:db8::3"},
    {"only", NNAM, "60 1 . ipv4hint=192.0.2.2"},
    /* records of this name alone, each by itself */
    {"named", WEU, "60 1 NAMED.example.com. alpn=\"h2\" " BOTH},
    {"mixed", NNAM,
        "60 1 . port=1 ipv4hint=192.0.2.2 | 60 2 other.example.com. "
        "ipv4hint=192.0.2.98 | 60 3 mixed.example.com. port=3 ipv4hint=192.0.2.2"},
    {"other", WEU, "300 1 else.example.net. ipv4hint=192.0.2.97"},
    {"aliased", WEU, "300 0 www.example.net."},
    {"plain", WEU, "300 1 . ipv4hint=192.0.2.80"},
    /* a pool of names is a CNAME for every type */
    {"cdn", WEU, ""},
    {"chain", WEU, "60 1 . alpn=\"h2\" " BOTH},
    {"x.wild", NNAM, "60 1 . alpn=\"h2\" ipv4hint=192.0.2.2"},
};

static void
the_table(void **state)
{
	char name[64];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		snprintf(name, sizeof(name), "%s.example.com", cases[i].name);
		expect_records(name, TYPE_HTTPS, cases[i].source, cases[i].expected);
	}
	expect_records("svcb.example.com", TYPE_SVCB, WEU, "60 1 . port=853 " BOTH);
	/* ANY may get no other hints either */
	expect_records("www.example.com", TYPE_ANY, WEU, "60 1 . alpn=\"h2\" " BOTH);
}

/* RFC 7871: the client's address mattered just where there are hints. */
static void
the_scope_is_that_of_the_addresses(void **state)
{
	static const struct {
		const char *name;
		uint8_t scope;
	} table[] = {{"www.example.com", 16}, {"chain.example.com", 16},
	    {"other.example.com", 0}, {"plain.example.com", 0}};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct question q = {
		    .name = table[i].name, .type = TYPE_HTTPS, .subnet = "10.1.2.0/24"};
		uint16_t len;
		const uint8_t *ecs = option_of(ask_octets(&q), OPTION_ECS, &len);

		assert_non_null(ecs);
		assert_int_equal(ecs[3], table[i].scope);
		assert_int_equal(answerer.decision.is_steered, table[i].scope != 0);
	}
}

static void
health_shows_at_once(void **state)
{
	struct pool *edge = maker_pool("edge"), *dark = maker_pool("dark");

	(void)state;
	/* in order: weu, weu 6, nnam, neas 6, default, default 6 */
	maker_health(edge, "uuduuu", (struct mono){0});
	expect_records(
	    "www.example.com", TYPE_HTTPS, NNAM, "30 1 . alpn=\"h2\" ipv4hint=192.0.2.1");
	maker_health(edge, "uuuuuu", mono_add_ms(answerer.now, 17500));
	expect_records(
	    "www.example.com", TYPE_HTTPS, NNAM, "17 1 . alpn=\"h2\" ipv4hint=192.0.2.2");
	maker_health(edge, "uuuuuu", (struct mono){0});
	/* A is NODATA, HTTPS is still there */
	expect_records("dark.example.com", TYPE_HTTPS, WEU,
	    "60 1 . mandatory=ipv4hint alpn=\"h2\" ipv4hint=192.0.2.5");
	maker_health(dark, "d", (struct mono){0});
	expect_records("dark.example.com", TYPE_A, WEU, "");
	expect_records("dark.example.com", TYPE_HTTPS, WEU, "30 1 . alpn=\"h2\"");
	maker_health(dark, "u", (struct mono){0});
}

/* The addresses of "60 192.0.2.1 | 60 192.0.2.2" or of a hint, in their order. */
static char *
addresses_of(const char *text)
{
	struct buf b = {0};

	for (const char *p = strstr(text, "192.0.2."); p != NULL;
	     p = strstr(p + 1, "192.0.2."))
		buf_printf(&b, "%.10s ", p);
	return b.data != NULL ? buf_take(&b) : mem_str("");
}

/* The same random word gives the same addresses in the same order, and no more. */
static void
hints_are_drawn_like_answers(void **state)
{
	static const struct {
		const char *name;
		size_t count;
	} table[] = {{"many.example.com", 3}, {"heavy.example.com", 2}};
	bool differ = false;
	char first[64] = "";

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		struct question a = Q(table[i % 2].name, TYPE_A), https = a;
		char *as, *hints, *text;

		https.type = TYPE_HTTPS;
		answerer.random = 1 + i / 2;
		text = answers(&a, TYPE_A);
		as = addresses_of(text);
		mem_free(text);
		answerer.random = 1 + i / 2;
		text = answers(&https, TYPE_HTTPS);
		hints = addresses_of(text);
		mem_free(text);
		assert_string_equal(as, hints);
		assert_int_equal(strlen(hints), table[i % 2].count * 11);
		if (i == 0)
			snprintf(first, sizeof(first), "%s", hints);
		differ |= i % 2 == 0 && strcmp(first, hints) != 0;
		mem_free(as);
		mem_free(hints);
	}
	assert_true(differ);
}

/* With every room: the whole record or none, with TC. */
static void
responses_keep_to_every_limit(void **state)
{
	unsigned truncated = 0;

	(void)state;
	for (uint16_t size = 512; size < 600; size++) {
		struct question q = {"large.example.com", TYPE_HTTPS, .size = size};
		size_t n = ask_octets(&q); /* which looks at the length */
		bool tc = (wire_get16(response + 2) & FLAG_TC) != 0;

		assert_int_equal(wire_get16(response + 6), tc ? 0 : 1);
		/* thirty addresses and all around them, but not when they do not fit */
		assert_true(tc ? n < 60 : n > 30 * 16 && size >= n);
		truncated += tc ? 1 : 0;
	}
	assert_true(truncated > 30 && truncated < 88);
}

/* ---- records of the store: each family by itself ---- */

static void
put(struct record *record)
{
	struct store_change *c = mem_array(1, sizeof(*c));

	c->key = record->key;
	c->record = record;
	keeper_change(maker.keeper, c, 1);
	maker_turn(&maker);
}

static struct record *
record_of(const char *owner, uint16_t type, uint32_t ttl)
{
	struct record *r = mem_new(sizeof(*r));

	r->key.kind = RECORD_RRSET;
	r->key.zone = (struct name){.len = 0};
	assert_int_equal(name_parse("stored.test", 11, &name_root, &r->key.zone), OK);
	assert_int_equal(name_parse(owner, strlen(owner), &name_root, &r->key.owner), OK);
	r->key.type = type;
	r->ttl = ttl;
	return r;
}

static void
a_family_that_is_not_steered_keeps_its_hints(void **state)
{
	static const uint8_t https[] = "\0\1\0"
	                               "\0\4\0\4\300\0\2\143"
	                               "\0\6\0\20\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\143";
	const struct rdata rdata = {https, sizeof(https) - 1};
	struct record *r = record_of("s.stored.test", TYPE_HTTPS, 300);
	struct config_pool *pool;

	(void)state;
	assert_int_equal(rrset_new(TYPE_HTTPS, 300, &rdata, 1, &r->rrset), OK);
	put(r);
	expect_records("s.stored.test", TYPE_HTTPS, WEU,
	    "300 1 . ipv4hint=192.0.2.99 ipv6hint=2001:db8::63");
	r = record_of("s.stored.test", TYPE_A, 45);
	r->pool = pool = mem_new(sizeof(*pool));
	pool->name = mem_str("stored");
	pool->min_healthy = 1;
	pool->dflt = mem_array(1, sizeof(*pool->dflt));
	pool->dflt_count = 1;
	pool->dflt[0] = (struct config_endpoint){.ip = {4, {192, 0, 2, 41}}, .weight = 1};
	put(r);
	expect_records("s.stored.test", TYPE_HTTPS, WEU,
	    "45 1 . ipv4hint=192.0.2.41 ipv6hint=2001:db8::63");
	/* stale: as short as the answer itself */
	answerer.stale_ttl = 300;
	expect_records("s.stored.test", TYPE_HTTPS, WEU,
	    "30 1 . ipv4hint=192.0.2.41 ipv6hint=2001:db8::63");
	answerer.stale_ttl = 0;
}

static int
begin(void **state)
{
	struct buf yaml = {0};

	(void)state;
	maker_open(&maker);
	buf_str(&yaml, config);
	for (unsigned i = 0; i < 30; i++)
		buf_printf(&yaml, "%s\"2001:db8::%x\"", i != 0 ? ", " : "", i);
	buf_str(&yaml, config_end);
	maker_file(&maker, "sextant.yaml", buf_text(&yaml));
	buf_fini(&yaml);
	maker_file(&maker, "example.com.zone", zone_text);
	answer_begin();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_table),
	    cmocka_unit_test(the_scope_is_that_of_the_addresses),
	    cmocka_unit_test(health_shows_at_once),
	    cmocka_unit_test(hints_are_drawn_like_answers),
	    cmocka_unit_test(responses_keep_to_every_limit),
	    cmocka_unit_test(a_family_that_is_not_steered_keeps_its_hints),
	};

	return cmocka_run_group_tests_name("hint", tests, begin, answer_end);
}
