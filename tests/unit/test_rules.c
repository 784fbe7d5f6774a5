/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules beside the state machine: held, mass failure, blindness, what is kept. */
#include "unit.h"

#include <stdio.h>

#include "base/mem.h"
#include "health/alarm.h"
#include "health/judge.h"
#include "health/kept.h"

enum { MINUTE = 60000 };

/* ---- held ---- */

static void
test_held(void **state)
{
	/* the moments of falls, each up again 5 s later, and for how long it is held */
	static const struct {
		int64_t falls_min[7];
		int64_t held_s[7];
	} rows[] = {
	    {{1}, {0}},
	    {{1, 5}, {0, 60}},
	    {{1, 5, 10, 15, 20}, {0, 60, 180, 420, 900}},
	    {{1, 5, 10, 15, 20, 25, 29}, {0, 60, 180, 420, 900, 900, 900}},
	    {{1, 31}, {0, 0}}, /* just over half an hour */
	    {{1, 30, 32}, {0, 60, 60}}, /* only the second one still counts */
	    {{1, 40, 80}, {0, 0, 0}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct held h = {0};

		for (size_t k = 0; k < 7 && rows[i].falls_min[k] != 0; k++) {
			int64_t at = rows[i].falls_min[k] * MINUTE;
			int64_t for_ms = rows[i].held_s[k] * 1000;

			held_fall(&h, at);
			assert_int_equal(h.until_ms, 0); /* down is not held */
			held_rise(&h, at + 5000);
			assert_int_equal(
			    h.until_ms, for_ms == 0 ? 0 : at + 5000 + for_ms);
			if (for_ms == 0)
				continue;
			assert_true(held_is_held(&h, at + 5000 + for_ms - 1));
			assert_false(held_is_held(&h, at + 5000 + for_ms));
		}
		held_clear(&h);
		held_fall(&h, HELD_WINDOW_MS);
		held_rise(&h, HELD_WINDOW_MS);
		assert_int_equal(h.until_ms, 0); /* what was is forgotten */
	}
	/* how long it is down does not make its falls fewer */
	struct held h = {0};

	held_fall(&h, 1 * MINUTE);
	held_rise(&h, 2 * MINUTE);
	held_fall(&h, 3 * MINUTE);
	held_rise(&h, 90 * MINUTE);
	assert_int_equal(h.until_ms, 91 * MINUTE);
	assert_int_equal(held_count(&h, 3 * MINUTE), 2);
}

/* ---- mass failure ---- */

enum { MEMBERS = 16 };

/*
 * Members in order, a letter each: the regions it is in ("ab" is written as "[ab]"); then
 * who falls, in order, 100 ms apart ('.' is a second of peace, '_' is one that fails but
 * does not fall); then which of those falls are put off.
 */
static const struct {
	const char *regions;
	const char *falls;
	const char *put_off;
} masses[] = {
    {"aabb", "0123", "...!"}, /* half of each region and four at last */
    {"aaaabbbb", "0145", "...!"},
    {"aaaabbbb", "0124", "...."}, /* of b a quarter */
    {"aaaabbbb", "012456", "....!!"},
    {"aaaaaaaa", "01234567", "........"}, /* the loss of one region is never delayed */
    {"aaaab", "01234", "....!"},
    {"aab", "012", "..."}, /* fewer than four */
    {"abcd", "0123", "...!"},
    {"aaaabbbb", "01...45",
        ".."
        ".."}, /* too long ago */
    {"aaaabbbb", "01.45", "...!"},
    /* the same four in two regions are one loss; and so is a region within another */
    {"[ab][ab][ab][ab]", "0123", "...."},
    {"[ab][ab][ab][ab]aa", "0123", "...."},
    {"[ab][ab][ab][ab]b", "01234", "....."},
    {"[ab][ab]aabb", "0124", "...!"},
    {"[ac][ac][bc][bc]", "0123", "...!"}, /* and c has them all */
    /* in no region: never counted for one */
    {"----aa", "01234", "....."},
    /* failing ones count before they fall */
    {"aabb", "_1_2_30", "!"},
    {"aaaabbbb", "_0_1_45", "!"},
};

static void
place(struct mass *m, struct mass_member *t, const char **regions)
{
	uint16_t list[MASS_MEMBER_REGIONS];
	size_t count = 0;

	if (**regions == '[') {
		for (++*regions; **regions != ']'; ++*regions)
			list[count++] = (uint16_t)(**regions - 'a');
	} else if (**regions != '-') {
		list[count++] = (uint16_t)(**regions - 'a');
	}
	++*regions;
	mass_place(m, t, list, count);
	mass_note(m, t, true, 0);
}

static void
test_mass(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(masses); i++) {
		static struct mass m;
		struct mass_member members[MEMBERS] = {0};
		const char *regions = masses[i].regions, *put_off = masses[i].put_off;
		int64_t now = 100000;
		size_t count = 0;

		m = (struct mass){0};
		while (*regions != '\0')
			place(&m, &members[count++], &regions);
		for (const char *c = masses[i].falls; *c != '\0'; c++) {
			struct mass_member *t;
			bool is_put_off;

			now += 100;
			if (*c == '.') {
				now += 900;
				continue;
			}
			if (*c == '_') {
				mass_note(&m, &members[*++c - '0'], true, MASS_ROW);
				continue;
			}
			t = &members[*c - '0'];
			is_put_off = mass_fall(&m, t, true, now);
			if (is_put_off != (*put_off++ == '!'))
				fail_msg("%s %s: fall of %c is %s", masses[i].regions,
				    masses[i].falls, *c,
				    is_put_off ? "put off" : "not put off");
			mass_note(&m, t, is_put_off, is_put_off ? MASS_ROW : 0);
		}
		for (size_t t = 0; t < count; t++)
			mass_leave(&m, &members[t]);
		assert_int_equal(m.failing_count + m.up_count + m.doubted_count, 0);
		assert_null(m.first);
	}
}

/* Who is doubted, in order; the one with whom all are asked. */
static const struct {
	const char *regions;
	const char *doubts;
	char asked; /* 0: nobody */
} doubts[] = {
    {"aabb", "02", '2'},
    {"aabb", "01", 0}, /* one region */
    {"aabb", "012", '2'},
    {"aaaaaaaabbbbbbbb", "08", '8'},
    {"a-b-", "02", '2'},
    {"[ab][ab]", "01", 0},
    {"[ab]ab", "01", 0},
};

static void
test_all_are_asked(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(doubts); i++) {
		static struct mass m;
		struct mass_member members[MEMBERS] = {0};
		const char *regions = doubts[i].regions;
		size_t count = 0;
		char asked = 0;

		m = (struct mass){0};
		while (*regions != '\0')
			place(&m, &members[count++], &regions);
		for (const char *c = doubts[i].doubts; *c != '\0'; c++) {
			struct mass_member *t = &members[*c - '0'];

			mass_note(&m, t, true, 1);
			if (!mass_is_due_for_all(&m, t, 1000))
				continue;
			assert_int_equal(asked, 0);
			asked = *c;
			/* once */
			assert_false(mass_is_due_for_all(&m, t, 1001));
			assert_true(mass_is_due_for_all(&m, t, 1000 + MASS_ALL_MS));
		}
		assert_int_equal(asked, doubts[i].asked);
	}
}

/* ---- blindness ---- */

/*
 * Three ears. Small letters are silent results of a, b, c, capitals such that are heard,
 * behind each what it makes of us: '.' as before, 'B' blind from now on, 'S' sees again.
 */
static const struct {
	const char *events, *changes;
} blinds[] = {
    {"aaaa", "...."}, /* never heard: nothing is missed */
    {"Aaaa", "...B"},
    {"AaaaaAa", "...B.S."},
    {"Aaaaab", "...B.."},
    {"AaaaB", "...BS"}, /* anybody will do */
    {"ABaaabbb", ".......B"},
    {"ABaaabbB", "........"},
    {"ABaabbabbbb", ".......B..."},
    {"Abbbbaaa", ".......B"}, /* one that was never heard can not be heard either */
    {"AaaAaaa", "......B"},
};

static void
test_blind(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(blinds); i++) {
		struct blind b = {0};
		struct ear ears[3] = {0};
		const char *changes = blinds[i].changes;

		for (const char *c = blinds[i].events; *c != '\0'; c++) {
			enum blind_change got;

			got = blind_feed(&b, &ears[(*c | 32) - 'a'], *c >= 'a', 3);
			if (".BS"[got] != *changes++)
				fail_msg("%s, event %zu: %c", blinds[i].events,
				    (size_t)(c - blinds[i].events), ".BS"[got]);
		}
		for (unsigned e = 0; e < 3; e++)
			(void)blind_leave(&b, &ears[e]);
		assert_int_equal(b.hearing + b.heard, 0);
		assert_false(b.is_blind);
	}
}

/* ---- the judge: what is frozen, and what is not ---- */

struct bench {
	struct judge judge;
	struct machine machine[2];
	struct held held[2];
	struct mass_member member[2];
	struct ear ear[2];
	struct judge_case cases[2];
};

static struct judge_ruling
give(struct bench *b, unsigned who, char what, int64_t started_ms, int64_t now_ms)
{
	static const struct machine_limits limits = {3, 2};
	struct judge_result r = {
	    .outcome = what == 'S'   ? OUTCOME_SUCCESS
	               : what == 'I' ? OUTCOME_INCONCLUSIVE
	                             : OUTCOME_FAILURE,
	    .is_silent = what == 's',
	    .started_ms = started_ms,
	};

	return judge_feed(&b->judge, &b->cases[who], &r, &limits, now_ms);
}

static void
test_judge(void **state)
{
	static struct bench b;

	(void)state;
	for (unsigned i = 0; i < 2; i++)
		b.cases[i] = (struct judge_case){
		    &b.machine[i], &b.held[i], &b.member[i], &b.ear[i], i == 1};
	give(&b, 0, 'S', 1000, 1001);
	give(&b, 1, 'S', 1000, 1001);
	/* a canary that is heard: silence is the target's own, and it falls */
	for (int64_t t = 2000; t < 5000; t += 1000)
		assert_false(give(&b, 0, 's', t, t + 1).is_frozen);
	assert_int_equal(b.machine[0].state, HEALTH_DOWN);
	assert_int_equal(held_count(&b.held[0], 5000), 1);
	give(&b, 0, 'S', 5000, 5001);
	give(&b, 0, 'S', 5500, 5501);
	assert_int_equal(b.machine[0].state, HEALTH_UP);
	/* a refusing canary is heard as well, and nobody's verdict */
	for (int64_t t = 6000; t < 9000; t += 1000)
		assert_false(give(&b, 1, 'F', t, t + 1).is_frozen);
	assert_int_equal(b.machine[1].state, HEALTH_DOWN);
	assert_int_equal(b.judge.mass.up_count, 1); /* the target */
	/* both silent: the target's last failure freezes it */
	for (int64_t t = 10000; t < 13000; t += 1000)
		assert_int_equal(give(&b, 1, 's', t, t + 1).blind, BLIND_SAME);
	give(&b, 0, 's', 13000, 13001);
	give(&b, 0, 's', 14000, 14001);
	assert_int_equal(b.machine[0].failures, 2);
	assert_int_equal(give(&b, 0, 's', 15000, 15001).blind, BLIND_BEGAN);
	assert_true(give(&b, 0, 's', 16000, 16001).is_frozen);
	assert_int_equal(b.machine[0].state, HEALTH_SUSPECT);
	/* what says nothing of the network says nothing of it now */
	assert_int_equal(give(&b, 0, 'I', 16500, 16501).blind, BLIND_SAME);
	/* the canary is heard: the target starts anew */
	assert_int_equal(give(&b, 1, 'S', 17000, 17001).blind, BLIND_ENDED);
	judge_forgive(&b.judge, &b.cases[0]);
	assert_int_equal(b.machine[0].failures, 0);
	/* a probe that began in the dark tells of the dark */
	assert_true(give(&b, 0, 's', 16900, 18900).is_frozen);
	assert_int_equal(b.machine[0].failures, 0);
	assert_false(give(&b, 0, 's', 17100, 19100).is_frozen);
	assert_int_equal(b.machine[0].failures, 1);
	for (unsigned i = 0; i < 2; i++)
		(void)judge_close(&b.judge, &b.cases[i]);
	assert_int_equal(b.judge.blind.heard, 0);
}

/* ---- a second look, by the machine ---- */

static void
test_second_look(void **state)
{
	struct machine_limits limits = {3, 2};
	struct machine m = {.state = HEALTH_SUSPECT, .failures = 2, .leak = 50};

	(void)state;
	assert_true(machine_would_fall(&m, &limits));
	machine_look_again(&m);
	assert_int_equal(m.state, HEALTH_SUSPECT);
	assert_int_equal(machine_needed(&m, &limits), 3); /* whatever leaked */
	assert_false(machine_would_fall(&m, &limits));
	machine_feed(&m, OUTCOME_FAILURE, &limits);
	machine_feed(&m, OUTCOME_FAILURE, &limits);
	assert_int_equal(m.state, HEALTH_SUSPECT);
	machine_feed(&m, OUTCOME_FAILURE, &limits);
	assert_int_equal(m.state, HEALTH_DOWN);
	assert_false(m.is_second);
	m = (struct machine){.state = HEALTH_SUSPECT, .failures = 2};
	machine_look_again(&m);
	machine_feed(&m, OUTCOME_SUCCESS, &limits);
	assert_int_equal(m.state, HEALTH_UP);
	assert_false(m.is_second);
	/* what is not served can not fall */
	m = (struct machine){.failures = 2};
	assert_false(machine_would_fall(&m, &limits));
}

/* ---- kept over restarts ---- */

static struct config_check web = {.name = (char *)(uintptr_t) "web"};

static void
keep_one(struct kept *k, const struct target *t, const struct kept_clock *saved)
{
	struct buf key = {0}, value = {0}, clock = {0};

	kept_write_key(t, &key);
	kept_write(t, &value);
	kept_write_clock(saved, &clock);
	kept_add(k, KEPT_TARGET, buf_text(&key), buf_text(&value));
	kept_add(k, KEPT_SAVED, KEPT_SAVED_KEY, buf_text(&clock));
	buf_fini(&key);
	buf_fini(&value);
	buf_fini(&clock);
}

static void
test_kept(void **state)
{
	static const struct {
		const char *boot;
		int64_t mono_ms, wall_ms; /* at the start; saved at 5,000,000 and 9e12 */
		bool good;
		int64_t age_ms;
	} rows[] = {
	    {"one", 5001000, 9000000001000, true, 1000},
	    {"one", 5000000 + KEPT_MAX_MS, 9000000000000, true, KEPT_MAX_MS},
	    {"one", 5000001 + KEPT_MAX_MS, 9000000000000, false, KEPT_MAX_MS + 1},
	    /* steps of the wall clock within one boot mean nothing */
	    {"one", 5001000, 9009999999999, true, 1000}, {"one", 5001000, 1, true, 1000},
	    {"one", 5001000 + KEPT_MAX_MS, 9000000000001, false, KEPT_MAX_MS + 1000},
	    /* after a boot only the wall clock is there */
	    {"two", 700, 9000000020000, true, 20000},
	    {"two", 700, 9000000000000 + KEPT_MAX_MS + 1, false, KEPT_MAX_MS + 1},
	    {"two", 700, 8999999990000, true, 0}, /* set back: as young as can be */
	};
	struct target was = {.check = &web,
	    .ip = {4, {192, 0, 2, 1}},
	    .machine = {.state = HEALTH_SUSPECT, .failures = 2, .leak = 34},
	    .held = {{4990000, 4900000}, 5060000},
	    .since = {4999000},
	    .last_failed = true,
	    .reason = "status 503"};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct kept k = {0};
		struct kept_clock saved = {"one", 5000000, 9000000000000};
		struct kept_clock now = {"", rows[i].mono_ms, rows[i].wall_ms};
		struct target t = {.check = &web, .ip = {4, {192, 0, 2, 1}}};
		struct target other = {.check = &web, .ip = {4, {192, 0, 2, 2}}};
		int64_t shift = 0;

		snprintf(now.boot, sizeof(now.boot), "%s", rows[i].boot);
		keep_one(&k, &was, &saved);
		assert_int_equal(kept_finish(&k, &now), rows[i].good);
		assert_int_equal(kept_age_ms(&k, &now), rows[i].age_ms);
		if (rows[i].good) {
			if (strcmp(now.boot, "one") != 0)
				shift = now.mono_ms - rows[i].age_ms - 5000000;
			assert_int_equal(kept_restore(&k, &other), ERR_MISSING);
			assert_int_equal(kept_restore(&k, &t), OK);
			assert_true(k.rows[0].is_used);
			assert_int_equal(t.machine.state, HEALTH_SUSPECT);
			assert_int_equal(t.machine.failures, 2);
			assert_int_equal(t.machine.leak, 34);
			assert_int_equal(
			    t.held.until_ms, 5060000 + shift > 0 ? 5060000 + shift : 1);
			assert_int_equal(t.held.falls_ms[2], 0);
			assert_true(t.last_failed);
			assert_string_equal(t.reason, "status 503");
		}
		kept_fini(&k);
	}
}

static void
test_kept_nonsense(void **state)
{
	static const char *const values[] = {"", "up", "odd 1 2 3 4 5 6", "up 1 2 3",
	    "down x y z", "up 1 1 1 1 1", "up 1 1 1 1 1 1", "up 1 1 1 1 1 1,1,1,1,1,1 ",
	    "up 1 1 1 1 1 1, ", "up -1 1 1 1 1 1 ", "up 1 -1 1 1 1 1 ",
	    "up 1 1 1 61 1 1 ", "up 9223372036854775807 1 1 1 1 1 ",
	    "up 1 1 1 1 9223372036854775807 1 ", "up 1 1 1 1 1 1,99999999999999999999 ",
	    "up 1 99999999999 1 1 1 1 ", "up 600006 1 1 1 1 1 ", "up 1 1 1 1 1800006 1 ",
	    "up 1 1 1 1 1 600006 "};
	struct kept_clock clock = {"one", 5, 5};

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		struct kept k = {0};
		struct target t = {.check = &web, .ip = {4, {192, 0, 2, 1}}};
		struct buf text = {0};

		kept_write_clock(&clock, &text);
		kept_add(&k, KEPT_SAVED, KEPT_SAVED_KEY, buf_text(&text));
		kept_add(&k, KEPT_TARGET, "web 192.0.2.1", values[i]);
		assert_true(kept_finish(&k, &clock));
		if (kept_restore(&k, &t) != ERR_SYNTAX)
			fail_msg("\"%s\" is taken", values[i]);
		assert_int_equal(k.refused, 1);
		assert_int_equal(t.machine.state, HEALTH_UNKNOWN);
		kept_fini(&k);
		buf_fini(&text);
	}
}

/* Moments of the last saving that can not be: as if there were none. */
static void
test_kept_clock_nonsense(void **state)
{
	static const char *const values[] = {"", "one", "one 1", "one -1 1", "one 1 -1",
	    "one 9223372036854775807 1", "one 1 9223372036854775807",
	    "one -9223372036854775808 -9223372036854775808"};
	struct kept_clock now = {"two", 5, 5};

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		struct kept k = {0};

		kept_add(&k, KEPT_SAVED, KEPT_SAVED_KEY, values[i]);
		kept_add(&k, KEPT_TARGET, "web 192.0.2.1", "up 1 1 1 1 1 1 ");
		if (kept_finish(&k, &now))
			fail_msg("\"%s\" is taken", values[i]);
		kept_fini(&k);
	}
}

/* ---- faults of our own ---- */

static void
count_results(struct alarm *a, const struct target *t, unsigned good, unsigned doubtful)
{
	struct mono now = {1000};

	for (unsigned i = 0; i < good; i++)
		alarm_count(
		    a, t, i % 2 != 0 ? OUTCOME_SUCCESS : OUTCOME_FAILURE, "", now);
	for (unsigned i = 0; i < doubtful; i++)
		alarm_count(a, t, OUTCOME_INCONCLUSIVE, "late", now);
}

static void
test_alarm(void **state)
{
	/* results of a period, and whether that is trouble */
	static const struct {
		unsigned good, doubtful;
		bool is_trouble;
	} rows[] = {
	    {100, 0, false}, {95, 5, true}, {96, 5, false}, /* less than one in twenty */
	    {0, 4, false}, /* too few to say */
	    {0, 5, true}, {0, 0, false}, /* it ends with the period */
	};
	struct target t = {.check = &web, .ip = {4, {192, 0, 2, 1}}};
	static struct alarm a;
	uint64_t late = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		count_results(&a, &t, rows[i].good, rows[i].doubtful);
		late += rows[i].doubtful;
		alarm_tick(&a);
		assert_int_equal(a.is_troubled, rows[i].is_trouble);
	}
	assert_int_equal(a.fault_count, 1);
	assert_string_equal(a.faults[0].reason, "late");
	assert_int_equal(a.faults[0].count, late);
	/* more reasons than there is room for */
	for (unsigned i = 0; i < 2 * PROBER_FAULTS; i++) {
		char reason[16];

		snprintf(reason, sizeof(reason), "fault-%u", i);
		alarm_count(&a, &t, OUTCOME_INCONCLUSIVE, reason, (struct mono){1000});
	}
	assert_int_equal(a.fault_count, PROBER_FAULTS);
	assert_string_equal(a.faults[PROBER_FAULTS - 1].reason, "other");
	assert_int_equal(a.faults[PROBER_FAULTS - 1].count, PROBER_FAULTS + 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_held),
	    cmocka_unit_test(test_mass),
	    cmocka_unit_test(test_all_are_asked),
	    cmocka_unit_test(test_blind),
	    cmocka_unit_test(test_judge),
	    cmocka_unit_test(test_second_look),
	    cmocka_unit_test(test_kept),
	    cmocka_unit_test(test_kept_clock_nonsense),
	    cmocka_unit_test(test_kept_nonsense),
	    cmocka_unit_test(test_alarm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
