/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "health/kept.h"
#include "health/probe.h"
#include "health/prober_inside.h"
#include "health/verdict.h"

enum {
	TICK_MS = 10000,
	KEEP_SOON_MS = 250, /* with the disk's own time within a second */
	KEEP_ALL_TICKS = 6, /* all that has changed, and that it is true still */
};

/* ---- what is kept for the next process ---- */

static void
keep(struct prober *p, struct entry *e)
{
	struct buf key = {0}, value = {0};

	kept_write_key(&e->target, &key);
	kept_write(&e->target, &value);
	p->hooks.on_keep(p->hooks.ctx, KEPT_TARGET, buf_text(&key), buf_text(&value));
	e->is_changed = false;
	buf_fini(&key);
	buf_fini(&value);
}

static int
compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Rows of targets that are gone. Where a check was changed alone, another target has that
 * key now: its row is written anew. */
static void
drop_gone(struct prober *p)
{
	struct buf key = {0};

	if (p->gone_count == 0)
		return;
	qsort(p->gone, p->gone_count, sizeof(*p->gone), compare_keys);
	for (size_t i = 0; i < p->gone_count; i++)
		p->hooks.on_keep(p->hooks.ctx, KEPT_TARGET, p->gone[i], NULL);
	for (struct entry *e = p->targets.first; e != NULL; e = e->next) {
		const char *text;

		buf_clear(&key);
		kept_write_key(&e->target, &key);
		text = buf_text(&key);
		if (bsearch(&text, p->gone, p->gone_count, sizeof(*p->gone),
		        compare_keys) != NULL)
			e->is_changed = true;
	}
	buf_fini(&key);
	while (p->gone_count > 0)
		mem_free(p->gone[--p->gone_count]);
}

static void
keep_all(struct prober *p)
{
	struct kept_clock now;
	struct buf text = {0};

	p->is_keep_armed = false;
	if (p->hooks.on_keep == NULL)
		return;
	drop_gone(p);
	for (struct entry *e = p->targets.first; e != NULL; e = e->next)
		if (e->is_changed && !e->judged.is_canary)
			keep(p, e);
	kept_clock_read(&now);
	kept_write_clock(&now, &text);
	p->hooks.on_keep(p->hooks.ctx, KEPT_SAVED, KEPT_SAVED_KEY, buf_text(&text));
	buf_fini(&text);
}

static void
arm_keep(struct prober *p)
{
	if (p->is_keep_armed)
		return;
	p->is_keep_armed = true;
	loop_timer_set_ms(p->keep_timer, KEEP_SOON_MS);
}

void
funnel_keep_soon(struct prober *p, struct entry *e)
{
	e->is_changed = true;
	arm_keep(p);
}

void
funnel_forget(struct prober *p, struct entry *e)
{
	struct buf key = {0};

	if (p->hooks.on_keep == NULL || e->judged.is_canary)
		return;
	kept_write_key(&e->target, &key);
	p->gone = mem_grow(p->gone, p->gone_count, &p->gone_cap, sizeof(*p->gone));
	p->gone[p->gone_count++] = mem_str(buf_text(&key));
	buf_fini(&key);
	arm_keep(p);
}

static void
on_keep_timer(void *ctx)
{
	keep_all(ctx);
}

static void
on_tick(void *ctx)
{
	struct prober *p = ctx;

	alarm_tick(&p->alarm);
	if (++p->ticks % KEEP_ALL_TICKS == 0)
		keep_all(p);
	loop_timer_set_ms(p->tick_timer, TICK_MS);
}

/* ---- the funnel of results ---- */

void
funnel_tell_first_round(struct prober *p)
{
	if (p->is_round_told || p->stats.without_result > 0)
		return;
	p->is_round_told = true;
	if (p->hooks.on_first_round != NULL)
		p->hooks.on_first_round(p->hooks.ctx);
}

static void
count(struct prober *p, struct entry *e, const struct probe_result *r, struct mono now)
{
	p->stats.probes++;
	p->stats.failures += r->outcome == OUTCOME_FAILURE;
	p->stats.inconclusive += r->outcome == OUTCOME_INCONCLUSIVE;
	if (!e->has_result) {
		e->has_result = true;
		p->stats.without_result--;
	}
	alarm_count(&p->alarm, &e->target, r->outcome, r->reason, now);
}

void
funnel_settle(struct prober *p, struct entry *e, enum health_state old, int64_t now_ms)
{
	bool is_other_time;

	pace_plan(&p->pace, e, now_ms);
	is_other_time = verdict_reckon(e);
	if (is_other_time || e->target.machine.state != old)
		p->hooks.on_change(p->hooks.ctx, &e->target, old);
}

void
funnel_change_sight(struct prober *p, const struct entry *but, struct mono now)
{
	struct entry *e, *next;

	p->pace.is_calm = p->judge.blind.is_blind;
	for (e = p->targets.first; e != NULL; e = e->next) {
		e->is_frozen = p->judge.blind.is_blind && !e->judged.is_canary;
		if (e != but && !p->judge.blind.is_blind)
			judge_forgive(&p->judge, &e->judged);
	}
	for (e = p->targets.first; e != NULL; e = next) {
		next = e->next;
		if (e != but)
			funnel_settle(p, e, e->target.machine.state, now.ms);
	}
}

void
funnel_arm_held(struct prober *p, int64_t until_ms, int64_t now_ms)
{
	if (p->held_armed_ms != 0 && p->held_armed_ms <= until_ms)
		return;
	p->held_armed_ms = until_ms;
	loop_timer_set_ms(p->held_timer, until_ms > now_ms ? until_ms - now_ms : 0);
}

void
funnel_end_hold(struct prober *p, struct entry *e, struct mono now)
{
	e->target.held.until_ms = 0;
	funnel_settle(p, e, e->target.machine.state, now.ms);
	verdict_log_held(&e->target, now);
	funnel_keep_soon(p, e);
}

static void
on_held_timer(void *ctx)
{
	struct prober *p = ctx;
	struct mono now = mono_now();
	struct entry *e, *next;
	int64_t first = 0;

	p->held_armed_ms = 0;
	for (e = p->targets.first; e != NULL; e = next) {
		int64_t until_ms = e->target.held.until_ms;

		next = e->next;
		if (until_ms == 0)
			continue;
		if (until_ms <= now.ms)
			funnel_end_hold(p, e, now);
		else if (first == 0 || until_ms < first)
			first = until_ms;
	}
	if (first != 0)
		funnel_arm_held(p, first, now.ms);
	pace_arm(&p->pace, now.ms);
}

static void
tell_change(struct prober *p, struct entry *e, enum health_state old, int64_t lasted_ms,
    struct mono now)
{
	struct target *t = &e->target;

	if (e->judged.is_canary) {
		if (t->machine.state == HEALTH_DOWN && !p->judge.blind.is_blind)
			alarm_canary(t, true);
		else if (t->machine.state == HEALTH_UP && old == HEALTH_RECOVERING)
			alarm_canary(t, false);
		return;
	}
	verdict_log(t, old, lasted_ms);
	if (target_is_held(t) && old == HEALTH_RECOVERING) {
		funnel_arm_held(p, t->held.until_ms, now.ms);
		verdict_log_held(t, now);
	}
	funnel_keep_soon(p, e);
}

/*
 * Much may be failing: all that are up are probed now, one a millisecond, so that none
 * of them is late by waiting for its turn.
 */
static void
ask_all(struct prober *p, int64_t now_ms)
{
	int64_t due_ms = now_ms;

	log_info("targets fail in several regions effect=\"all are probed at once\"");
	for (struct entry *e = p->targets.first; e != NULL; e = e->next)
		if (e->target.machine.state == HEALTH_UP)
			pace_hurry(&p->pace, e, due_ms++);
}

/*
 * The funnel: every result of every probe comes through here, and here alone verdicts
 * change, as health/judge.h says.
 */
void
funnel_feed(struct prober *p, struct entry *e, const struct probe_result *r)
{
	struct target *t = &e->target;
	struct machine before = t->machine;
	struct mono now = mono_now(), since = t->since;
	struct judge_ruling ruling;

	count(p, e, r, now);
	ruling = verdict_feed(e, &p->judge, r, now);
	e->is_busy = true;
	if (ruling.blind != BLIND_SAME)
		funnel_change_sight(p, e, now);
	/* before the log, which may have to wait for whoever reads it */
	funnel_settle(p, e, before.state, now.ms);
	if (ruling.is_due_for_all)
		ask_all(p, now.ms);
	alarm_ruling(&p->alarm, &ruling, &p->judge, now);
	if (t->machine.state != before.state)
		tell_change(p, e, before.state,
		    mono_is_never(since) ? 0 : mono_diff_ms(now, since), now);
	if (t->machine.failures != before.failures || t->machine.leak != before.leak)
		e->is_changed = true;
	e->is_busy = false;
	if (e->holders == 0)
		targets_free(e);
	funnel_tell_first_round(p);
}

/* ---- timers ---- */

void
funnel_init(struct prober *p, struct loop *loop)
{
	p->held_timer = loop_timer_new(loop, on_held_timer, p);
	p->keep_timer = loop_timer_new(loop, on_keep_timer, p);
	p->tick_timer = loop_timer_new(loop, on_tick, p);
	loop_timer_set_ms(p->tick_timer, TICK_MS);
}

void
funnel_fini(struct prober *p)
{
	while (p->gone_count > 0)
		mem_free(p->gone[--p->gone_count]);
	mem_free(p->gone);
	loop_timer_free(p->held_timer);
	loop_timer_free(p->keep_timer);
	loop_timer_free(p->tick_timer);
}
