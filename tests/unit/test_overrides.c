/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdio.h>

#include "steer/overrides.h"

static struct overrides rules;
static struct buf gone;

static void
on_gone(void *ctx, const struct override_rule *r)
{
	(void)ctx;
	buf_printf(&gone, "%s%s", gone.len != 0 ? " " : "", r->pattern);
}

/* What went, then what stands: "GONE | drain a*, auto b". */
static const char *
told(void)
{
	static char text[512];
	struct buf b = {0};

	buf_printf(&b, "%s |", buf_text(&gone));
	for (size_t i = 0; i < rules.count; i++)
		buf_printf(&b, "%s %s %s", i != 0 ? "," : "",
		    override_text(rules.list[i].kind), rules.list[i].pattern);
	snprintf(text, sizeof(text), "%s", buf_text(&b));
	buf_fini(&b);
	buf_clear(&gone);
	return text;
}

static const char *
set_for(const char *kind, const char *pattern, struct mono until)
{
	struct override_rule r = {.pattern = (char *)(uintptr_t)pattern,
	    .who = (char *)"me",
	    .why = (char *)""};

	r.until = until;
	assert_int_equal(overrides_parse_kind(kind, &r.kind), OK);
	assert_int_equal(overrides_set(&rules, &r, on_gone, NULL, NULL), OK);
	return told();
}

static const char *
set(const char *kind, const char *pattern)
{
	return set_for(kind, pattern, (struct mono){0});
}

static const char *
found(const char *name)
{
	const struct override_rule *r = overrides_find(&rules, name);

	return r == NULL ? "-" : override_text(r->kind);
}

static int
clear(void **state)
{
	(void)state;
	overrides_fini(&rules);
	buf_fini(&gone);
	return 0;
}

static void
the_last_one_counts(void **state)
{
	(void)state;
	assert_string_equal(found("a/b/c"), "-");
	assert_string_equal(set("down", "a/*"), " | down a/*");
	assert_string_equal(found("a/b/c"), "down");
	assert_string_equal(found("b/b/c"), "-");
	assert_string_equal(set("up", "*/c"), " | down a/*, up */c");
	assert_string_equal(found("a/b/c"), "up");
	assert_string_equal(found("a/b/d"), "down");
	/* said again: it is the last now */
	assert_string_equal(set("drain", "a/*"), "a/* | up */c, drain a/*");
	assert_string_equal(found("a/b/c"), "drain");
	assert_string_equal(found("b/b/c"), "up");
	/* what a wider one covers is forgotten */
	assert_string_equal(set("down", "*"), "a/* */c | down *");
}

static void
what_is_taken_back(void **state)
{
	(void)state;
	/* nothing to stand against */
	assert_string_equal(set("auto", "a/*"), " |");
	assert_string_equal(set("down", "a/*"), " | down a/*");
	assert_string_equal(set("auto", "b/*"), " | down a/*");
	assert_string_equal(set("auto", "a/x"), " | down a/*, auto a/x");
	assert_string_equal(found("a/x"), "auto");
	assert_string_equal(found("a/y"), "down");
	/* with what it stood against it goes too */
	assert_string_equal(set("auto", "a/*"), "a/x a/* |");
	assert_string_equal(set("drain", "a/x"), " | drain a/x");
	assert_string_equal(set("auto", "a/*"), "a/x |");
}

static void
what_expires(void **state)
{
	struct mono now = {1000};

	(void)state;
	assert_string_equal(set_for("down", "a/*", mono_add_ms(now, 500)), " | down a/*");
	assert_string_equal(set("drain", "b"), " | down a/*, drain b");
	assert_string_equal(set("auto", "a/x"), " | down a/*, drain b, auto a/x");
	assert_int_equal(overrides_expire(&rules, now, on_gone, NULL), 500);
	assert_int_equal(
	    overrides_expire(&rules, mono_add_ms(now, 499), on_gone, NULL), 1);
	assert_string_equal(told(), " | down a/*, drain b, auto a/x");
	assert_int_equal(
	    overrides_expire(&rules, mono_add_ms(now, 500), on_gone, NULL), -1);
	assert_string_equal(told(), "a/* a/x | drain b");
}

/* What lasts longer stands again when what was said for a while is over. */
static void
what_is_said_for_a_while(void **state)
{
	struct mono now = {1000}, soon = mono_add_ms(now, 500);

	(void)state;
	assert_string_equal(set("drain", "a/x"), " | drain a/x");
	assert_string_equal(set_for("up", "a/y", now), " | drain a/x, up a/y");
	assert_string_equal(set_for("down", "a/*", soon), "a/y | drain a/x, down a/*");
	assert_string_equal(found("a/x"), "down");
	assert_int_equal(overrides_expire(&rules, soon, on_gone, NULL), -1);
	assert_string_equal(told(), "a/* | drain a/x");
	/* of one pattern the last alone is there */
	assert_string_equal(set_for("down", "a/x", soon), "a/x | down a/x");
	assert_string_equal(set("drain", "*"), "a/x | drain *");
}

static void
too_many(void **state)
{
	struct override_rule r = {
	    .kind = OVERRIDE_DOWN, .who = (char *)"me", .why = (char *)""};
	char pattern[16];

	(void)state;
	r.pattern = pattern;
	for (unsigned i = 0; i < OVERRIDES_MAX; i++) {
		snprintf(pattern, sizeof(pattern), "%u", i);
		assert_int_equal(overrides_set(&rules, &r, on_gone, NULL, NULL), OK);
	}
	snprintf(pattern, sizeof(pattern), "x");
	assert_int_equal(overrides_set(&rules, &r, on_gone, NULL, NULL), ERR_SPACE);
	/* in place of others there is room */
	snprintf(pattern, sizeof(pattern), "*");
	assert_int_equal(overrides_set(&rules, &r, on_gone, NULL, NULL), OK);
	assert_int_equal(rules.count, 1);
}

static void
kept_over_restarts(void **state)
{
	static const char *const bad[] = {"", "down", "down 1 2 3 me",
	    "down x 2 3 me why", "down 0 2 3 me why", "sideways 1 2 3 me why",
	    "down 1 -2 3 me why", "down 1 2 3 me why more", "down 1 2 3 me \"why",
	    "down 9223372036854775807 2 3 me why", "down 1 2 9223372036854775807 me why",
	    "down 1 253402300800 0 me why"};
	struct override_rule r = {.kind = OVERRIDE_DRAIN,
	    .pattern = (char *)"a/*",
	    .who = (char *)"uid 1004",
	    .why = (char *)"a \"new\"\nkernel",
	    .since_s = 1000,
	    .until_s = 1600};
	struct mono now = {50000};
	struct buf line = {0};
	const struct override_rule *set_one;

	(void)state;
	assert_int_equal(overrides_set(&rules, &r, on_gone, NULL, &set_one), OK);
	overrides_write(set_one, &line);
	overrides_fini(&rules);
	/* out of order, and the clock 100 s later */
	assert_int_equal(
	    overrides_restore(&rules, "b", "up 7 1000 0 me \"\"", 1100, now), OK);
	assert_int_equal(
	    overrides_restore(&rules, "a/*", buf_text(&line), 1100, now), OK);
	assert_string_equal(told(), " | drain a/*, up b");
	assert_string_equal(rules.list[0].who, "uid 1004");
	assert_string_equal(rules.list[0].why, "a \"new\"\nkernel");
	assert_int_equal(rules.list[0].until_s, 1600);
	assert_int_equal(mono_diff_ms(rules.list[0].until, now), 500000);
	assert_true(mono_is_never(rules.list[1].until));
	assert_int_equal(rules.last_number, 7);
	overrides_fini(&rules);
	/* a clock that went back makes it last no longer than it was to */
	assert_int_equal(overrides_restore(&rules, "a/*", buf_text(&line), 10, now), OK);
	assert_int_equal(mono_diff_ms(rules.list[0].until, now), 600000);
	overrides_fini(&rules);
	/* over */
	assert_int_equal(
	    overrides_restore(&rules, "a/*", buf_text(&line), 5000, now), OK);
	assert_int_equal(overrides_expire(&rules, now, on_gone, NULL), -1);
	assert_string_equal(told(), "a/* |");
	for (size_t i = 0; i < COUNT(bad); i++)
		if (overrides_restore(&rules, "a", bad[i], 10, now) != ERR_SYNTAX)
			fail_msg("\"%s\" is taken", bad[i]);
	assert_int_equal(rules.count, 0);
	buf_fini(&line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(the_last_one_counts, clear),
	    cmocka_unit_test_teardown(what_is_taken_back, clear),
	    cmocka_unit_test_teardown(what_expires, clear),
	    cmocka_unit_test_teardown(what_is_said_for_a_while, clear),
	    cmocka_unit_test_teardown(too_many, clear),
	    cmocka_unit_test_teardown(kept_over_restarts, clear),
	};

	return cmocka_run_group_tests_name("overrides", tests, NULL, NULL);
}
