/* SPDX-License-Identifier: BSD-2-Clause */
#include "health/prober.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>

#include "base/log.h"
#include "base/mem.h"
#include "health/http.h"
#include "health/probe.h"
#include "health/schedule.h"
#include "health/targets.h"
#include "health/dial.h"

#define STARTS_PER_S 2000
#define STARTS_BURST 20 /* what 10 ms of a late loop may catch up at once */
/*
 * Handshakes cost us a millisecond each, so only so many are begun before others are
 * done. One that takes longer than this waits for its peer and not for us: it gives its
 * place away, so that 64 hanging targets delay nobody (64 places / 32 ms = 2,000/s).
 */
#define HANDSHAKES_MAX 64
#define HANDSHAKE_MS 32
/* Each holds a descriptor; never more than half of what the process may have. */
#define IN_FLIGHT_MAX 4000
#define IN_FLIGHT_MIN 64
/* A fault of our own is logged when it begins, and again after this time. */
#define FAULT_LOG_MS 60000

/* One probe in flight. */
struct run {
	struct entry *entry;
	struct run *next, *prev;
	struct run *busy_next, *busy_prev; /* while in handshake, oldest first */
	bool is_handshake;
	bool is_late;
	int64_t started_ms;
	struct http_probe *http;
	struct dial *tcp;
};

struct prober {
	struct loop *loop;
	struct prober_hooks hooks;
	struct http *http;
	struct targets targets;
	struct schedule schedule;
	struct schedule_rate rate;
	struct loop_timer *timer;
	int64_t armed_ms; /* when it is to fire; 0: it is not set */
	int64_t stall_ms; /* by how much it was missed since it fired last */
	struct loop_timer *round_timer;
	bool is_round_told;
	size_t in_flight_max;
	size_t handshakes;
	struct run *busy_first, *busy_last;
	uint64_t random;
	char fault[HEALTH_REASON_MAX]; /* the last one that was logged */
	struct mono fault_logged;
	struct prober_stats stats;
};

static uint64_t
draw(struct prober *p)
{
	/* splitmix64: spreading load needs no better one */
	uint64_t z = (p->random += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static struct machine_limits
limits_of(const struct entry *e)
{
	const struct config_check *c = e->target.check;

	return (struct machine_limits){c->fall, c->rise};
}

/* Confirming is never slower than probing. */
static int64_t
confirm_ms(const struct entry *e)
{
	const struct config_check *c = e->target.check;

	return c->confirm_ms < c->interval_ms ? c->confirm_ms : c->interval_ms;
}

/* ---- when the next one starts ---- */

static void
note_stall(struct prober *p, int64_t now_ms)
{
	if (p->armed_ms != 0 && now_ms - p->armed_ms > p->stall_ms)
		p->stall_ms = now_ms - p->armed_ms;
}

static void
arm(struct prober *p, int64_t now_ms)
{
	struct schedule_item *first = schedule_first(&p->schedule);
	int64_t wait, rate_wait;

	note_stall(p, now_ms);
	if (first == NULL || p->stats.in_flight >= p->in_flight_max) {
		loop_timer_clear(
		    p->timer); /* a result, or a new target, comes back here */
		return;
	}
	wait = first->due_ms - now_ms;
	rate_wait = schedule_rate_wait_ms(&p->rate, now_ms);
	if (wait < rate_wait)
		wait = rate_wait;
	if (p->handshakes >= HANDSHAKES_MAX) {
		int64_t place = p->busy_first->started_ms + HANDSHAKE_MS - now_ms;

		if (wait < place)
			wait = place;
	}
	if (wait < 0)
		wait = 0;
	p->armed_ms = now_ms + wait;
	loop_timer_set_ms(p->timer, wait);
}

/*
 * The time between two starts. A probe that is not answered within confirm_interval is
 * taken as a doubt before it is a failure: the next ones start as though it had failed.
 * So a hanging endpoint is out after one timeout, not after `fall` of them.
 */
static int64_t
gap_ms(const struct entry *e)
{
	const struct target *t = &e->target;
	int64_t confirm = confirm_ms(e);

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

static void
plan(struct entry *e, int64_t now_ms)
{
	int64_t due = e->started_ms == 0 ? now_ms : e->started_ms + gap_ms(e);

	/* what waits for its turn keeps the moment since which it waits */
	if (due <= now_ms)
		due = e->item.place != 0 && e->item.due_ms < now_ms ? e->item.due_ms
		                                                    : now_ms;
	e->target.next_probe = (struct mono){due};
	if (has_enough_in_flight(e))
		schedule_remove(&e->prober->schedule, &e->item);
	else
		schedule_put(&e->prober->schedule, &e->item, due);
}

/* The moment from which results can change what is served; true when it is another. */
static bool
reckon(struct entry *e)
{
	struct machine_limits limits = limits_of(e);
	struct target *t = &e->target;
	uint32_t needed = machine_needed(&t->machine, &limits);
	struct mono old = e->pending;

	if (needed == 0)
		e->pending = (struct mono){0};
	else if (e->in_flight >= needed) /* those under way are enough: any moment now */
		e->pending = (struct mono){e->started_ms};
	else
		e->pending = mono_add_ms(
		    t->next_probe, (int64_t)(needed - e->in_flight - 1) * confirm_ms(e));
	return e->pending.ms != old.ms;
}

struct mono
target_pending(const struct target *t)
{
	return ((const struct entry *)t)->pending;
}

/* ---- the funnel of results ---- */

static void
log_change(const struct target *t, enum health_state old, int64_t lasted_ms)
{
	char address[IP_TEXT_MAX];
	const char *quote = strchr(t->reason, ' ') != NULL ? "\"" : "";
	const char *name = t->check->name;
	const char *was = health_state_text(old);

	ip_write(&t->ip, address);
	switch (t->machine.state) {
	case HEALTH_DOWN:
		log_warning(
		    "target down check=%s address=%s reason=%s%s%s was=%s for_ms=%lld",
		    name, address, quote, t->reason, quote, was, (long long)lasted_ms);
		break;
	case HEALTH_UP:
		log_notice(
		    "target up check=%s address=%s latency_us=%u was=%s for_ms=%lld",
		    name, address, t->latency_us, was, (long long)lasted_ms);
		break;
	case HEALTH_SUSPECT:
		log_info(
		    "target suspect check=%s address=%s reason=%s%s%s was=%s for_ms=%lld",
		    name, address, quote, t->reason, quote, was, (long long)lasted_ms);
		break;
	case HEALTH_RECOVERING:
		log_info("target recovering check=%s address=%s was=%s for_ms=%lld", name,
		    address, was, (long long)lasted_ms);
		break;
	case HEALTH_UNKNOWN:
		break;
	}
}

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
count(struct entry *e, const struct probe_result *r)
{
	struct prober *p = e->prober;
	struct target *t = &e->target;

	t->probes++;
	p->stats.probes++;
	switch (r->outcome) {
	case OUTCOME_SUCCESS:
		t->last_failed = false;
		t->latency_us = r->latency_us;
		break;
	case OUTCOME_FAILURE:
		t->last_failed = true;
		t->failures++;
		p->stats.failures++;
		snprintf(t->reason, sizeof(t->reason), "%s", r->reason);
		break;
	case OUTCOME_INCONCLUSIVE:
		t->inconclusive++;
		p->stats.inconclusive++;
		break;
	}
	if (!e->has_result) {
		e->has_result = true;
		p->stats.without_result--;
	}
}

/*
 * The funnel: every result of every probe comes through here, and here alone verdicts
 * change. Later rules that hold a verdict back (mass failure, blindness, held endpoints)
 * belong between machine_feed() and the hook.
 */
static void
feed(struct entry *e, const struct probe_result *r)
{
	struct prober *p = e->prober;
	struct target *t = &e->target;
	struct machine_limits limits = limits_of(e);
	enum health_state old = t->machine.state;
	struct mono now = mono_now(), since = t->since;
	bool is_changed, is_other_time;

	count(e, r);
	t->last_probe = now;
	is_changed = machine_feed(&t->machine, r->outcome, &limits);
	if (is_changed) {
		t->since = now;
		t->since_wall_s = wall_now_s();
	}
	plan(e, now.ms);
	is_other_time = reckon(e);
	e->is_busy = true;
	/* before the log, which may have to wait for whoever reads it */
	if (is_changed || is_other_time)
		p->hooks.on_change(p->hooks.ctx, t, old);
	if (is_changed)
		log_change(t, old, mono_is_never(since) ? 0 : mono_diff_ms(now, since));
	if (r->outcome == OUTCOME_INCONCLUSIVE)
		log_fault(p, t, r->reason, now);
	e->is_busy = false;
	if (e->holders == 0)
		targets_free(e);
	tell_first_round(p);
}

/* ---- probes in flight ---- */

static void
leave_handshake(struct prober *p, struct run *run)
{
	if (!run->is_handshake)
		return;
	run->is_handshake = false;
	p->handshakes--;
	if (run->busy_prev != NULL)
		run->busy_prev->busy_next = run->busy_next;
	else
		p->busy_first = run->busy_next;
	if (run->busy_next != NULL)
		run->busy_next->busy_prev = run->busy_prev;
	else
		p->busy_last = run->busy_prev;
}

static void
enter_handshake(struct prober *p, struct run *run)
{
	run->is_handshake = true;
	p->handshakes++;
	run->busy_prev = p->busy_last;
	if (p->busy_last != NULL)
		p->busy_last->busy_next = run;
	else
		p->busy_first = run;
	p->busy_last = run;
}

/* Takes it off all lists; the probe itself is gone already, or the caller's. */
static void
end_run(struct run *run)
{
	struct entry *e = run->entry;
	struct prober *p = e->prober;

	leave_handshake(p, run);
	if (run->prev != NULL)
		run->prev->next = run->next;
	else
		e->runs = run->next;
	if (run->next != NULL)
		run->next->prev = run->prev;
	e->in_flight--;
	p->stats.in_flight--;
	mem_free(run);
}

static void
stop_runs(struct entry *e)
{
	while (e->runs != NULL) {
		if (e->runs->http != NULL)
			http_stop(e->runs->http);
		if (e->runs->tcp != NULL)
			dial_stop(e->runs->tcp);
		end_run(e->runs);
	}
}

static void
on_ready(void *ctx)
{
	struct run *run = ctx;
	struct prober *p = run->entry->prober;

	if (!run->is_handshake)
		return;
	leave_handshake(p, run);
	if (p->handshakes == HANDSHAKES_MAX - 1)
		arm(p, mono_now().ms);
}

/*
 * A result that says more of us than of the target: the probe began so late, or its
 * deadline was noticed so late, that this process was not given its time.
 */
static bool
is_overtaken(const struct run *run, const struct probe_result *r, int64_t now_ms)
{
	const struct config_check *c = run->entry->target.check;

	return run->is_late ||
	       (r->outcome == OUTCOME_FAILURE &&
	           now_ms - run->started_ms > c->timeout_ms + c->interval_ms / 2);
}

static void
on_done(void *ctx, const struct probe_result *result)
{
	struct run *run = ctx;
	struct entry *e = run->entry;
	struct prober *p = e->prober;
	struct probe_result r = *result;

	if (is_overtaken(run, &r, mono_now().ms)) {
		probe_doubt(&r, "late");
		p->stats.late++;
	}
	end_run(run);
	feed(e, &r);
	arm(p, mono_now().ms);
}

static const struct probe_hooks run_hooks = {on_ready, on_done};

/*
 * Late by more than half its interval. A first probe has no moment to be late for. One
 * that confirms may wait for its turn: when much fails at once the queue is long, and
 * the verdicts that would shorten it must not be what it prevents. But neither counts
 * when this process itself stood still.
 */
static bool
is_late(const struct entry *e, int64_t now_ms)
{
	int64_t half = e->target.check->interval_ms / 2;

	if (!e->has_result)
		return false;
	if (e->prober->stall_ms > half)
		return true;
	return !machine_is_confirming(&e->target.machine) &&
	       now_ms - e->item.due_ms > half;
}

static void
start(struct entry *e, int64_t now_ms)
{
	struct prober *p = e->prober;
	struct target *t = &e->target;
	const struct config_check *c = t->check;
	struct ip_port to = {t->ip, c->port};
	struct run *run = mem_new(sizeof(*run));
	bool is_steady = !machine_is_confirming(&t->machine);

	run->entry = e;
	run->started_ms = now_ms;
	run->is_late = is_late(e, now_ms);
	run->next = e->runs;
	if (e->runs != NULL)
		e->runs->prev = run;
	e->runs = run;
	e->in_flight++;
	p->stats.in_flight++;
	enter_handshake(p, run);
	if (e->started_ms != 0 && is_steady && e->in_flight == 1)
		e->is_spread = true;
	e->gap_ms = schedule_gap_ms(c->interval_ms, !e->is_spread, draw(p));
	e->started_ms = now_ms;
	if (c->kind == CHECK_HTTP)
		run->http = http_start(p->http, c, &t->ip, &run_hooks, run);
	else
		run->tcp = dial_start(p->loop, &to, c->timeout_ms, &run_hooks, run);
	if (run->http == NULL && run->tcp == NULL) {
		struct probe_result r = {0};

		probe_doubt(&r, "no-memory");
		on_done(run, &r);
		return;
	}
	plan(e, now_ms);
	if (reckon(e))
		p->hooks.on_change(p->hooks.ctx, t, t->machine.state);
}

static struct entry *
entry_of(struct schedule_item *item)
{
	return (struct entry *)((char *)item - offsetof(struct entry, item));
}

static void
on_timer(void *ctx)
{
	struct prober *p = ctx;
	int64_t now_ms = mono_now().ms;
	struct schedule_item *first;

	while (
	    p->busy_first != NULL && now_ms - p->busy_first->started_ms >= HANDSHAKE_MS)
		leave_handshake(p, p->busy_first);
	while ((first = schedule_first(&p->schedule)) != NULL &&
	       first->due_ms <= now_ms && p->stats.in_flight < p->in_flight_max &&
	       p->handshakes < HANDSHAKES_MAX && schedule_rate_take(&p->rate, now_ms)) {
		schedule_remove(&p->schedule, first);
		start(entry_of(first), now_ms);
	}
	p->stall_ms = 0;
	arm(p, now_ms);
}

/* ---- targets ---- */

/* Takes it out of everything; what is left is the memory. */
static void
retire(struct prober *p, struct entry *e)
{
	stop_runs(e);
	schedule_remove(&p->schedule, &e->item);
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
		plan(e, now_ms);
		reckon(e);
		arm(p, now_ms);
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
	arm(p, mono_now().ms);
	if (p->stats.without_result == 0 && !p->is_round_told)
		loop_timer_set_ms(p->round_timer, 0);
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
}

/* ---- the whole ---- */

static void
on_round_timer(void *ctx)
{
	tell_first_round(ctx);
}

static size_t
get_in_flight_max(void)
{
	struct rlimit limit;
	rlim_t half;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
		return IN_FLIGHT_MAX;
	half = limit.rlim_cur / 2;
	if (half > IN_FLIGHT_MAX)
		return IN_FLIGHT_MAX;
	return half < IN_FLIGHT_MIN ? IN_FLIGHT_MIN : (size_t)half;
}

enum err
prober_new(struct loop *loop, const struct prober_hooks *hooks, struct prober **out)
{
	struct prober *p = mem_new(sizeof(*p));
	enum err e = http_new(loop, &p->http);

	if (e != OK) {
		mem_free(p);
		return e;
	}
	p->loop = loop;
	p->hooks = *hooks;
	targets_init(&p->targets);
	p->in_flight_max = get_in_flight_max();
	p->timer = loop_timer_new(loop, on_timer, p);
	p->round_timer = loop_timer_new(loop, on_round_timer, p);
	/* without any entropy all nodes would only probe in step */
	if (getrandom(&p->random, sizeof(p->random), GRND_NONBLOCK) < 0)
		p->random = (uint64_t)mono_now().ms;
	schedule_rate_init(&p->rate, STARTS_PER_S, STARTS_BURST, mono_now().ms);
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
	http_free(p->http);
	loop_timer_free(p->timer);
	loop_timer_free(p->round_timer);
	schedule_fini(&p->schedule);
	targets_fini(&p->targets);
	mem_free(p);
}
