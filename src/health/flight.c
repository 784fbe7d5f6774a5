/* SPDX-License-Identifier: BSD-2-Clause */
#include "health/flight.h"

#include <assert.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/mem.h"
#include "health/certificate.h"
#include "health/dial.h"
#include "health/http.h"
#include "health/targets.h"

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

/* One probe in flight. */
struct run {
	struct flight *flight;
	struct entry *entry;
	struct run *next, *prev;
	struct run *busy_next, *busy_prev; /* while in handshake, oldest first */
	bool is_handshake;
	bool is_late;
	int64_t started_ms;
	struct http_probe *http;
	struct dial *tcp;
};

static size_t
get_count_max(void)
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
flight_init(struct flight *f, struct loop *loop, const struct flight_hooks *hooks)
{
	struct http *http;
	enum err e = http_new(loop, &http);

	if (e != OK)
		return e;
	*f = (struct flight){
	    .loop = loop, .http = http, .hooks = *hooks, .count_max = get_count_max()};
	return OK;
}

void
flight_fini(struct flight *f)
{
	assert(f->count == 0);
	http_free(f->http);
	*f = (struct flight){0};
}

/* ---- handshakes ---- */

static void
leave_handshake(struct run *run)
{
	struct flight *f = run->flight;

	if (!run->is_handshake)
		return;
	run->is_handshake = false;
	f->handshakes--;
	if (run->busy_prev != NULL)
		run->busy_prev->busy_next = run->busy_next;
	else
		f->busy_first = run->busy_next;
	if (run->busy_next != NULL)
		run->busy_next->busy_prev = run->busy_prev;
	else
		f->busy_last = run->busy_prev;
}

static void
enter_handshake(struct run *run)
{
	struct flight *f = run->flight;

	run->is_handshake = true;
	f->handshakes++;
	run->busy_prev = f->busy_last;
	if (f->busy_last != NULL)
		f->busy_last->busy_next = run;
	else
		f->busy_first = run;
	f->busy_last = run;
}

bool
flight_is_full(const struct flight *f)
{
	return f->count >= f->count_max;
}

bool
flight_has_room(const struct flight *f)
{
	return !flight_is_full(f) && f->handshakes < HANDSHAKES_MAX;
}

void
flight_take_places(struct flight *f, int64_t now_ms)
{
	while (
	    f->busy_first != NULL && now_ms - f->busy_first->started_ms >= HANDSHAKE_MS)
		leave_handshake(f->busy_first);
}

int64_t
flight_wait_ms(const struct flight *f, int64_t now_ms)
{
	if (f->handshakes < HANDSHAKES_MAX)
		return 0;
	return f->busy_first->started_ms + HANDSHAKE_MS - now_ms;
}

static void
on_ready(void *ctx)
{
	struct run *run = ctx;
	struct flight *f = run->flight;

	if (!run->is_handshake)
		return;
	leave_handshake(run);
	if (f->handshakes == HANDSHAKES_MAX - 1)
		f->hooks.on_place(f->hooks.ctx);
}

/* ---- beginning and end ---- */

static struct run *
begin_run(struct flight *f, struct entry *e, int64_t now_ms, bool is_late)
{
	struct run *run = mem_new(sizeof(*run));

	run->flight = f;
	run->entry = e;
	run->started_ms = now_ms;
	run->is_late = is_late;
	run->next = e->runs;
	if (e->runs != NULL)
		e->runs->prev = run;
	e->runs = run;
	e->in_flight++;
	f->count++;
	enter_handshake(run);
	return run;
}

/* Takes it off all lists; the probe itself is gone already, or the caller's. */
static void
end_run(struct run *run)
{
	struct entry *e = run->entry;

	leave_handshake(run);
	if (run->prev != NULL)
		run->prev->next = run->next;
	else
		e->runs = run->next;
	if (run->next != NULL)
		run->next->prev = run->prev;
	e->in_flight--;
	run->flight->count--;
	mem_free(run);
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
	struct flight *f = run->flight;
	struct entry *e = run->entry;
	struct probe_result r = *result;

	r.started_ms = run->started_ms;
	if (is_overtaken(run, &r, mono_now().ms)) {
		probe_doubt(&r, "late");
		f->late++;
	}
	end_run(run);
	f->hooks.on_done(f->hooks.ctx, e, &r);
}

static const struct probe_hooks run_hooks = {on_ready, on_done};

enum err
flight_start(struct flight *f, struct entry *e, int64_t now_ms, bool is_late)
{
	const struct target *t = &e->target;
	const struct config_check *c = t->check;
	struct run *run = begin_run(f, e, now_ms, is_late);
	struct probe_result r = {.started_ms = now_ms};

	if (c->kind == CHECK_HTTP)
		run->http = http_start(f->http, c, &t->ip,
		    certificate_is_due(e, (struct mono){now_ms}), &run_hooks, run);
	else
		run->tcp = dial_start(f->loop, c, &t->ip, &run_hooks, run);
	if (run->http != NULL || run->tcp != NULL)
		return OK;
	probe_doubt(&r, "no-memory");
	on_done(run, &r);
	return ERR_IO;
}

void
flight_stop(struct flight *f, struct entry *e)
{
	while (e->runs != NULL) {
		assert(e->runs->flight == f);
		if (e->runs->http != NULL)
			http_stop(e->runs->http);
		if (e->runs->tcp != NULL)
			dial_stop(e->runs->tcp);
		end_run(e->runs);
	}
}
