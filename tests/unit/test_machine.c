/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "health/machine.h"

static char
letter(enum health_state s)
{
	return "?UsDr"[s];
}

static enum health_outcome
outcome(char c)
{
	return c == 'S'   ? OUTCOME_SUCCESS
	       : c == 'F' ? OUTCOME_FAILURE
	                  : OUTCOME_INCONCLUSIVE;
}

/* S success, F failure, I inconclusive; below each the state that follows. */
static const struct {
	uint32_t fall, rise;
	const char *events;
	const char *states;
} stories[] = {
    {3, 2, "S", "U"},
    {3, 2, "FFF", "??D"},
    {3, 2, "FFS", "??U"},
    {3, 2, "SFFF", "UssD"},
    {3, 2, "SFFSFFF", "UssUssD"},
    {3, 2, "FFFSS", "??DrU"},
    {3, 2, "FFFSFSS", "??DrDrU"},
    {3, 2, "FFFFFSS", "??DDDrU"},
    {3, 2, "FFFSSF", "??DrUs"},
    {1, 1, "FSFS", "DUDU"},
    {1, 3, "SFSSS", "UDrrU"},
    {2, 1, "FFS", "?DU"},
    {3, 2, "III", "???"},
    {3, 2, "FIFIF", "????D"},
    {3, 2, "SIFIFIFI", "UUssssDD"},
    {3, 2, "FFFISIS", "??DDrrU"},
};

static void
test_stories(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(stories); i++) {
		struct machine_limits limits = {stories[i].fall, stories[i].rise};
		struct machine m = {0};

		for (size_t k = 0; stories[i].events[k] != '\0'; k++) {
			enum health_state old = m.state;
			bool changed =
			    machine_feed(&m, outcome(stories[i].events[k]), &limits);

			if (letter(m.state) != stories[i].states[k])
				fail_msg("%s, event %zu: %c instead of %c",
				    stories[i].events, k, letter(m.state),
				    stories[i].states[k]);
			assert_int_equal(changed, m.state != old);
		}
	}
}

/* The state by looking at the whole history, without counters (and without the leak). */
static char
judge(const char *events, size_t count, uint32_t fall, uint32_t rise)
{
	char state = '?';

	for (size_t end = 1; end <= count; end++) {
		uint32_t row = 0;

		if (events[end - 1] == 'I')
			continue;
		for (size_t k = end; k > 0; k--) {
			if (events[k - 1] == 'I')
				continue;
			if (events[k - 1] != events[end - 1])
				break;
			row++;
		}
		if (events[end - 1] == 'S')
			state = (state == 'D' || state == 'r') && row < rise ? 'r' : 'U';
		else if (state == 'D' || state == 'r' || row >= fall)
			state = 'D';
		else
			state = state == '?' ? '?' : 's';
	}
	return state;
}

static void
test_every_history(void **state)
{
	enum { LEN = 7 }; /* too short for the leak: at most 5 failures without a fall */
	char events[LEN + 1] = {0};

	(void)state;
	for (uint32_t fall = 1; fall <= 3; fall++)
		for (uint32_t rise = 1; rise <= 3; rise++)
			for (unsigned n = 0; n < 2187; n++) {
				struct machine_limits limits = {fall, rise};
				struct machine m = {0};
				unsigned rest = n;

				for (size_t k = 0; k < LEN; k++, rest /= 3) {
					events[k] = "SFI"[rest % 3];
					machine_feed(&m, outcome(events[k]), &limits);
					assert_int_equal(letter(m.state),
					    judge(events, k + 1, fall, rise));
				}
			}
}

/* Feeds the pattern again and again; how many failures until it is down, 0: never. */
static unsigned
failures_until_down(struct machine *m, const char *pattern, uint32_t fall)
{
	struct machine_limits limits = {fall, 2};
	unsigned failures = 0;

	for (unsigned round = 0; round < 100; round++)
		for (const char *c = pattern; *c != '\0'; c++) {
			failures += *c == 'F';
			machine_feed(m, outcome(*c), &limits);
			if (m->state == HEALTH_DOWN)
				return failures;
		}
	return 0;
}

static void
test_leak(void **state)
{
	struct machine m = {.state = HEALTH_UP};
	struct machine_limits limits = {3, 2};

	(void)state;
	/* one in three: 10 - 2 - 2 a round, so 60 is reached by the tenth failure */
	assert_int_equal(failures_until_down(&m, "FSS", 3), 10);
	assert_int_equal(m.leak, 30); /* halved */
	/* down already: failures are not counted twice, successes are */
	machine_feed(&m, OUTCOME_FAILURE, &limits);
	assert_int_equal(m.leak, 30);
	machine_feed(&m, OUTCOME_SUCCESS, &limits);
	machine_feed(&m, OUTCOME_SUCCESS, &limits);
	assert_int_equal(m.state, HEALTH_UP);
	assert_int_equal(m.leak, 26);
	/* it remembers: next time it takes less */
	assert_int_equal(failures_until_down(&m, "FSS", 3), 5);

	m = (struct machine){.state = HEALTH_UP};
	assert_int_equal(
	    failures_until_down(&m, "FSSSSS", 3), 0); /* one in six is let pass */
	m = (struct machine){.state = HEALTH_UP};
	assert_int_equal(failures_until_down(&m, "FFS", 3), 7); /* 18 a round */
	m = (struct machine){.state = HEALTH_UP};
	assert_int_equal(failures_until_down(&m, "F", 10), 6); /* before fall */
	/* while unknown, fall alone decides, and the counter does not overflow its limit
	 */
	m = (struct machine){0};
	assert_int_equal(failures_until_down(&m, "F", 20), 20);
	assert_int_equal(m.leak, 30);
	/* a success never brings down */
	m = (struct machine){.state = HEALTH_UP, .leak = 60};
	machine_feed(&m, OUTCOME_SUCCESS, &limits);
	assert_int_equal(m.state, HEALTH_UP);
}

static void
test_words(void **state)
{
	static const struct {
		enum health_state s;
		const char *text;
		bool healthy;
		bool confirming;
	} rows[] = {
	    {HEALTH_UNKNOWN, "unknown", true, false},
	    {HEALTH_UP, "up", true, false},
	    {HEALTH_SUSPECT, "suspect", true, true},
	    {HEALTH_DOWN, "down", false, false},
	    {HEALTH_RECOVERING, "recovering", false, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct machine m = {.state = rows[i].s};

		assert_string_equal(health_state_text(rows[i].s), rows[i].text);
		assert_int_equal(health_is_healthy(rows[i].s), rows[i].healthy);
		assert_int_equal(machine_is_confirming(&m), rows[i].confirming);
	}
	assert_true(machine_is_confirming(
	    &(struct machine){.state = HEALTH_UNKNOWN, .failures = 1}));
}

static void
test_pending(void **state)
{
	static const struct {
		struct machine m;
		int64_t next_ms;
		uint32_t needed;
		int64_t pending_ms;
	} rows[] = {
	    /* fall 3, rise 2, confirm 500 */
	    {{.state = HEALTH_UP}, 4000, 0, 0},
	    {{.state = HEALTH_UP, .leak = 55}, 4000, 0, 0},
	    {{.state = HEALTH_DOWN, .failures = 9}, 4000, 0, 0},
	    {{.state = HEALTH_UNKNOWN}, 100, 3, 1100},
	    {{.state = HEALTH_UNKNOWN, .failures = 2}, 100, 1, 100},
	    {{.state = HEALTH_SUSPECT, .failures = 1}, 300, 2, 800},
	    {{.state = HEALTH_SUSPECT, .failures = 2}, 300, 1, 300},
	    {{.state = HEALTH_SUSPECT, .failures = 2}, 0, 1, 1},
	    {{.state = HEALTH_SUSPECT, .failures = 1}, -20, 2, 500},
	    {{.state = HEALTH_SUSPECT, .failures = 1, .leak = 50}, 300, 1, 300},
	    {{.state = HEALTH_SUSPECT, .failures = 1, .leak = 49}, 300, 2, 800},
	    {{.state = HEALTH_RECOVERING, .successes = 1}, 250, 1, 250},
	};
	struct machine_limits limits = {3, 2};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(machine_needed(&rows[i].m, &limits), rows[i].needed);
		assert_int_equal(
		    machine_pending_ms(&rows[i].m, &limits, rows[i].next_ms, 500),
		    rows[i].pending_ms);
	}
}

/* needed says the truth: so many change what is served, one less does not. */
static void
test_needed_is_exact(void **state)
{
	(void)state;
	for (uint32_t failures = 1; failures < 5; failures++)
		for (uint32_t leak = 10; leak < 60; leak += 2) {
			struct machine_limits limits = {5, 2};
			struct machine m = {
			    .state = HEALTH_SUSPECT, .failures = failures, .leak = leak};
			uint32_t needed = machine_needed(&m, &limits);

			for (uint32_t k = 1; k <= needed; k++) {
				machine_feed(&m, OUTCOME_FAILURE, &limits);
				assert_int_equal(health_is_healthy(m.state), k < needed);
			}
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_stories),
	    cmocka_unit_test(test_every_history),
	    cmocka_unit_test(test_leak),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_pending),
	    cmocka_unit_test(test_needed_is_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
