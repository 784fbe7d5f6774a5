/* SPDX-License-Identifier: BSD-2-Clause */
#include "health/prober.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "health/flight.h"
#include "health/pace.h"
#include "health/probe.h"
#include "health/targets.h"
#include "health/verdict.h"

/* A fault of our own is logged when it begins, and again after this time. */
#define FAULT_LOG_MS 60000

struct prober {
	struct prober_hooks hooks;
	struct targets targets;
	struct flight flight;
	struct pace pace;
	struct loop_timer *round_timer;
	bool is_round_told;
	char fault[HEALTH_REASON_MAX]; /* the last one that was logged */
	struct mono fault_logged;
	struct prober_stats stats; /* but for what the others count */
};

/* ---- the funnel of results ---- */

/* One line for a fault, however many targets it hits. */
static void
log_fault(struct prober *p, const struct target *t, const char *reason, struct mono now)
{
	char address[IP_TEXT_MAX];

	if (strcmp(p->fault, reason) == 0 &&
	    mono_diff_ms(now, p->fault_logged) < FAULT_LOG_MS)
		return;
	snprintf(p->fault, sizeof(p->fault), "%s", reason);
	p->fault_logged = now;
	ip_write(&t->ip, address);
	log_warning("probe inconclusive reason=%s check=%s address=%s total=%llu", reason,
	    t->check->name, address, (unsigned long long)p->stats.inconclusive);
}

static void
tell_first_round(struct prober *p)
{
	if (p->is_round_told || p->stats.without_result > 0)
		return;
	p->is_round_told = true;
	if (p->hooks.on_first_round != NULL)
		p->hooks.on_first_round(p->hooks.ctx);
}

static void
count(struct prober *p, struct entry *e, enum health_outcome outcome)
{
	p->stats.probes++;
	p->stats.failures += outcome == OUTCOME_FAILURE;
	p->stats.inconclusive += outcome == OUTCOME_INCONCLUSIVE;
	if (!e->has_result) {
		e->has_result = true;
		p->stats.without_result--;
	}
}

/*
 * The funnel: every result of every probe comes through here, and here alone verdicts
 * change. Later rules that hold a verdict back (mass failure, blindness, held endpoints)
 * belong here, between what the machine says in verdict_feed() and the hook.
 */
static void
feed(struct prober *p, struct entry *e, const struct probe_result *r)
{
	struct target *t = &e->target;
	enum health_state old = t->machine.state;
	struct mono now = mono_now(), since = t->since;
	bool is_changed, is_other_time;

	count(p, e, r->outcome);
	is_changed = verdict_feed(e, r, now);
	pace_plan(&p->pace, e, now.ms);
	is_other_time = verdict_reckon(e);
	e->is_busy = true;
	/* before the log, which may have to wait for whoever reads it */
	if (is_changed || is_other_time)
		p->hooks.on_change(p->hooks.ctx, t, old);
	if (is_changed)
		verdict_log(t, old, mono_is_never(since) ? 0 : mono_diff_ms(now, since));
	if (r->outcome == OUTCOME_INCONCLUSIVE)
		log_fault(p, t, r->reason, now);
	e->is_busy = false;
	if (e->holders == 0)
		targets_free(e);
	tell_first_round(p);
}

static void
on_done(void *ctx, struct entry *e, const struct probe_result *r)
{
	struct prober *p = ctx;

	feed(p, e, r);
	pace_arm(&p->pace, mono_now().ms);
}

static void
on_place(void *ctx)
{
	struct prober *p = ctx;

	pace_arm(&p->pace, mono_now().ms);
}

static void
on_start(void *ctx, struct entry *e, int64_t now_ms, bool is_late)
{
	struct prober *p = ctx;

	if (flight_start(&p->flight, e, now_ms, is_late) != OK)
		return;
	pace_plan(&p->pace, e, now_ms);
	if (verdict_reckon(e))
		p->hooks.on_change(p->hooks.ctx, &e->target, e->target.machine.state);
}

/* ---- targets and their holders ---- */

/* Takes it out of everything; what is left is the memory. */
static void
retire(struct prober *p, struct entry *e)
{
	flight_stop(&p->flight, e);
	pace_remove(&p->pace, e);
	targets_remove(&p->targets, e);
	if (!e->has_result)
		p->stats.without_result--;
}

struct target *
prober_hold(struct prober *p, const struct config_check *check, const struct ip *ip)
{
	struct entry *e = targets_find(&p->targets, check, ip);
	int64_t now_ms = mono_now().ms;

	if (e == NULL) {
		e = targets_add(&p->targets, check, ip);
		e->prober = p;
		p->stats.without_result++;
		pace_plan(&p->pace, e, now_ms);
		verdict_reckon(e);
		pace_arm(&p->pace, now_ms);
	}
	e->holders++;
	return &e->target;
}

void
prober_drop(struct prober *p, struct target *target)
{
	struct entry *e = (struct entry *)target;

	assert(e->prober == p && e->holders > 0);
	if (--e->holders > 0)
		return;
	retire(p, e);
	if (!e->is_busy)
		targets_free(e);
	pace_arm(&p->pace, mono_now().ms);
	if (p->stats.without_result == 0 && !p->is_round_told)
		loop_timer_set_ms(p->round_timer, 0);
}

struct mono
target_pending(const struct target *t)
{
	return ((const struct entry *)t)->pending;
}

void
prober_each(struct prober *p, void (*fn)(void *ctx, struct target *t), void *ctx)
{
	struct entry *e = p->targets.first, *next;

	for (; e != NULL; e = next) {
		next = e->next; /* fn may drop it */
		fn(ctx, &e->target);
	}
}

void
prober_get_stats(const struct prober *p, struct prober_stats *out)
{
	*out = p->stats;
	out->targets = p->targets.count;
	out->in_flight = p->flight.count;
	out->late = p->flight.late;
}

/* ---- the whole ---- */

static void
on_round_timer(void *ctx)
{
	tell_first_round(ctx);
}

enum err
prober_new(struct loop *loop, const struct prober_hooks *hooks, struct prober **out)
{
	struct prober *p = mem_new(sizeof(*p));
	struct flight_hooks flight_hooks = {on_done, on_place, p};
	enum err e = flight_init(&p->flight, loop, &flight_hooks);

	if (e != OK) {
		mem_free(p);
		return e;
	}
	p->hooks = *hooks;
	targets_init(&p->targets);
	pace_init(&p->pace, loop, &p->flight, on_start, p);
	p->round_timer = loop_timer_new(loop, on_round_timer, p);
	/* in the loop's first turn, when those who have targets have held them */
	loop_timer_set_ms(p->round_timer, 0);
	*out = p;
	return OK;
}

void
prober_free(struct prober *p)
{
	struct entry *e;

	if (p == NULL)
		return;
	while ((e = p->targets.first) != NULL) {
		retire(p, e);
		targets_free(e);
	}
	flight_fini(&p->flight);
	pace_fini(&p->pace);
	loop_timer_free(p->round_timer);
	targets_fini(&p->targets);
	mem_free(p);
}
