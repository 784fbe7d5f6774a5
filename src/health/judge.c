/* SPDX-License-Identifier: BSD-2-Clause */
#include "health/judge.h"

static bool
is_served(enum health_state s)
{
	return s == HEALTH_UP || s == HEALTH_SUSPECT;
}

/* One way for all that may begin or end a second look. */
static void
count_second(struct judge *j, bool was, const struct machine *m, struct judge_ruling *out)
{
	if (was == m->is_second)
		return;
	if (m->is_second) {
		if (j->second_count++ == 0)
			out->mass = JUDGE_MASS_BEGAN;
	} else if (--j->second_count == 0) {
		out->mass = JUDGE_MASS_ENDED;
	}
}

static void
feed_machine(struct judge *j, struct judge_case *c, enum health_outcome outcome,
    const struct machine_limits *limits, int64_t now_ms, struct judge_ruling *out)
{
	struct machine *m = c->machine;
	bool was_second = m->is_second;
	enum health_state old = m->state;

	if (outcome == OUTCOME_FAILURE && !c->is_canary &&
	    machine_would_fall(m, limits) &&
	    mass_fall(&j->mass, c->member, !was_second, now_ms)) {
		machine_look_again(m);
		out->is_put_off = true;
	} else {
		machine_feed(m, outcome, limits);
	}
	count_second(j, was_second, m, out);
	if (c->is_canary)
		return;
	if (is_served(old) && m->state == HEALTH_DOWN)
		held_fall(c->held, now_ms);
	if (old == HEALTH_RECOVERING && m->state == HEALTH_UP)
		held_rise(c->held, now_ms);
	/* while it is looked at again it goes on failing, whatever was counted anew */
	mass_note(&j->mass, c->member, is_served(m->state),
	    m->is_second ? MASS_ROW : m->failures);
	if (outcome == OUTCOME_FAILURE)
		out->is_due_for_all = mass_is_due_for_all(&j->mass, c->member, now_ms);
}

struct judge_ruling
judge_feed(struct judge *j, struct judge_case *c, const struct judge_result *r,
    const struct machine_limits *limits, int64_t now_ms)
{
	struct judge_ruling ruling = {0};
	bool is_late = r->started_ms < j->saw_again_ms;

	/* what began before we saw again, and failed, tells of then; a fault of our own
	 * that says nothing of the network tells nothing of it here either */
	if (r->outcome == OUTCOME_SUCCESS || !is_late) {
		if (r->outcome != OUTCOME_INCONCLUSIVE || r->is_silent)
			ruling.blind =
			    blind_feed(&j->blind, c->ear, r->is_silent, limits->fall);
	}
	if (ruling.blind == BLIND_ENDED) {
		j->saw_again_ms = now_ms;
		is_late = false;
		judge_forgive(j, c);
	}
	ruling.is_frozen = (j->blind.is_blind && !c->is_canary) ||
	                   (is_late && r->outcome != OUTCOME_SUCCESS);
	if (!ruling.is_frozen)
		feed_machine(j, c, r->outcome, limits, now_ms, &ruling);
	return ruling;
}

void
judge_forgive(struct judge *j, struct judge_case *c)
{
	struct judge_ruling unused = {0};
	bool was_second = c->machine->is_second;

	if (!is_served(c->machine->state))
		return;
	machine_forgive(c->machine);
	count_second(j, was_second, c->machine, &unused);
	mass_note(&j->mass, c->member, !c->is_canary, 0);
}

void
judge_restore(struct judge *j, struct judge_case *c)
{
	bool is_up = is_served(c->machine->state);

	c->machine->is_second = false;
	if (is_up)
		blind_trust(&j->blind, c->ear);
	mass_note(&j->mass, c->member, is_up && !c->is_canary, c->machine->failures);
}

void
judge_place(struct judge *j, struct judge_case *c, const uint16_t *regions, size_t count)
{
	mass_place(&j->mass, c->member, regions, count);
}

struct judge_ruling
judge_close(struct judge *j, struct judge_case *c)
{
	struct judge_ruling ruling = {0};
	bool was_second = c->machine->is_second;

	c->machine->is_second = false;
	count_second(j, was_second, c->machine, &ruling);
	mass_leave(&j->mass, c->member);
	ruling.blind = blind_leave(&j->blind, c->ear);
	return ruling;
}
