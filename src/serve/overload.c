/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/overload.h"

#include "base/event.h"
#include "base/log.h"
#include "base/mem.h"
#include "steer/parts.h"

enum {
	DROPPED_PART = 1000, /* fewer than one of so many are no overload */
	ELAPSED_MIN_MS = 50, /* a shorter look says nothing of a rate */
};

/* The queue of a worker that can do no more. */
static size_t
bound(uint64_t rate, size_t full)
{
	uint64_t packets = rate * OVERLOAD_QUEUE_MS / 1000;
	size_t octets;

	if (packets < OVERLOAD_QUEUE_MIN)
		packets = OVERLOAD_QUEUE_MIN;
	octets = (size_t)packets * OVERLOAD_PACKET_OCTETS;
	return octets < full ? octets : full;
}

enum overload_load
overload_judge(struct overload_worker *w, const struct udp_load *load, int64_t elapsed_ms,
    size_t full, uint64_t *dropped, size_t *queue)
{
	uint64_t received = load->received - w->seen.received,
	         in_full = load->in_full - w->seen.in_full, rate;

	*dropped = load->dropped - w->seen.dropped; /* 32 bits, which go round */
	w->seen = *load;
	*queue = w->queue;
	if (*dropped == 0 || *dropped * DROPPED_PART < received) {
		w->busy_looks = 0;
		return LOAD_NORMAL;
	}
	if (in_full * 2 <= received) {
		w->busy_looks = 0;
		*queue = full;
		return LOAD_BURST;
	}
	/* it may have begun in the middle of the first look */
	if (++w->busy_looks < OVERLOAD_RATE_LOOKS)
		return LOAD_BUSY;
	rate = received * 1000 / (uint64_t)elapsed_ms;
	w->rate = w->busy_looks == OVERLOAD_RATE_LOOKS ? rate : (3 * w->rate + rate) / 4;
	*queue = bound(w->rate, full);
	return LOAD_BUSY;
}

static enum overload_event
begin(struct overload *o, struct mono now)
{
	bool is_back =
	    !mono_is_never(o->ended) && mono_diff_ms(now, o->ended) < OVERLOAD_SOON_MS;

	o->quiet_ms = is_back ? 2 * o->quiet_ms : OVERLOAD_QUIET_MS;
	if (o->quiet_ms > OVERLOAD_QUIET_MAX_MS)
		o->quiet_ms = OVERLOAD_QUIET_MAX_MS;
	o->is_overloaded = true;
	o->begun = now;
	o->times++;
	return OVERLOAD_BEGINS;
}

enum overload_event
overload_step(struct overload *o, enum overload_load worst, struct mono now)
{
	if (worst != LOAD_BUSY)
		o->busy_since = (struct mono){0};
	else if (mono_is_never(o->busy_since))
		o->busy_since = now;
	if (worst == LOAD_BUSY)
		o->last_busy = now;
	if (!o->is_overloaded && worst == LOAD_BUSY &&
	    mono_diff_ms(now, o->busy_since) >= OVERLOAD_BEGIN_MS)
		return begin(o, now);
	if (o->is_overloaded && mono_diff_ms(now, o->last_busy) >= o->quiet_ms) {
		o->is_overloaded = false;
		o->ended = now;
		return OVERLOAD_ENDS;
	}
	return OVERLOAD_NOTHING;
}

/* The kernel counts twice what it is asked for, its own part included. */
static size_t
full_queue(const struct overload *o)
{
	return (size_t)2 * (*o->parts)->config->server.receive_buffer;
}

static void
set_queue(struct overload *o, size_t i, size_t octets)
{
	struct overload_worker *w = &o->workers[i];
	size_t apart = octets > w->queue ? octets - w->queue : w->queue - octets;

	/* small steps are not worth a system call */
	if (apart == 0 || (octets != full_queue(o) && apart < w->queue / 8))
		return;
	udp_set_queue(o->all->udp[i], octets);
	w->queue = octets;
}

static enum overload_load
look_at_all(struct overload *o, int64_t elapsed_ms)
{
	enum overload_load worst = LOAD_NORMAL;

	for (size_t i = 0; i < o->all->udp_count; i++) {
		enum overload_load is;
		struct udp_load load;
		uint64_t dropped;
		size_t queue;

		udp_get_load(o->all->udp[i], &load);
		is = overload_judge(
		    &o->workers[i], &load, elapsed_ms, full_queue(o), &dropped, &queue);
		o->dropped += dropped;
		worst = is > worst ? is : worst;
		set_queue(o, i, queue);
	}
	return worst;
}

static void
tell_begin(struct overload *o)
{
	o->begun_wall_s = wall_now_s();
	log_warning("overload begins dropped=%llu",
	    (unsigned long long)(o->dropped - o->dropped_before));
	event_bad(EVENT_STATE, EVENT_CRITICAL, "overload",
	    "more is asked than can be answered: questions are dropped");
}

static void
tell_end(struct overload *o)
{
	log_notice("overload ends seconds=%lld dropped=%llu",
	    (long long)(mono_diff_ms(o->ended, o->begun) / 1000),
	    (unsigned long long)(o->dropped - o->dropped_before));
	event_good(EVENT_STATE, "overload", "all is answered again");
}

/* Also when a reload has changed the buffer. */
static void
restore_queues(struct overload *o)
{
	for (size_t i = 0; i < o->all->udp_count; i++)
		if (o->workers[i].busy_looks == 0)
			set_queue(o, i, full_queue(o));
}

static bool
may_begin(const struct overload *o)
{
	return !o->is_overloaded && !mono_is_never(o->busy_since);
}

static void
on_timer(void *ctx)
{
	struct overload *o = ctx;
	struct mono now = mono_now();
	int64_t elapsed = mono_diff_ms(now, o->looked);
	enum overload_event event;

	if (elapsed < ELAPSED_MIN_MS) {
		loop_timer_set_ms(o->timer, OVERLOAD_AGAIN_MS);
		return;
	}
	o->looked = now;
	event = overload_step(o, look_at_all(o, elapsed), now);
	if (event != OVERLOAD_NOTHING)
		atomic_store_explicit(
		    &o->shared->overloaded, o->is_overloaded, memory_order_relaxed);
	if (!o->is_overloaded)
		restore_queues(o);
	if (event == OVERLOAD_BEGINS)
		tell_begin(o);
	else if (event == OVERLOAD_ENDS)
		tell_end(o);
	/* what a burst loses is no part of the next overload */
	if (!o->is_overloaded && mono_is_never(o->busy_since))
		o->dropped_before = o->dropped;
	loop_timer_set_ms(o->timer, may_begin(o) ? OVERLOAD_AGAIN_MS : OVERLOAD_LOOK_MS);
}

void
overload_open(struct overload *o, struct loop *loop, const struct workers *workers,
    struct shared *shared, struct parts *const *parts)
{
	*o = (struct overload){
	    .workers = mem_array(workers->udp_count, sizeof(*o->workers)),
	    .looked = mono_now(),
	    .timer = loop_timer_new(loop, on_timer, o),
	    .all = workers,
	    .parts = parts,
	    .shared = shared,
	};
	restore_queues(o);
	loop_timer_set_ms(o->timer, OVERLOAD_LOOK_MS);
}

void
overload_close(struct overload *o)
{
	loop_timer_free(o->timer);
	o->timer = NULL;
	mem_free(o->workers);
	o->workers = NULL;
}
