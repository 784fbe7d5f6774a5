/* SPDX-License-Identifier: BSD-2-Clause */
#include "health/pace.h"

#include <stddef.h>
#include <sys/random.h>

#include "base/clock.h"
#include "health/flight.h"
#include "health/targets.h"
#include "health/verdict.h"

#define STARTS_PER_S 2000
#define STARTS_BURST 20 /* what 10 ms of a late loop may catch up at once */

static uint64_t
draw(struct pace *p)
{
	/* splitmix64: spreading load needs no better one */
	uint64_t z = (p->random += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* ---- one target ---- */

/*
 * The time between two starts. A probe that is not answered within confirm_interval is
 * taken as a doubt before it is a failure: the next ones start as though it had failed.
 * So a hanging endpoint is out after one timeout, not after `fall` of them.
 */
static int64_t
gap_ms(const struct pace *p, const struct entry *e)
{
	const struct target *t = &e->target;
	int64_t confirm = verdict_confirm_ms(e);

	if (p->is_calm)
		return e->gap_ms;
	if (machine_is_confirming(&t->machine) ||
	    (health_is_healthy(t->machine.state) && e->in_flight > 0))
		return confirm < e->gap_ms ? confirm : e->gap_ms;
	return e->gap_ms;
}

/* More than these at a time could not decide anything sooner. */
static bool
has_enough_in_flight(const struct entry *e)
{
	const struct config_check *c = e->target.check;

	return e->in_flight >= (c->fall > c->rise ? c->fall : c->rise);
}

void
pace_plan(struct pace *p, struct entry *e, int64_t now_ms)
{
	int64_t due = e->started_ms == 0 ? now_ms : e->started_ms + gap_ms(p, e);

	/* what waits for its turn keeps the moment since which it waits */
	if (due <= now_ms)
		due = e->item.place != 0 && e->item.due_ms < now_ms ? e->item.due_ms
		                                                    : now_ms;
	e->target.next_probe = (struct mono){due};
	if (has_enough_in_flight(e))
		schedule_remove(&p->schedule, &e->item);
	else
		schedule_put(&p->schedule, &e->item, due);
}

void
pace_hurry(struct pace *p, struct entry *e, int64_t due_ms)
{
	if (e->in_flight > 0 || e->item.place == 0 || e->item.due_ms <= due_ms)
		return;
	e->is_hurried = true;
	e->target.next_probe = (struct mono){due_ms};
	schedule_put(&p->schedule, &e->item, due_ms);
}

void
pace_remove(struct pace *p, struct entry *e)
{
	schedule_remove(&p->schedule, &e->item);
}

/*
 * Late by more than half its interval. A first probe has no moment to be late for. One
 * that confirms may wait for its turn: when much fails at once the queue is long, and
 * the verdicts that would shorten it must not be what it prevents. But neither counts
 * when this process itself stood still.
 */
static bool
is_late(const struct pace *p, const struct entry *e, int64_t now_ms)
{
	int64_t half = e->target.check->interval_ms / 2;

	if (!e->has_result)
		return false;
	if (p->stall_ms > half)
		return true;
	return !machine_is_confirming(&e->target.machine) &&
	       now_ms - e->item.due_ms > half;
}

static void
start(struct pace *p, struct entry *e, int64_t now_ms)
{
	bool is_steady = !machine_is_confirming(&e->target.machine);

	if (e->is_hurried) /* together with all the others */
		e->is_spread = false;
	else if (e->started_ms != 0 && is_steady && e->in_flight == 0)
		e->is_spread = true;
	e->is_hurried = false;
	e->gap_ms = schedule_gap_ms(e->target.check->interval_ms, !e->is_spread, draw(p));
	e->started_ms = now_ms;
	p->start(p->ctx, e, now_ms, is_late(p, e, now_ms));
}

/* ---- all of them ---- */

static void
note_stall(struct pace *p, int64_t now_ms)
{
	if (p->armed_ms != 0 && now_ms - p->armed_ms > p->stall_ms)
		p->stall_ms = now_ms - p->armed_ms;
}

void
pace_arm(struct pace *p, int64_t now_ms)
{
	struct schedule_item *first = schedule_first(&p->schedule);
	int64_t wait, other;

	note_stall(p, now_ms);
	if (first == NULL || flight_is_full(p->flight)) {
		/* a result, or a new target, comes back here; nothing is missed till then
		 */
		p->armed_ms = 0;
		loop_timer_clear(p->timer);
		return;
	}
	wait = first->due_ms - now_ms;
	other = schedule_rate_wait_ms(&p->rate, now_ms);
	if (wait < other)
		wait = other;
	other = flight_wait_ms(p->flight, now_ms);
	if (wait < other)
		wait = other;
	if (wait < 0)
		wait = 0;
	p->armed_ms = now_ms + wait;
	loop_timer_set_ms(p->timer, wait);
}

static struct entry *
entry_of(struct schedule_item *item)
{
	return (struct entry *)((char *)item - offsetof(struct entry, item));
}

static void
on_timer(void *ctx)
{
	struct pace *p = ctx;
	int64_t now_ms = mono_now().ms;
	struct schedule_item *first;

	flight_take_places(p->flight, now_ms);
	while ((first = schedule_first(&p->schedule)) != NULL &&
	       first->due_ms <= now_ms && flight_has_room(p->flight) &&
	       schedule_rate_take(&p->rate, now_ms)) {
		schedule_remove(&p->schedule, first);
		start(p, entry_of(first), now_ms);
	}
	p->stall_ms = 0;
	pace_arm(p, now_ms);
}

void
pace_init(struct pace *p, struct loop *loop, struct flight *flight, pace_start *start_fn,
    void *ctx)
{
	*p = (struct pace){.flight = flight, .start = start_fn, .ctx = ctx};
	p->timer = loop_timer_new(loop, on_timer, p);
	/* without any entropy all nodes would only probe in step */
	if (getrandom(&p->random, sizeof(p->random), GRND_NONBLOCK) < 0)
		p->random = (uint64_t)mono_now().ms;
	schedule_rate_init(&p->rate, STARTS_PER_S, STARTS_BURST, mono_now().ms);
}

void
pace_fini(struct pace *p)
{
	loop_timer_free(p->timer);
	schedule_fini(&p->schedule);
	*p = (struct pace){0};
}
