/* SPDX-License-Identifier: BSD-2-Clause */
#include "health/prober.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "health/kept.h"
#include "health/probe.h"
#include "health/prober_inside.h"
#include "health/verdict.h"

/* Canaries are probed as an endpoint with a plain TCP check would be. */
#define CANARY_CHECK \
	{ \
		.name = (char *)(uintptr_t) "canary", .kind = CHECK_TCP, \
		.interval_ms = 5000, .timeout_ms = 2000, .confirm_ms = 500, .fall = 3, \
		.rise = 2 \
	}

static void
on_done(void *ctx, struct entry *e, const struct probe_result *r)
{
	struct prober *p = ctx;

	funnel_feed(p, e, r);
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
static struct judge_ruling
retire(struct prober *p, struct entry *e)
{
	flight_stop(&p->flight, e);
	pace_remove(&p->pace, e);
	targets_remove(&p->targets, e);
	if (!e->has_result)
		p->stats.without_result--;
	return judge_close(&p->judge, &e->judged);
}

/* One that is held as a canary alone has no verdict. */
static void
sort_canary(struct prober *p, struct entry *e)
{
	e->judged.is_canary = e->holders != 0 && e->canary_holders == e->holders;
	if (e->judged.is_canary)
		mass_leave(&p->judge.mass, &e->member);
	e->is_frozen = p->judge.blind.is_blind && !e->judged.is_canary;
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
	sort_canary(p, e);
	return &e->target;
}

void
prober_drop(struct prober *p, struct target *target)
{
	struct entry *e = (struct entry *)target;
	struct judge_ruling ruling;
	struct mono now = mono_now();

	assert(e->prober == p && e->holders > 0);
	if (--e->holders > 0) {
		sort_canary(p, e);
		return;
	}
	funnel_forget(p, e);
	verdict_forget(target);
	ruling = retire(p, e);
	if (ruling.blind != BLIND_SAME)
		funnel_change_sight(p, NULL, now);
	alarm_ruling(&p->alarm, &ruling, &p->judge, now);
	if (!e->is_busy)
		targets_free(e);
	pace_arm(&p->pace, mono_now().ms);
	if (p->stats.without_result == 0 && !p->is_round_told)
		loop_timer_set_ms(p->round_timer, 0);
}

void
prober_set_canaries(struct prober *p, const struct ip_port *list, size_t count)
{
	struct entry **old = p->canaries;
	size_t old_count = p->canary_count;

	p->canaries = mem_array(count, sizeof(struct entry *));
	p->canary_count = count;
	for (size_t i = 0; i < count; i++) {
		struct config_check check = CANARY_CHECK;
		struct entry *e;

		check.port = list[i].port;
		e = (struct entry *)prober_hold(p, &check, &list[i].ip);
		e->canary_holders++;
		sort_canary(p, e);
		p->canaries[i] = e;
	}
	for (size_t i = 0; i < old_count; i++) {
		old[i]->canary_holders--;
		prober_drop(p, &old[i]->target);
	}
	mem_free(old);
}

bool
target_is_canary(const struct target *t)
{
	return ((const struct entry *)t)->judged.is_canary;
}

void
prober_place(struct prober *p, struct target *t, const uint16_t *regions, size_t count)
{
	judge_place(&p->judge, &((struct entry *)t)->judged, regions, count);
}

void
prober_trust(struct prober *p, struct target *t)
{
	struct entry *e = (struct entry *)t;
	bool was_held = target_is_held(t);

	held_clear(&t->held);
	if (was_held)
		funnel_end_hold(p, e, mono_now());
	else
		funnel_keep_soon(p, e);
	pace_arm(&p->pace, mono_now().ms);
}

void
prober_say(struct prober *p, struct target *t, enum fleet_word word)
{
	enum health_state old = target_state(t);
	char address[IP_TEXT_MAX];

	if (t->word == word)
		return;
	t->word = word;
	if (target_state(t) == old)
		return;
	ip_write(&t->ip, address);
	log_notice("target counts for the fleet target=\"%s %s\" measured=%s counts=%s "
	           "votes_down=%u votes_up=%u",
	    t->check->name, address, health_state_text(t->machine.state),
	    health_state_text(target_state(t)), t->votes_down, t->votes_up);
	p->hooks.on_change(p->hooks.ctx, t, t->machine.state);
}

size_t
prober_restore(struct prober *p, struct kept *kept)
{
	struct mono now = mono_now();
	struct entry *e, *next;
	size_t count = 0;

	for (e = p->targets.first; e != NULL; e = next) {
		struct target *t = &e->target;

		next = e->next;
		if (e->judged.is_canary || t->probes != 0 || kept_restore(kept, t) != OK)
			continue;
		count += t->machine.state != HEALTH_UNKNOWN;
		if (!mono_is_never(t->since))
			t->since_wall_s =
			    wall_now_s() - mono_diff_ms(now, t->since) / 1000;
		if (target_is_held(t) && t->held.until_ms <= now.ms)
			t->held.until_ms = 0;
		judge_restore(&p->judge, &e->judged);
		if (target_is_held(t))
			funnel_arm_held(p, t->held.until_ms, now.ms);
		funnel_settle(p, e, HEALTH_UNKNOWN, now.ms);
		verdict_tell(t);
		e->is_changed = true;
	}
	p->stats.restored += count;
	pace_arm(&p->pace, now.ms);
	return count;
}

struct mono
target_pending(const struct target *t)
{
	enum health_state counts = target_state(t);

	/* the next vote may turn it, at any moment */
	if (health_is_healthy(t->machine.state) != health_is_healthy(counts))
		return (struct mono){1};
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
	out->is_blind = p->judge.blind.is_blind;
	out->blind_since = p->alarm.blind_since;
	out->is_massive = p->judge.second_count != 0;
	out->massive_since = p->alarm.massive_since;
	out->put_off = p->judge.second_count;
	out->is_troubled = p->alarm.is_troubled;
	out->canaries = p->canary_count;
	for (size_t i = 0; i < p->canary_count; i++) {
		const struct target *t = &p->canaries[i]->target;

		out->canaries_silent += !health_is_healthy(t->machine.state);
		out->targets -= p->canaries[i]->judged.is_canary;
	}
}

size_t
prober_get_faults(const struct prober *p, struct prober_fault out[PROBER_FAULTS])
{
	memcpy(out, p->alarm.faults, sizeof(p->alarm.faults));
	return p->alarm.fault_count;
}

/* ---- the whole ---- */

static void
on_round_timer(void *ctx)
{
	funnel_tell_first_round(ctx);
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
	funnel_init(p, loop);
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
		(void)retire(p, e);
		targets_free(e);
	}
	mem_free(p->canaries);
	flight_fini(&p->flight);
	pace_fini(&p->pace);
	loop_timer_free(p->round_timer);
	funnel_fini(p);
	targets_fini(&p->targets);
	mem_free(p);
}
