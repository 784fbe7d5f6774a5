/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hours of health with a clock of its own: the judge with all its rules, the pace of
 * probes, and the ladder, without a thread or a socket. Each story says what happens to
 * the backends and to our own network; what is counted is how often answers change, how
 * long what is dead is served, and how many good endpoints were taken out at the worst.
 * The bounds are what DESIGN promises. The table is printed: it is what the defaults of
 * health/mass.h and health/held.h were chosen by.
 */
#include "unit.h"

#include <stdio.h>

#include "health/judge.h"
#include "pool_make.h"
#include "steer/ladder.h"

enum {
	REGIONS = 4,
	EACH = 4,
	TARGETS = REGIONS * EACH,
	STEP_MS = 25,
	INTERVAL_MS = 5000,
	CONFIRM_MS = 500,
	TIMEOUT_MS = 2000,
	FALL = 3,
	RISE = 2,
	FLYING = 8,
	MINUTE = 60000,
	HOUR = 60 * MINUTE,
};

static const struct machine_limits limits = {FALL, RISE};

enum fate { FINE, REFUSES, HANGS, CUT };

struct probe {
	int64_t started_ms, done_ms; /* done 0: a free place */
	enum fate fate;
};

struct sim {
	struct judge judge;
	struct judge_case cases[TARGETS];
	struct machine machines[TARGETS];
	struct held helds[TARGETS];
	struct mass_member members[TARGETS];
	struct ear ears[TARGETS];
	struct probe flying[TARGETS][FLYING];
	int64_t started_ms[TARGETS], gap_ms[TARGETS];
	uint64_t random;
	struct pool *pool;
	uint16_t served[REGIONS][TARGETS]; /* by ladder, as a set of flags */
	uint8_t standings[TARGETS];
	bool used[TARGETS];
	/* what is counted */
	unsigned changes, changes_first_hour;
	unsigned put_off; /* removals, for a second look */
	int64_t dead_served_ms; /* the longest: dead and answered with */
	int64_t dead_since[TARGETS];
	unsigned good_out; /* at the worst, at one time */
	unsigned good_out_at_end;
	unsigned out_count; /* removals */
	int64_t blind_ms;
};

/* What becomes of a probe of target t that starts at a moment; random: of this probe. */
typedef enum fate
story_fn(unsigned t, int64_t now_ms, uint64_t random);

static uint64_t
draw(struct sim *s)
{
	uint64_t z = (s->random += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static void
begin(struct sim *s, uint64_t seed)
{
	static const char *const regions[REGIONS] = {"weu", "nnam", "seas", "oc"};
	struct config_pool *spec = spec_new("edge");

	*s = (struct sim){.random = seed};
	for (unsigned r = 0; r < REGIONS; r++) {
		char text[128];

		snprintf(text, sizeof(text),
		    "192.0.2.%u 192.0.2.%u 192.0.2.%u 192.0.2.%u", r * 4 + 1, r * 4 + 2,
		    r * 4 + 3, r * 4 + 4);
		spec_region(spec, regions[r], text);
	}
	s->pool = pool_make(spec, geo);
	for (unsigned t = 0; t < TARGETS; t++) {
		uint16_t region = (uint16_t)(t / EACH + 1);

		s->cases[t] = (struct judge_case){
		    &s->machines[t], &s->helds[t], &s->members[t], &s->ears[t], false};
		judge_place(&s->judge, &s->cases[t], &region, 1);
		s->started_ms[t] = (int64_t)(draw(s) % INTERVAL_MS) - INTERVAL_MS;
		s->gap_ms[t] = INTERVAL_MS;
	}
}

static void
finish(struct sim *s)
{
	for (unsigned t = 0; t < TARGETS; t++)
		(void)judge_close(&s->judge, &s->cases[t]);
	assert_int_equal(s->judge.mass.failing_count, 0);
	assert_int_equal(s->judge.blind.hearing, 0);
	assert_int_equal(s->judge.second_count, 0);
	for (unsigned r = 0; r < MASS_REGIONS; r++)
		assert_int_equal(s->judge.mass.up[r] + s->judge.mass.failing[r], 0);
	pool_free(s->pool);
}

/* ---- probes, in the pace of health/pace.c ---- */

static unsigned
in_flight(const struct sim *s, unsigned t)
{
	unsigned n = 0;

	for (unsigned i = 0; i < FLYING; i++)
		n += s->flying[t][i].done_ms != 0;
	return n;
}

static void
start_due(struct sim *s, unsigned t, int64_t now_ms, story_fn *story)
{
	unsigned flying = in_flight(s, t);
	bool confirms = machine_is_confirming(&s->machines[t]) ||
	                (health_is_healthy(s->machines[t].state) && flying > 0);
	int64_t gap = confirms && !s->judge.blind.is_blind ? CONFIRM_MS : s->gap_ms[t];
	enum fate fate;

	if (now_ms < s->started_ms[t] + gap || flying >= FALL)
		return;
	s->started_ms[t] = now_ms;
	s->gap_ms[t] = INTERVAL_MS * 9 / 10 + (int64_t)(draw(s) % (INTERVAL_MS / 5));
	fate = story(t, now_ms, draw(s));
	for (unsigned i = 0; i < FLYING; i++) {
		if (s->flying[t][i].done_ms != 0)
			continue;
		s->flying[t][i] = (struct probe){now_ms,
		    now_ms + (fate == FINE         ? 20
		                 : fate == REFUSES ? 10
		                                   : TIMEOUT_MS),
		    fate};
		break;
	}
}

static void
on_result(struct sim *s, unsigned t, const struct probe *p, int64_t now_ms)
{
	struct judge_result r = {
	    .outcome = p->fate == FINE ? OUTCOME_SUCCESS : OUTCOME_FAILURE,
	    .is_silent = p->fate == CUT,
	    .started_ms = p->started_ms,
	};
	enum health_state old = s->machines[t].state;
	struct judge_ruling ruling =
	    judge_feed(&s->judge, &s->cases[t], &r, &limits, now_ms);

	s->put_off += ruling.is_put_off;
	for (unsigned i = 0; ruling.is_due_for_all && i < TARGETS; i++)
		if (s->machines[i].state == HEALTH_UP && in_flight(s, i) == 0)
			s->gap_ms[i] = now_ms - s->started_ms[i];
	if (ruling.blind == BLIND_ENDED)
		for (unsigned i = 0; i < TARGETS; i++)
			if (i != t)
				judge_forgive(&s->judge, &s->cases[i]);
	if (health_is_healthy(old) && s->machines[t].state == HEALTH_DOWN) {
		s->out_count++;
	}
}

static void
end_done(struct sim *s, unsigned t, int64_t now_ms)
{
	for (unsigned i = 0; i < FLYING; i++) {
		struct probe p = s->flying[t][i];

		if (p.done_ms == 0 || p.done_ms > now_ms)
			continue;
		s->flying[t][i].done_ms = 0;
		on_result(s, t, &p, now_ms);
	}
}

/* ---- what clients see ---- */

static void
climb(struct sim *s, int64_t now_ms)
{
	uint8_t standings[TARGETS];
	uint16_t room[TARGETS];

	for (unsigned t = 0; t < TARGETS; t++)
		standings[t] = (uint8_t)standing_of(s->machines[t].state,
		    held_is_held(&s->helds[t], now_ms), OVERRIDE_AUTO);
	if (memcmp(standings, s->standings, sizeof(standings)) == 0 && now_ms > STEP_MS)
		return; /* the ladder would say the same */
	memcpy(s->standings, standings, sizeof(standings));
	memset(s->used, 0, sizeof(s->used));
	for (unsigned l = 0; l < REGIONS; l++) {
		struct pick pick = {.endpoints = room};
		uint16_t set[TARGETS] = {0};

		ladder_pick(s->pool, l + 1, FAMILY_4, standings, &pick);
		assert_true(pick.count != 0); /* never empty by health alone */
		for (size_t i = 0; i < pick.count; i++) {
			set[pick.endpoints[i]] = 1;
			s->used[pick.endpoints[i]] |= pick.kind == PICK_RUNG;
		}
		if (memcmp(set, s->served[l], sizeof(set)) != 0 && now_ms > MINUTE) {
			s->changes++;
			s->changes_first_hour += now_ms <= HOUR + MINUTE;
		}
		memcpy(s->served[l], set, sizeof(set));
	}
}

static void
count(struct sim *s, int64_t now_ms, story_fn *story)
{
	unsigned good_out = 0;

	for (unsigned t = 0; t < TARGETS; t++) {
		/* what a fair coin would not decide: neither dead nor alive by chance */
		bool dead = story(t, now_ms, UINT64_MAX) == REFUSES ||
		            story(t, now_ms, UINT64_MAX) == HANGS;
		bool fine = story(t, now_ms, 0) == FINE || story(t, now_ms, 0) == CUT;

		if (!dead || !s->used[t])
			s->dead_since[t] = now_ms;
		if (now_ms - s->dead_since[t] > s->dead_served_ms)
			s->dead_served_ms = now_ms - s->dead_since[t];
		good_out += fine && !dead &&
		            (!health_is_healthy(s->machines[t].state) ||
		                held_is_held(&s->helds[t], now_ms));
	}
	if (good_out > s->good_out && now_ms > MINUTE)
		s->good_out = good_out;
	s->good_out_at_end = good_out;
	s->blind_ms += s->judge.blind.is_blind ? STEP_MS : 0;
}

static void
play(struct sim *s, story_fn *story, int64_t end_ms, uint64_t seed)
{
	begin(s, seed);
	for (int64_t now = STEP_MS; now <= end_ms; now += STEP_MS) {
		for (unsigned t = 0; t < TARGETS; t++) {
			end_done(s, t, now);
			start_due(s, t, now, story);
		}
		climb(s, now);
		count(s, now, story);
	}
}

/* ---- the stories: all is well for two minutes first ---- */

enum { FROM = 2 * MINUTE };

static enum fate
all_well(unsigned t, int64_t now_ms, uint64_t random)
{
	(void)t, (void)now_ms, (void)random;
	return FINE;
}

/* One probe in 200 fails anywhere. */
static enum fate
some_noise(unsigned t, int64_t now_ms, uint64_t random)
{
	(void)t, (void)now_ms;
	return random != UINT64_MAX && random % 200 == 7 ? HANGS : FINE;
}

static enum fate
one_in_three(unsigned t, int64_t now_ms, uint64_t random)
{
	if (t != 0 || now_ms < FROM || random == UINT64_MAX)
		return FINE;
	return random % 3 == 0 ? REFUSES : FINE;
}

static enum fate
flaps(unsigned t, int64_t now_ms, int64_t half_ms)
{
	return t == 0 && now_ms >= FROM && (now_ms / half_ms) % 2 == 0 ? REFUSES : FINE;
}

static enum fate
flaps_60(unsigned t, int64_t now_ms, uint64_t random)
{
	(void)random;
	return flaps(t, now_ms, 60000);
}

static enum fate
flaps_15(unsigned t, int64_t now_ms, uint64_t random)
{
	(void)random;
	return flaps(t, now_ms, 15000);
}

static enum fate
flaps_5min(unsigned t, int64_t now_ms, uint64_t random)
{
	(void)random;
	return flaps(t, now_ms, 300000);
}

static enum fate
region_refuses(unsigned t, int64_t now_ms, uint64_t random)
{
	(void)random;
	return t / EACH == 1 && now_ms >= FROM ? REFUSES : FINE;
}

static enum fate
region_hangs(unsigned t, int64_t now_ms, uint64_t random)
{
	(void)random;
	return t / EACH == 1 && now_ms >= FROM ? HANGS : FINE;
}

/* All backends are gone, and refuse: nothing keeps them but the second look. */
static enum fate
all_refuse(unsigned t, int64_t now_ms, uint64_t random)
{
	(void)t, (void)random;
	return now_ms >= FROM && now_ms < FROM + 10 * MINUTE ? REFUSES : FINE;
}

/* Three of four regions at once. */
static enum fate
most_refuse(unsigned t, int64_t now_ms, uint64_t random)
{
	(void)random;
	return t / EACH != 0 && now_ms >= FROM && now_ms < FROM + 10 * MINUTE ? REFUSES
	                                                                      : FINE;
}

/* Our own network is gone for so long. */
static enum fate
cut_for(int64_t now_ms, int64_t for_ms)
{
	return now_ms >= FROM && now_ms < FROM + for_ms ? CUT : FINE;
}

static enum fate
cut_3s(unsigned t, int64_t now_ms, uint64_t random)
{
	(void)t, (void)random;
	return cut_for(now_ms, 3000);
}

static enum fate
cut_10s(unsigned t, int64_t now_ms, uint64_t random)
{
	(void)t, (void)random;
	return cut_for(now_ms, 10000);
}

static enum fate
cut_10min(unsigned t, int64_t now_ms, uint64_t random)
{
	(void)t, (void)random;
	return cut_for(now_ms, 10 * MINUTE);
}

/*
 * What the whole must keep to, with any seed. A refusing endpoint is out after 1.1 x
 * interval + 2 x confirm, a hanging one a timeout later, a mass failure one round later.
 */
enum { REFUSED_MS = 6500 + 2 * STEP_MS, HUNG_MS = 8500 + 2 * STEP_MS };

struct bounds {
	unsigned changes, first_hour, good_out;
	int64_t dead_ms;
};

static const struct {
	const char *name;
	story_fn *story;
	int64_t for_ms;
	struct bounds most;
	bool ends_well; /* in the end all that is good is served */
} stories[] = {
    {"all is well", all_well, 30 * MINUTE, {0, 0, 0, 0}, true},
    {"one probe in 200 fails", some_noise, 3 * HOUR, {0, 0, 0, 0}, true},
    {"one in three fails", one_in_three, 3 * HOUR, {10, 10, 1, 0}, false},
    {"down 60 s, up 60 s", flaps_60, 3 * HOUR, {10, 10, 1, REFUSED_MS}, false},
    {"down 15 s, up 15 s", flaps_15, 3 * HOUR, {10, 10, 1, REFUSED_MS}, false},
    {"down 5 min, up 5 min", flaps_5min, 3 * HOUR, {30, 16, 1, REFUSED_MS}, false},
    {"a region refuses", region_refuses, 10 * MINUTE, {4, 4, 0, REFUSED_MS}, true},
    {"a region hangs", region_hangs, 10 * MINUTE, {4, 4, 0, HUNG_MS}, true},
    {"all refuse", all_refuse, 20 * MINUTE, {40, 40, TARGETS, 4000}, true},
    {"three regions refuse", most_refuse, 20 * MINUTE, {30, 30, TARGETS, 8000}, true},
    {"our network is cut 3 s", cut_3s, 10 * MINUTE, {10, 10, 5, 0}, true},
    {"our network is cut 10 s", cut_10s, 10 * MINUTE, {12, 12, 6, 0}, true},
    {"our network is cut 10 min", cut_10min, 20 * MINUTE, {12, 12, 6, 0}, true},
};

static void
expect(const char *story, uint64_t seed, const char *what, int64_t got, int64_t most)
{
	if (got > most)
		fail_msg("%s, seed %u: %s %lld, more than %lld", story, (unsigned)seed,
		    what, (long long)got, (long long)most);
}

static void
test_stories(void **state)
{
	static struct sim s;
	const char *wanted = getenv("SIMULATION_SEEDS");
	uint64_t seeds = wanted != NULL ? strtoull(wanted, NULL, 10) : 2;

	(void)state;
	geo = geo_small();
	print_message("%-26s %5s %7s %6s %6s %8s %7s %8s %8s\n", "story", "hours",
	    "changes", "1st h", "out", "good out", "put off", "dead ms", "blind s");
	for (size_t i = 0; i < COUNT(stories); i++) {
		const struct bounds *most = &stories[i].most;
		const char *name = stories[i].name;

		for (uint64_t seed = 1; seed <= seeds; seed++) {
			play(&s, stories[i].story, stories[i].for_ms, seed);
			print_message("%-26s %5.1f %7u %6u %6u %8u %7u %8lld %8lld\n",
			    name, (double)stories[i].for_ms / HOUR, s.changes,
			    s.changes_first_hour, s.out_count, s.good_out, s.put_off,
			    (long long)s.dead_served_ms, (long long)s.blind_ms / 1000);
			expect(name, seed, "changes", s.changes, most->changes);
			expect(name, seed, "changes in the first hour",
			    s.changes_first_hour, most->first_hour);
			expect(name, seed, "good ones out", s.good_out, most->good_out);
			expect(name, seed, "ms dead and served", s.dead_served_ms,
			    most->dead_ms);
			if (stories[i].ends_well)
				expect(name, seed, "good ones out at the end",
				    s.good_out_at_end, 0);
			finish(&s);
		}
	}
	geo_free(geo);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_stories)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
