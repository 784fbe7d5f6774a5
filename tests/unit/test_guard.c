/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdlib.h>

#include "store/guard.h"

enum { HOUR_MS = 3600 * 1000 };

static void
test_zone(void **state)
{
	static const struct {
		struct guard_zone z;
		enum guard_verdict v;
	} cases[] = {
	    /* names, going, peak, apex goes, has a file */
	    {{0, 0, 0, false, false}, GUARD_PASS},
	    {{1, 0, 100, false, false}, GUARD_PASS},
	    {{1, 1, 1, false, false}, GUARD_LAST},
	    {{2, 2, 2, false, false}, GUARD_LAST},
	    {{2, 2, 2, false, true}, GUARD_PASS},
	    {{3, 3, 3, false, true}, GUARD_NAMES},
	    {{3, 1, 3, false, false}, GUARD_PASS},
	    {{3, 2, 3, false, false}, GUARD_PASS},
	    {{4, 3, 4, false, false}, GUARD_NAMES},
	    {{10, 2, 10, false, false}, GUARD_PASS},
	    {{10, 3, 10, false, false}, GUARD_NAMES},
	    {{15, 3, 15, false, false}, GUARD_PASS},
	    {{15, 4, 15, false, false}, GUARD_NAMES},
	    {{100, 20, 100, false, false}, GUARD_PASS},
	    {{100, 21, 100, false, false}, GUARD_NAMES},
	    {{80, 1, 100, false, false}, GUARD_NAMES},
	    {{81, 1, 100, false, false}, GUARD_PASS},
	    {{100, 1, 100, true, false}, GUARD_APEX},
	    {{100, 0, 100, true, true}, GUARD_APEX},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (guard_zone(&cases[i].z) != cases[i].v)
			fail_msg("case %zu: %d", i, (int)guard_zone(&cases[i].z));
}

static void
test_endpoints(void **state)
{
	static const struct {
		size_t present, going, peak;
		enum guard_verdict v;
	} cases[] = {
	    {0, 0, 0, GUARD_PASS},
	    {3, 2, 3, GUARD_PASS}, /* few */
	    {10, 3, 10, GUARD_PASS},
	    {10, 4, 10, GUARD_ENDPOINTS},
	    {7, 0, 10, GUARD_PASS},
	    {7, 1, 10, GUARD_ENDPOINTS},
	    {100, 30, 100, GUARD_PASS},
	    {100, 31, 100, GUARD_ENDPOINTS},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (guard_endpoints(cases[i].present, cases[i].going, cases[i].peak) !=
		    cases[i].v)
			fail_msg("case %zu", i);
}

/* The largest size of the last 24 hours: never less, and at most three hours more. */
static void
test_peak(void **state)
{
	struct guard_peak p = {0}, q = {0};
	struct mono now = {(int64_t)1000 * HOUR_MS};
	struct buf text = {0};

	(void)state;
	guard_peak_note(&p, 100, now);
	guard_peak_note(&p, 50, now);
	assert_int_equal(guard_peak_get(&p, now), 100);
	now.ms += 3 * HOUR_MS;
	guard_peak_reset(&p, 50, now);
	assert_int_equal(guard_peak_get(&p, now), 50);
	guard_peak_note(&p, 70, now);
	now.ms += 3 * HOUR_MS;
	guard_peak_write(&p, &text);
	/* read at once; a day and a half later; and by a clock that went back */
	assert_true(guard_peak_read(&q, buf_text(&text), 0, now));
	assert_int_equal(guard_peak_get(&q, now), 70);
	q = (struct guard_peak){0};
	assert_true(guard_peak_read(&q, buf_text(&text), 36 * HOUR_MS, now));
	assert_int_equal(guard_peak_get(&q, now), 0);
	assert_true(guard_peak_read(&q, buf_text(&text), -36 * HOUR_MS, now));
	assert_int_equal(guard_peak_get(&q, now), 70);
	assert_false(guard_peak_read(&q, "1 2 3", 0, now));
	assert_false(guard_peak_read(&q, "", 0, now));
	buf_fini(&text);
}

/* Random sizes at random times, against a list of all of them. */
static void
test_peak_at_random(void **state)
{
	static struct {
		int64_t ms;
		size_t size;
	} all[2000];
	struct guard_peak p = {0};
	struct mono now = {(int64_t)1000 * HOUR_MS};

	(void)state;
	srand(1);
	for (size_t i = 0; i < COUNT(all); i++) {
		size_t day = 0, longer = 0, got;

		now.ms += rand() % (2 * HOUR_MS);
		all[i].ms = now.ms;
		all[i].size = (size_t)(rand() % 1000);
		guard_peak_note(&p, all[i].size, now);
		got = guard_peak_get(&p, now);
		for (size_t n = 0; n <= i; n++) {
			int64_t age = now.ms - all[n].ms;

			if (age <= 24 * HOUR_MS && all[n].size > day)
				day = all[n].size;
		}
		/* a size stands until the next is noted, so the one before a slot counts
		 */
		for (size_t n = 0; n <= i; n++)
			if (now.ms - all[n].ms <= 32 * HOUR_MS && all[n].size > longer)
				longer = all[n].size;
		if (got < day || got > longer)
			fail_msg("%zu: %zu not in %zu..%zu", i, got, day, longer);
	}
}

/* However it is taken away: what passes never leaves less than four fifths, or than all
 * but two, of what there was. */
static void
test_zone_at_random(void **state)
{
	(void)state;
	srand(2);
	for (unsigned round = 0; round < 200; round++) {
		size_t first = 1 + (size_t)(rand() % 300), held = 0;
		struct guard_zone z = {.names = first, .peak = first};

		for (unsigned i = 0; i < 400; i++) {
			size_t take = (size_t)(rand() % 4);

			if (held + take > z.names)
				continue;
			z.going = held + take;
			if (guard_zone(&z) == GUARD_PASS && take != 0)
				z.names -= take;
			else
				held += take;
		}
		if (z.names == 0 || (z.names + GUARD_FEW < first &&
		                        z.names * 100 < first * GUARD_LEFT_PERCENT))
			fail_msg("%zu of %zu are left", z.names, first);
	}
}

static void
test_window(void **state)
{
	struct guard_window w = {0};
	struct mono now = {5000};
	unsigned told = 0;

	(void)state;
	guard_window_open(&w, 20, now);
	for (unsigned i = 0; i < 20; i++) {
		now.ms += 100;
		guard_window_open(&w, 20, now);
		if (guard_window_note(&w)) {
			assert_int_equal(i, 10);
			told++;
		}
	}
	assert_int_equal(told, 1);
	/* over a minute it is not many */
	now.ms += GUARD_WINDOW_MS;
	for (unsigned i = 0; i < 40; i++) {
		now.ms += GUARD_WINDOW_MS / 5;
		guard_window_open(&w, 20, now);
		assert_false(guard_window_note(&w));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_zone),
	    cmocka_unit_test(test_endpoints),
	    cmocka_unit_test(test_peak),
	    cmocka_unit_test(test_peak_at_random),
	    cmocka_unit_test(test_zone_at_random),
	    cmocka_unit_test(test_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
