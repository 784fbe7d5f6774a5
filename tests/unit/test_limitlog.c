/* SPDX-License-Identifier: BSD-2-Clause */
/* What the log is told of rate limiting, in a time of its own. */
#include "unit.h"

#include "serve/limitlog.h"

static void
the_log_hears_of_begin_and_end(void **state)
{
	static const struct {
		int64_t ms;
		unsigned slipped, dropped; /* so far */
		enum limitlog_event event;
		unsigned of_slipped, of_dropped;
	} table[] = {
	    {0, 0, 0, LIMITLOG_NOTHING, 0, 0},
	    {1000, 1, 2, LIMITLOG_BEGINS, 0, 0},
	    {2000, 2, 3, LIMITLOG_NOTHING, 0, 0},
	    {11000, 2, 3, LIMITLOG_NOTHING, 0, 0},
	    {11999, 2, 3, LIMITLOG_NOTHING, 0, 0},
	    {12000, 2, 3, LIMITLOG_ENDS, 2, 3},
	    /* again at once: told of when ten seconds are over, and counted in full */
	    {13000, 4, 8, LIMITLOG_NOTHING, 0, 0},
	    {21999, 4, 8, LIMITLOG_NOTHING, 0, 0},
	    {22000, 4, 8, LIMITLOG_BEGINS, 0, 0},
	    {31999, 4, 8, LIMITLOG_NOTHING, 0, 0},
	    {32000, 4, 8, LIMITLOG_ENDS, 2, 5},
	    {60000, 4, 8, LIMITLOG_NOTHING, 0, 0},
	    {61000, 5, 8, LIMITLOG_BEGINS, 0, 0},
	    /* it goes on for long */
	    {90000, 9, 9, LIMITLOG_NOTHING, 0, 0},
	    {99000, 9, 10, LIMITLOG_NOTHING, 0, 0},
	    {108999, 9, 10, LIMITLOG_NOTHING, 0, 0},
	    {109000, 9, 10, LIMITLOG_ENDS, 5, 2},
	};
	struct limitlog l = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		uint64_t sums[COUNT_COUNTERS] = {
		    [COUNT_RATE_SLIPPED] = table[i].slipped,
		    [COUNT_RATE_DROPPED] = table[i].dropped,
		    [COUNT_RATE_LIMITED] = table[i].slipped + table[i].dropped,
		};
		struct limitlog_news news =
		    limitlog_step(&l, sums, (struct mono){1000000 + table[i].ms});

		assert_int_equal(news.event, table[i].event);
		assert_int_equal(news.slipped, table[i].of_slipped);
		assert_int_equal(news.dropped, table[i].of_dropped);
		assert_int_equal(news.limited, news.slipped + news.dropped);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_log_hears_of_begin_and_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
