/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/backoff.h"
#include "store/fault.h"

enum { NODES = 100, SECOND = 1000, SLOTS = 60 };

/* Every pause within its limits, and all of them used. */
static void
test_limits(void **state)
{
	static const struct {
		unsigned tries;
		int64_t most;
	} table[] = {{0, 100}, {1, 200}, {2, 400}, {3, 800}, {4, 1600}, {5, 3200},
	    {6, 5000}, {7, 5000}, {1000000, 5000}, {UINT32_MAX, 5000}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(backoff_ms(table[i].tries, 5000, 0), 10);
		assert_int_equal(
		    backoff_ms(table[i].tries, 5000, UINT32_MAX), table[i].most);
		assert_in_range(backoff_ms(table[i].tries, 5000, UINT32_MAX / 2),
		    table[i].most / 2, table[i].most / 2 + 10);
	}
	assert_int_equal(backoff_ms(9, 1000, UINT32_MAX), 1000);
	/* what ends by itself is tried again soon */
	assert_int_equal(fault_pause_max_ms(FAULT_LOADING), 1000);
	assert_int_equal(fault_pause_max_ms(FAULT_MASTER_DOWN), 1000);
	assert_int_equal(fault_pause_max_ms(FAULT_UNREACHABLE), 5000);
	assert_int_equal(fault_pause_max_ms(FAULT_DENIED), 5000);
}

static int
compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
show(const char *what, const unsigned slots[SLOTS])
{
	print_message("%s, tries of %d nodes per 100 ms:\n   ", what, NODES);
	for (size_t i = 0; i < SLOTS; i++)
		print_message(" %u", slots[i]);
	print_message("\n");
}

/*
 * A hundred nodes lose their server at one moment. It comes back after 30 s: when does
 * each of them reach it? And were the tries before that spread as well?
 */
static void
test_crowd(void **state)
{
	unsigned before[SLOTS] = {0}, after[SLOTS] = {0};
	int64_t reached[NODES];
	unsigned most = 0;

	(void)state;
	for (size_t n = 0; n < NODES; n++) {
		int64_t at = 0;

		for (unsigned tries = 0; at < 30 * SECOND; tries++) {
			at += backoff_ms(tries, 5000, backoff_dice());
			if (at >= 20 * SECOND && at < 26 * SECOND)
				before[(at - 20 * SECOND) / 100]++;
		}
		reached[n] = at - 30 * SECOND;
		assert_in_range(reached[n], 0, 5000);
		after[reached[n] / 100]++;
	}
	show("while it is gone", before);
	show("when it is back", after);
	qsort(reached, NODES, sizeof(reached[0]), compare);
	print_message("    half of them within %lld ms, nine of ten within %lld ms, all "
	              "within %lld ms\n",
	    (long long)reached[NODES / 2], (long long)reached[NODES * 9 / 10],
	    (long long)reached[NODES - 1]);
	/* nodes in step would put 100 into one; of 100 spread ones, about 4 */
	for (size_t i = 0; i < SLOTS; i++) {
		most = before[i] > most ? before[i] : most;
		most = after[i] > most ? after[i] : most;
	}
	assert_in_range(most, 1, 20);
	assert_true(reached[NODES * 9 / 10] - reached[NODES / 10] > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_crowd),
	};

	return cmocka_run_group_tests_name("backoff", tests, NULL, NULL);
}
