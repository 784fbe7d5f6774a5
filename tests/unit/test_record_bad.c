/* SPDX-License-Identifier: BSD-2-Clause */
/* Each field and each type of a record, wrong: the reason has to name what is wrong. */
#include "unit.h"

#include <stdio.h>

#include "base/mem.h"
#include "store/record.h"
#include "zone/rdata.h"

static struct config_check check = {.name = (char *)(uintptr_t) "web"};
static struct config_pool pool = {.name = (char *)(uintptr_t) "edge"};
static struct config cfg = {
    .checks = &check, .check_count = 1, .pools = &pool, .pool_count = 1};

/* One record of one or two fields; why is what it has to be refused with, NULL: it is
 * good. */
static void
expect(const char *key, const char *field, const char *value, size_t len,
    const char *beside, const char *why)
{
	struct record_rules rules = {.default_ttl = 300, .config = &cfg};
	struct buf said = {0};
	struct fields f = {0};
	struct record *r = NULL;
	struct record_key k;
	enum err e;

	assert_int_equal(record_key_parse(key, strlen(key), &k, &said), OK);
	if (beside != NULL) {
		const char *equals = strchr(beside, '=');
		char *name = mem_strn(beside, (size_t)(equals - beside));

		assert_int_equal(
		    fields_set(&f, name, equals + 1, strlen(equals + 1)), OK);
		mem_free(name);
	}
	assert_int_equal(fields_set(&f, field, value, len), OK);
	e = record_compile(&k, &f, &rules, &r, &said);
	if ((e == OK) != (why == NULL) ||
	    (why != NULL && strstr(buf_text(&said), why) == NULL))
		fail_msg("%s %s=%s: %s \"%s\", wanted \"%s\"", key, field, value,
		    err_text(e), buf_text(&said), why != NULL ? why : "");
	/* one line that a person can read */
	if (why != NULL &&
	    (said.len < 12 || said.len > 400 || strpbrk(buf_text(&said), "\r\n") != NULL))
		fail_msg("%s %s=%s: reason \"%s\"", key, field, value, buf_text(&said));
	record_free(r);
	fields_fini(&f);
	buf_fini(&said);
}

struct field_case {
	const char *field;
	const char *value;
	const char *beside; /* another field, "name=value" */
	const char *why;
};

#define A_KEY "dns:{example.com}:www:A"
#define GEO "values@weu=192.0.2.1"
#define BIG "99999999999999999999"

static const struct field_case rrset_cases[] = {
    {"ttl", "", "values=192.0.2.1", "field ttl: seconds from 0 to 2147483647"},
    {"ttl", "-1", "values=192.0.2.1", "field ttl"},
    {"ttl", "1.5", "values=192.0.2.1", "field ttl"},
    {"ttl", "soon", "values=192.0.2.1", "field ttl"},
    {"ttl", "60 ", "values=192.0.2.1", "field ttl"},
    {"ttl", " 60", "values=192.0.2.1", "field ttl"},
    {"ttl", "2147483648", "values=192.0.2.1", "field ttl"},
    {"ttl", BIG, "values=192.0.2.1", "field ttl"},
    {"ttl", "1w1", "values=192.0.2.1", "field ttl"},
    {"ttl", "soon", GEO, "field ttl"},
    {"values", "192.0.2", NULL, "field values"},
    {"values", "192.0.2.1,192.0.2.2", NULL, "field values"},
    {"values", "192.0.2.1 bad", NULL, "bad"},
    {"values", "[\"192.0.2.1\"", NULL, "field values: no JSON array: line 1, column 1"},
    {"values", "[1]", NULL,
        "field values: a JSON list of values holds strings of one line"},
    {"values", "{}", NULL, "field values"},
    {"values", "bad", GEO, "field values: bad is not an IPv4 address"},
    {"values@weu", "bad", NULL, "field values@weu: bad is not an IPv4 address"},
    {"values@weu", "2001:db8::1", NULL, "field values@weu"},
    {"values@nowhere", "192.0.2.1", NULL, "there is no region nowhere"},
    {"values@", "192.0.2.1", NULL, "field values@"},
    {"values@a b", "192.0.2.1", NULL, "field values@a b"},
    {"rescue", "bad", GEO, "field rescue: bad is not an IPv4 address"},
    {"rescue", "192.0.2.1", "values=192.0.2.1", "field rescue needs values@REGION"},
    {"check", "nosuch", GEO, "field check: the configuration has no check nosuch"},
    {"check", "web", "values=192.0.2.1", "field check needs values@REGION"},
    {"weights@weu", "1 2", GEO, "field weights@weu: 2 weights for 1 values"},
    {"weights@weu", "", GEO, "field weights@weu: 0 weights for 1 values"},
    {"weights@weu", "-1", GEO, "field weights@weu: a weight is a number from 0 to 65535"},
    {"weights@weu", "65536", GEO, "field weights@weu"},
    {"weights@weu", "1.5", GEO, "field weights@weu"},
    {"weights@weu", "heavy", GEO, "field weights@weu"},
    {"weights@ceu", "1", GEO, "there is no field values@ceu beside it"},
    {"weights", "1", GEO, "there is no field values beside it"},
    {"weights", "1", "values=192.0.2.1", "field weights needs values@REGION"},
    {"fallback", "weu", GEO, "field fallback: a line is REGION: REGION"},
    {"fallback", "weu: nowhere", GEO, "there is no region nowhere"},
    {"fallback", "nowhere: weu", GEO, "there is no region nowhere"},
    {"fallback", "weu: ceu; weu: eeu", GEO, "weu stands there twice"},
    {"max_answers", "0", GEO, "field max_answers: a number from 1 to 255"},
    {"max_answers", "256", GEO, "field max_answers"},
    {"max_answers", "", GEO, "field max_answers"},
    {"max_answers", "two", GEO, "field max_answers"},
    {"max_answers", BIG, GEO, "field max_answers"},
    {"min_healthy", "0", GEO, "field min_healthy"},
    {"min_healthy", "0%", GEO, "field min_healthy"},
    {"min_healthy", "101%", GEO, "field min_healthy"},
    {"min_healthy", "%", GEO, "field min_healthy"},
    {"min_healthy", "half", GEO, "field min_healthy"},
    {"when_all_down", "", GEO, "field when_all_down: serve-all, empty or cname NAME"},
    {"when_all_down", "panic", GEO, "field when_all_down"},
    {"when_all_down", "cname ", GEO, "what follows cname is not a name"},
    {"when_all_down", "cname a..b", GEO, "what follows cname is not a name"},
    {"fallback", "weu: ceu=70 eeu", GEO, "eeu: every region of a line has a share"},
    {"fallback", "weu: ceu=0", GEO, "ceu=0: every region of a line has a share"},
    {"fallback", "weu: ceu=65536", GEO, "every region of a line has a share"},
    {"fallback", "weu: ceu=70%", GEO, "every region of a line has a share"},
    {"fallback", "weu: ceu=1 ceu=2", GEO, "ceu has two shares"},
    {"fallback", "weu: nowhere=1", GEO, "there is no region nowhere"},
    {"sticky", "yes", GEO, "field sticky: true or false is wanted"},
    {"sticky", "", GEO, "field sticky: true or false is wanted"},
    {"sticky", "true", "values=192.0.2.1", "field sticky needs values@REGION"},
    {"flatten", "true", "values=192.0.2.1", "field flatten is not supported yet"},
    {"blackhole", "UK", GEO, "field blackhole: UK is not the ISO 3166 code"},
    {"blackhole", "KP continent:EU", GEO, "field blackhole: continent:EU is not"},
    {"blackhole", "KP", "values=192.0.2.1", "field blackhole needs values@REGION"},
    {"state", "", "values=192.0.2.1", "field state: active or disabled"},
    {"state", "Active", "values=192.0.2.1", "field state"},
    {"state", "deleted", "values=192.0.2.1", "field state"},
    {"vlaues", "192.0.2.1", NULL, "unknown field vlaues: did you mean values?"},
    {"TTL", "60", "values=192.0.2.1", "unknown field TTL"},
    {"geo", "eu", "values=192.0.2.1", "unknown field geo"},
    {"", "x", "values=192.0.2.1", "unknown field"},
    {"pool", "edge", "values=192.0.2.1", "unknown field pool"},
    {"ns", "a.", "values=192.0.2.1", "unknown field ns"},
    {"rev", "anything\nat all", "values=192.0.2.1", NULL},
    {"comment", "\xff\xfe", "values=192.0.2.1", NULL},
    {"x-mine", "", "values=192.0.2.1", NULL},
    {"state", "disabled", "values=bad", "field values"},
};

static const struct field_case pool_cases[] = {
    {"pool", "", NULL, "field pool is missing"},
    {"ttl", "60", NULL, "field pool is missing"},
    {"pool", "nosuch", NULL, "has a pool nosuch"},
    {"pool", "Edge", NULL, "has a pool Edge"},
    {"ttl", "x", "pool=edge", "field ttl"},
    {"state", "x", "pool=edge", "field state"},
    {"values", "192.0.2.1", "pool=edge", "unknown field values"},
    {"check", "web", "pool=edge", "unknown field check"},
    {"poll", "edge", NULL, "unknown field poll: did you mean pool?"},
};

static const struct field_case own_cases[] = {
    {"ttl", "60", NULL, "a pool needs values or values@REGION"},
    {"values", "", NULL, "a pool needs values or values@REGION"},
    {"values", "www.example.com.", NULL, "is not an IP address"},
    {"values@weu", "192.0.2.256", NULL, "field values@weu: 192.0.2.256"},
    {"values@nowhere", "192.0.2.1", NULL, "there is no region nowhere"},
    {"check", "nosuch", GEO, "has no check nosuch"},
    {"rescue", "x", GEO, "field rescue"},
    {"weights", "1 2", "values=192.0.2.1", "2 weights for 1 values"},
    {"fallback", "weu", GEO, "field fallback"},
    {"max_answers", "x", GEO, "field max_answers"},
    {"min_healthy", "x", GEO, "field min_healthy"},
    {"when_all_down", "cname a.example.", GEO, "serve-all or empty is wanted"},
    {"sticky", "x", GEO, "field sticky"},
    {"blackhole", "x", GEO, "field blackhole"},
    {"state", "frozen", GEO, "field state"},
    {"ttl", "x", GEO, "field ttl"},
    {"pool", "edge", GEO, "unknown field pool"},
};

static const struct field_case zone_cases[] = {
    {"state", "Frozen", NULL, "field state: active, frozen or deleted"},
    {"state", "disabled", NULL, "field state: active, frozen or deleted"},
    {"ttl", "x", NULL, "field ttl"},
    {"refresh", "x", NULL, "field refresh"},
    {"retry", "-1", NULL, "field retry"},
    {"expire", BIG, NULL, "field expire"},
    {"minimum", "", NULL, "field minimum"},
    {"mname", "a..b", NULL, "field mname: a..b is not a name"},
    {"rname", "a..b", NULL, "field rname: a..b is not a name"},
    {"ns", "ns1. a..b", NULL, "field ns: a..b is not a name"},
    {"ns", "[", NULL, "field ns: no JSON array"},
    {"values", "192.0.2.1", NULL, "unknown field values"},
    {"serial", "1", NULL, "unknown field serial"},
};

static void
run(const char *key, const struct field_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect(key, cases[i].field, cases[i].value, strlen(cases[i].value),
		    cases[i].beside, cases[i].why);
}

static void
test_fields_of_an_rrset(void **state)
{
	(void)state;
	run(A_KEY, rrset_cases, COUNT(rrset_cases));
	run("dns:{example.com}:www:POOL", pool_cases, COUNT(pool_cases));
	run("dns:!pool:mine", own_cases, COUNT(own_cases));
	run("dns:{example.com}", zone_cases, COUNT(zone_cases));
}

/* Every type that master files can have: a good value, and bad ones. */
static const struct {
	const char *type, *good, *bad[4];
} types[] = {
    {"A", "192.0.2.1", {"192.0.2.256", "::1", "host"}},
    {"AAAA", "2001:db8::1", {"192.0.2.1", "2001:db8::g", "1:2:3"}},
    {"AFSDB", "1 a.example.", {"a.example.", "1", "70000 a.example."}},
    {"APL", "1:192.0.2.0/24", {"192.0.2.0/24", "1:192.0.2.0/33"}},
    {"CAA", "0 issue \"ca.example\"", {"issue ca.example", "256 issue x", "0 issue"}},
    {"CDNSKEY", "257 3 13 aGVsbG8=", {"257 3 13", "x 3 13 aGVsbG8="}},
    {"CDS",
        "1 13 2 "
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        {"1 13 2", "1 13 2 xyz"}},
    {"CERT", "1 0 0 aGVsbG8=", {"1 0 0", "1 0 0 ****"}},
    {"CNAME", "a.example.", {"a..b", "a.example. b.example."}},
    {"DHCID", "aGVsbG8=", {"", "****"}},
    {"DNAME", "a.example.", {"a..b", "a b"}},
    {"DNSKEY", "257 3 13 aGVsbG8=", {"257 3 13", "257 3"}},
    {"DS",
        "1 13 2 "
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        {"1 13 2", "1 13 2 xyz", "1 13 2 0123"}},
    {"EUI48", "00-00-5e-00-53-2a", {"00-00-5e", "00-00-5e-00-53-zz"}},
    {"EUI64", "00-00-5e-ef-10-00-00-2a", {"00-00-5e-00-53-2a"}},
    {"HINFO", "\"x\" \"y\"", {"x"}},
    {"HTTPS", "1 . alpn=h2", {"1", "1 . alpn=h2 alpn=h3", "1 . ipv4hint=::1", "x ."}},
    {"KX", "1 a.example.", {"a.example.", "1"}},
    {"LOC", "51 30 12.748 N 0 7 39.612 W 0m", {"51 30 N", "91 0 0 N 0 0 0 W 0m"}},
    {"MX", "10 a.example.", {"a.example.", "10", "70000 a.example.", "10 a..b"}},
    {"NAPTR", "1 1 \"u\" \"E2U+sip\" \"\" a.example.",
        {"1 1 \"u\"", "x 1 \"\" \"\" \"\" ."}},
    {"NS", "a.example.", {"a..b"}},
    {"NSEC3PARAM", "1 0 1 -", {"1 0", "1 0 1 zz"}},
    {"OPENPGPKEY", "aGVsbG8=", {"****"}},
    {"PTR", "a.example.", {"a..b"}},
    {"RP", "a.example. b.example.", {"a.example."}},
    {"SMIMEA", "3 1 1 0123", {"3 1 1", "3 1 1 zz", "300 1 1 0123"}},
    {"SPF", "\"v=spf1\"", {"\"open"}},
    {"SRV", "1 2 3 a.example.", {"1 2 3", "1 2 70000 a.example.", "a 2 3 b."}},
    {"SSHFP", "4 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        {"4 2", "4 2 zz"}},
    {"SVCB", "1 a.example. port=853",
        {"1 a.example. port=x", "1 a.example. mandatory=port"}},
    {"TLSA", "3 1 1 0123", {"3 1 1", "3 1 1 012"}},
    {"TXT", "\"a\" b", {"\"open", ""}},
    {"URI", "1 2 \"https://x.example/\"", {"1 2", "x 2 \"y\""}},
    {"ZONEMD",
        "1 1 1 "
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
        "0123456789abcdef0123456789abcdef",
        {"1 1 1", "1 1 1 zz"}},
    {"TYPE65281", "\\# 2 0102", {"\\# 3 0102", "\\# x", "0102", "\\# 1 0"}},
};

static void
test_types(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		char key[100];

		snprintf(key, sizeof(key), "dns:{example.com}:h:%s", types[i].type);
		expect(key, "values", types[i].good, strlen(types[i].good), NULL, NULL);
		for (size_t j = 0; j < 4 && types[i].bad[j] != NULL; j++)
			if (types[i].bad[j][0] != '\0')
				expect(key, "values", types[i].bad[j],
				    strlen(types[i].bad[j]), NULL, "field values: ");
		/* steering is for addresses */
		if (strcmp(types[i].type, "A") != 0 && strcmp(types[i].type, "AAAA") != 0)
			expect(key, "values@weu", types[i].good, strlen(types[i].good),
			    NULL, "only A and AAAA");
	}
}

/* What would not fit: many values, long ones, a text of megabytes. */
static void
test_limits(void **state)
{
	struct buf many = {0}, big = {0};

	(void)state;
	for (unsigned i = 0; i < 8193; i++)
		buf_printf(&many, "10.%u.%u.%u ", i >> 16, i >> 8 & 255, i & 255);
	expect(A_KEY, "values", many.data, many.len, NULL, ": more than 8192 values");
	expect(A_KEY, "values@weu", many.data, many.len, NULL, ": more than 8192 values");
	many.len = 0;
	for (unsigned i = 0; i < 4097; i++)
		buf_printf(&many, "10.%u.%u.%u ", i >> 16, i >> 8 & 255, i & 255);
	expect(
	    A_KEY, "values@weu", many.data, many.len, NULL, "more than 4096 endpoints");
	for (unsigned i = 0; i < 400; i++)
		buf_printf(&big, "\"%0200u\"\n", i);
	expect("dns:{example.com}:t:TXT", "values", big.data, big.len, NULL,
	    "field values: more than 65,535 octets");
	while (big.len <= 1024 * 1024)
		buf_printf(&big, "\"%0200u\"\n", 1);
	expect("dns:{example.com}:t:TXT", "values", big.data, big.len, NULL,
	    ": more than 1 MiB");
	buf_fini(&many);
	buf_fini(&big);
}

/* What the server makes itself, and what cannot stand where it is. */
static void
test_forbidden(void **state)
{
	static const struct {
		const char *key, *values, *why;
	} cases[] = {
	    {"dns:{example.com}:@:SOA", "a. b. 1 2 3 4 5", "the zone's own record"},
	    {"dns:{example.com}:@:NS", "a.", "field ns of the zone's own record"},
	    {"dns:{example.com}:@:CNAME", "a.", "no CNAME can stand at the apex"},
	    {"dns:{example.com}:h:RRSIG", "x", "made by the server"},
	    {"dns:{example.com}:h:NSEC", "x", "made by the server"},
	    {"dns:{example.com}:h:NSEC3", "x", "made by the server"},
	    {"dns:{example.com}:h:CNAME", "a. b.", "a CNAME has one value"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		expect(cases[i].key, "values", cases[i].values, strlen(cases[i].values),
		    NULL, cases[i].why);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fields_of_an_rrset),
	    cmocka_unit_test(test_types),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_forbidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
