/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "config/suggest.h"
#include "config/value.h"

static void
durations(void **state)
{
	static const struct {
		const char *text;
		int64_t max;
		enum err err;
		int64_t ms;
	} table[] = {
	    {"50ms", 86400000, OK, 50},
	    {"49ms", 86400000, ERR_RANGE, 0},
	    {"5s", 86400000, OK, 5000},
	    {"2m", 86400000, OK, 120000},
	    {"3h", 86400000, OK, 10800000},
	    {"1d", 86400000, OK, 86400000},
	    {"2d", 86400000, ERR_RANGE, 0},
	    {"1w", CONFIG_FOREVER, OK, 604800000},
	    {"forever", CONFIG_FOREVER, OK, CONFIG_FOREVER},
	    {"forever", 86400000, ERR_SYNTAX, 0},
	    {"5", 86400000, ERR_SYNTAX, 0},
	    {"5 s", 86400000, ERR_SYNTAX, 0},
	    {"1.5s", 86400000, ERR_SYNTAX, 0},
	    {"-5s", 86400000, ERR_SYNTAX, 0},
	    {"s", 86400000, ERR_SYNTAX, 0},
	    {"5S", 86400000, ERR_SYNTAX, 0},
	    {"", 86400000, ERR_SYNTAX, 0},
	    {"9223372036854775807w", CONFIG_FOREVER, ERR_SYNTAX, 0},
	    {"900000000000000w", CONFIG_FOREVER, ERR_RANGE, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		struct buf why = {0};
		int64_t ms = 0;

		assert_int_equal(
		    value_duration(table[i].text, 50, table[i].max, &ms, &why),
		    table[i].err);
		assert_true(ms == table[i].ms);
		assert_int_equal(why.len == 0, table[i].err == OK);
		buf_fini(&why);
	}
}

static void
ttls(void **state)
{
	static const struct {
		const char *text;
		enum err err;
		uint32_t s;
	} table[] = {
	    {"0", OK, 0},
	    {"60", OK, 60},
	    {"60s", OK, 60},
	    {"2h", OK, 7200},
	    {"2147483647", OK, 2147483647},
	    {"2147483648", ERR_RANGE, 0},
	    {"40000w", ERR_RANGE, 0},
	    {"500ms", ERR_SYNTAX, 0},
	    {"x", ERR_SYNTAX, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		struct buf why = {0};
		uint32_t s = 0;

		assert_int_equal(value_ttl(table[i].text, &s, &why), table[i].err);
		assert_int_equal(s, table[i].s);
		buf_fini(&why);
	}
}

static void
bools(void **state)
{
	static const char *const on[] = {"on", "ON", "true", "yes", "Yes"};
	static const char *const off[] = {"off", "false", "no", "NO"};
	struct buf why = {0};
	size_t i;
	bool b;

	(void)state;
	for (i = 0; i < COUNT(on); i++) {
		b = false;
		assert_int_equal(value_bool(on[i], &b, &why), OK);
		assert_true(b);
	}
	for (i = 0; i < COUNT(off); i++) {
		b = true;
		assert_int_equal(value_bool(off[i], &b, &why), OK);
		assert_false(b);
	}
	assert_int_equal(value_bool("1", &b, &why), ERR_SYNTAX);
	assert_string_equal(buf_text(&why), "expected \"on\" or \"off\"");
	buf_fini(&why);
}

static void
matches(void **state)
{
	static const struct {
		const char *text;
		enum err err;
		enum match_kind kind;
		const char *code;
	} table[] = {
	    {"NO", OK, MATCH_COUNTRY, "NO"},
	    {"no", OK, MATCH_COUNTRY, "NO"},
	    {"EU", OK, MATCH_COUNTRY, "EU"},
	    {"AS", OK, MATCH_COUNTRY, "AS"},
	    {"continent:eu", OK, MATCH_CONTINENT, "EU"},
	    {"continent:XX", ERR_SYNTAX, 0, ""},
	    {"us-ca", OK, MATCH_SUBDIVISION, "US-CA"},
	    {"GB-ENG", OK, MATCH_SUBDIVISION, "GB-ENG"},
	    {"US-CALI", ERR_SYNTAX, 0, ""},
	    {"AS64500", OK, MATCH_ASN, ""},
	    {"AS0", ERR_RANGE, 0, ""},
	    {"AS4294967296", ERR_RANGE, 0, ""},
	    {"192.0.2.0/24", OK, MATCH_PREFIX, ""},
	    {"2001:db8::/32", OK, MATCH_PREFIX, ""},
	    {"192.0.2.1/24", ERR_RANGE, 0, ""},
	    {"NOR", ERR_SYNTAX, 0, ""},
	    {"N1", ERR_SYNTAX, 0, ""},
	    {"", ERR_SYNTAX, 0, ""},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		struct config_match m = {0};
		struct buf why = {0};

		assert_int_equal(value_match(table[i].text, &m, &why), table[i].err);
		assert_int_equal(m.kind, table[i].kind);
		assert_string_equal(m.code, table[i].code);
		buf_fini(&why);
	}
}

static void
match_details(void **state)
{
	struct config_match m;
	struct buf why = {0};

	(void)state;
	assert_int_equal(value_match("as4294967295", &m, &why), OK);
	assert_true(m.asn == UINT32_MAX);
	assert_int_equal(value_match("10.1.0.0/16", &m, &why), OK);
	assert_int_equal(m.prefix.len, 16);
	assert_int_equal(m.prefix.ip.family, 4);
	assert_int_equal(value_match("10.1.2.3/16", &m, &why), ERR_RANGE);
	assert_string_equal(
	    buf_text(&why), "has bits set behind the prefix; expected \"10.1.0.0/16\"");
	buf_fini(&why);
}

static void
statuses(void **state)
{
	static const struct {
		const char *text;
		enum err err;
		uint16_t first, last;
	} table[] = {
	    {"200", OK, 200, 200},
	    {"200-299", OK, 200, 299},
	    {"3XX", OK, 300, 399},
	    {"299-200", ERR_SYNTAX, 0, 0},
	    {"99", ERR_SYNTAX, 0, 0},
	    {"600", ERR_SYNTAX, 0, 0},
	    {"200-", ERR_SYNTAX, 0, 0},
	    {"6xx", ERR_SYNTAX, 0, 0},
	    {"", ERR_SYNTAX, 0, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		struct config_status_range r = {0};
		struct buf why = {0};

		assert_int_equal(value_status(table[i].text, &r, &why), table[i].err);
		assert_int_equal(r.first, table[i].first);
		assert_int_equal(r.last, table[i].last);
		buf_fini(&why);
	}
}

static void
identifiers(void **state)
{
	static const char *const good[] = {"web", "eu-west_1.b", "1"};
	static const char *const bad[] = {"", "Web", "a b", "-a", ".a", "a/b", "a*"};
	struct buf why = {0};
	char longest[65];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++)
		assert_int_equal(value_ident(good[i], &why), OK);
	for (i = 0; i < COUNT(bad); i++)
		assert_int_equal(value_ident(bad[i], &why), ERR_SYNTAX);
	memset(longest, 'a', 64);
	longest[64] = '\0';
	assert_int_equal(value_ident(longest, &why), ERR_RANGE);
	longest[63] = '\0';
	assert_int_equal(value_ident(longest, &why), OK);
	buf_fini(&why);
}

static void
distances(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned distance;
	} table[] = {
	    {"listen", "listen", 0},
	    {"lisen", "listen", 1},
	    {"lsiten", "listen", 1},
	    {"listten", "listen", 1},
	    {"lixten", "listen", 1},
	    {"", "abc", 3},
	    {"pool", "loop", 2},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		assert_int_equal(
		    suggest_distance(table[i].a, table[i].b), table[i].distance);
		assert_int_equal(
		    suggest_distance(table[i].b, table[i].a), table[i].distance);
	}
	assert_true(suggest_is_near("lisen", 2));
	assert_false(suggest_is_near("listening", 3));
	assert_false(suggest_is_near("ttl", 2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(durations),
	    cmocka_unit_test(ttls),
	    cmocka_unit_test(bools),
	    cmocka_unit_test(matches),
	    cmocka_unit_test(match_details),
	    cmocka_unit_test(statuses),
	    cmocka_unit_test(identifiers),
	    cmocka_unit_test(distances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
