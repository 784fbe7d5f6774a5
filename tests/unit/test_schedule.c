/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "health/schedule.h"

static uint64_t
draw(uint64_t *x)
{
	*x = *x * 6364136223846793005u + 1442695040888963407u;
	return *x >> 33;
}

/* Puts, moves and removes at random; what comes out is sorted and complete. */
static void
test_order(void **state)
{
	enum { N = 200 };
	struct schedule_item items[N] = {0};
	struct schedule s = {0};
	struct schedule_item *first;
	uint64_t x = 7;
	size_t in = 0, out = 0;
	int64_t last = -1;

	(void)state;
	assert_null(schedule_first(&s));
	for (unsigned i = 0; i < 5000; i++) {
		struct schedule_item *item = &items[draw(&x) % N];

		if (draw(&x) % 3 == 0)
			schedule_remove(&s, item);
		else
			schedule_put(&s, item, (int64_t)(draw(&x) % 1000));
	}
	for (size_t i = 0; i < N; i++)
		in += items[i].place != 0;
	assert_in_range(in, N / 3, N);
	while ((first = schedule_first(&s)) != NULL) {
		assert_true(first->due_ms >= last);
		last = first->due_ms;
		schedule_remove(&s, first);
		assert_int_equal(first->place, 0);
		out++;
	}
	assert_int_equal(in, out);
	schedule_fini(&s);
}

static void
test_gap(void **state)
{
	static const struct {
		int64_t interval_ms;
		bool spread;
		int64_t from, to;
	} rows[] = {
	    {5000, false, 4500, 5500},
	    {50, false, 45, 55},
	    {5000, true, 1, 5000},
	    {50, true, 1, 50},
	    {1, false, 1, 1},
	};
	uint64_t x = 1;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t least = INT64_MAX, most = 0;

		for (unsigned k = 0; k < 20000; k++) {
			int64_t gap = schedule_gap_ms(
			    rows[i].interval_ms, rows[i].spread, draw(&x));

			assert_true(gap >= rows[i].from && gap <= rows[i].to);
			least = gap < least ? gap : least;
			most = gap > most ? gap : most;
		}
		/* and the whole range is used */
		assert_true(least - rows[i].from <= rows[i].interval_ms / 50);
		assert_true(rows[i].to - most <= rows[i].interval_ms / 50);
	}
}

static void
test_rate(void **state)
{
	struct schedule_rate r;
	unsigned taken = 0;

	(void)state;
	schedule_rate_init(&r, 2000, 20, 1000);
	while (schedule_rate_take(&r, 1000))
		taken++;
	assert_int_equal(taken, 20);
	assert_int_equal(schedule_rate_wait_ms(&r, 1000), 1);
	for (int64_t now = 1001; now <= 2000; now++)
		while (schedule_rate_take(&r, now))
			taken++;
	assert_int_equal(taken, 2020);
	/* a pause earns no more than the burst, a clock that stands still nothing */
	taken = 0;
	while (schedule_rate_take(&r, INT64_MAX))
		taken++;
	assert_int_equal(taken, 20);
	assert_false(schedule_rate_take(&r, INT64_MAX));

	schedule_rate_init(&r, 2, 1, 0);
	assert_true(schedule_rate_take(&r, 0));
	assert_int_equal(schedule_rate_wait_ms(&r, 0), 500);
	assert_int_equal(schedule_rate_wait_ms(&r, 499), 1);
	assert_false(schedule_rate_take(&r, 499));
	assert_true(schedule_rate_take(&r, 500));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_gap),
	    cmocka_unit_test(test_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
