/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "base/buf.h"
#include "base/mem.h"
#include "health/votes.h"
#include "store/ballots.h"

enum { NODES = 5, FRESH_FOR = 60000 };

/* Every combination of votes of up to five nodes: none, up or down each. */
static void
test_all_votes(void **state)
{
	unsigned seen[3] = {0};

	(void)state;
	for (unsigned nodes = 0, all = 1; nodes <= NODES; nodes++, all *= 3) {
		for (unsigned code = 0; code < all; code++) {
			unsigned cast[3] = {0};
			enum fleet_word word, want = FLEET_UP;

			for (unsigned n = 0, rest = code; n < nodes; n++, rest /= 3)
				cast[rest % 3]++;
			word = votes_count(cast[VOTE_UP], cast[VOTE_DOWN]);
			/* said again in other words: two, and more than those against */
			if (cast[VOTE_NONE] == nodes)
				want = FLEET_SILENT;
			else if (cast[VOTE_DOWN] >= 2 &&
			         2 * cast[VOTE_DOWN] > nodes - cast[VOTE_NONE])
				want = FLEET_DOWN;
			assert_int_equal(word, want);
			seen[word]++;
		}
	}
	assert_true(seen[FLEET_SILENT] == NODES + 1 && seen[FLEET_UP] > 100 &&
	            seen[FLEET_DOWN] > 50);
}

/* The same by hand, for people. */
static void
test_table(void **state)
{
	static const struct {
		unsigned up, down;
		enum fleet_word word;
	} table[] = {
	    {0, 0, FLEET_SILENT},
	    {0, 1, FLEET_UP}, /* one alone removes nothing */
	    {1, 0, FLEET_UP},
	    {1, 1, FLEET_UP},
	    {0, 2, FLEET_DOWN},
	    {1, 2, FLEET_DOWN},
	    {2, 1, FLEET_UP},
	    {2, 2, FLEET_UP}, /* a half is no majority */
	    {2, 3, FLEET_DOWN},
	    {3, 2, FLEET_UP},
	    {0, 5, FLEET_DOWN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(votes_count(table[i].up, table[i].down), table[i].word);
}

static void
test_effect(void **state)
{
	static const struct {
		enum health_state measured;
		enum vote vote;
		enum health_state silent, up, down;
	} table[] = {
	    {HEALTH_UNKNOWN, VOTE_NONE, HEALTH_UNKNOWN, HEALTH_UNKNOWN, HEALTH_DOWN},
	    {HEALTH_UP, VOTE_UP, HEALTH_UP, HEALTH_UP, HEALTH_DOWN},
	    {HEALTH_SUSPECT, VOTE_UP, HEALTH_SUSPECT, HEALTH_SUSPECT, HEALTH_DOWN},
	    {HEALTH_DOWN, VOTE_DOWN, HEALTH_DOWN, HEALTH_SUSPECT, HEALTH_DOWN},
	    {HEALTH_RECOVERING, VOTE_DOWN, HEALTH_RECOVERING, HEALTH_SUSPECT,
	        HEALTH_DOWN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		enum health_state m = table[i].measured;

		assert_int_equal(vote_of(m), table[i].vote);
		assert_int_equal(votes_effective(m, FLEET_SILENT), table[i].silent);
		assert_int_equal(votes_effective(m, FLEET_UP), table[i].up);
		assert_int_equal(votes_effective(m, FLEET_DOWN), table[i].down);
	}
}

static struct mono
at(int64_t ms)
{
	return (struct mono){1000000 + ms};
}

/* The phases of contact, as a story. */
static void
test_contact(void **state)
{
	static const struct {
		int64_t ms;
		int set; /* -1: no news; 0 lost, 1 heard, 2 switched off */
		enum fleet_phase phase;
		bool stands;
	} story[] = {
	    {0, -1, FLEET_OFF, false},
	    {0, 0, FLEET_ALONE, false}, /* never heard: nothing to stand */
	    {1000, 1, FLEET_SETTLING, false},
	    {1000 + VOTES_FRESH_MS - 1, 1, FLEET_SETTLING, false},
	    {1000 + VOTES_FRESH_MS, 1, FLEET_FOLLOWED, false},
	    {20000, 0, FLEET_STANDING, true},
	    {20000 + FRESH_FOR - 1, 0, FLEET_STANDING, true},
	    {20000 + FRESH_FOR, -1, FLEET_ALONE, false},
	    {100000, 1, FLEET_SETTLING, false},
	    {100000 + VOTES_FRESH_MS, 1, FLEET_FOLLOWED, false},
	    {110000, 0, FLEET_STANDING, true},
	    /* heard for a moment now and then: that makes the old word no younger */
	    {120000, 1, FLEET_SETTLING, true},
	    {121000, 0, FLEET_STANDING, true},
	    {150000, 1, FLEET_SETTLING, true},
	    {151000, 0, FLEET_STANDING, true},
	    {110000 + FRESH_FOR, -1, FLEET_ALONE, false},
	    {180000, 1, FLEET_SETTLING, false},
	    {181000, 2, FLEET_OFF, false},
	};
	struct fleet_contact c = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(story) / sizeof(story[0]); i++) {
		struct mono now = at(story[i].ms);

		if (story[i].set >= 0)
			fleet_contact_set(
			    &c, story[i].set != 2, story[i].set == 1, FRESH_FOR, now);
		assert_int_equal(fleet_contact_phase(&c, FRESH_FOR, now), story[i].phase);
		if (story[i].phase != FLEET_FOLLOWED)
			assert_int_equal(
			    fleet_contact_stands(&c, FRESH_FOR, now), story[i].stands);
	}
}

/* Votes of several nodes become one row for each target; what is no vote is none. */
static void
test_sum(void **state)
{
	static const char *const votes[][2] = {{"web 192.0.2.2", "up"},
	    {"web 192.0.2.1", "down connect-refused"}, {"!node", "1234"},
	    {"web 192.0.2.1", "up"}, {"web 192.0.2.1", "down"},
	    {"web 192.0.2.1", "downy"}, {"web 192.0.2.3", "UP"}, {"web 192.0.2.1", ""},
	    {"web 192.0.2.1", "up "}};
	struct quorum_tally *t = mem_new(sizeof(*t));
	const struct quorum_row *row;

	(void)state;
	assert_null(quorum_tally_find(t, "web 192.0.2.1"));
	ballots_sum(t);
	for (size_t i = 0; i < sizeof(votes) / sizeof(votes[0]); i++)
		ballots_take(t, votes[i][0], votes[i][1]);
	ballots_sum(t);
	assert_int_equal(t->count, 2);
	row = quorum_tally_find(t, "web 192.0.2.1");
	assert_non_null(row);
	assert_int_equal(row->up, 1);
	assert_int_equal(row->down, 2);
	row = quorum_tally_find(t, "web 192.0.2.2");
	assert_non_null(row);
	assert_true(row->up == 1 && row->down == 0);
	assert_null(quorum_tally_find(t, "web 192.0.2.3"));
	quorum_tally_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all_votes),
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_effect),
	    cmocka_unit_test(test_contact),
	    cmocka_unit_test(test_sum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
