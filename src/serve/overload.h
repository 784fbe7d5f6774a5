/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether more is asked than the UDP workers can answer: decided by the server itself,
 * and over by itself.
 *
 * Shape: a look four times a second at what each worker received, how much of that came
 * in full batches, and what the kernel dropped because the worker's queue was full. Drops
 * while batches are full mean that the worker can do no more; drops while they are not
 * are a burst, or a worker that was not let run, and no overload. After a look of the
 * first kind the next ones come sooner; nothing else for OVERLOAD_BEGIN_MS begins the
 * overload; none for a while ends it, and when it comes back soon after its end, that
 * while is twice as long.
 *   - From the second such look on a worker's queue is OVERLOAD_QUEUE_MS of what it
 *     answers, so that what is answered is answered soon; else server.receive_buffer, so
 *     that bursts find room.
 *   - shared->overloaded is what workers read: they leave out what is not essential.
 * Owner: overload_close() ends it, before the workers go.
 * Threads: the control thread's; overload_step() and overload_judge() are pure.
 * Errors: none.
 * Source: socket(7), SO_RCVBUF; the kernel's SO_MEMINFO.
 */
#ifndef SERVE_OVERLOAD_H
#define SERVE_OVERLOAD_H

#include "base/loop.h"
#include "serve/workers.h"

enum {
	OVERLOAD_LOOK_MS = 250,
	OVERLOAD_AGAIN_MS = 100, /* the next look, while it may be beginning */
	OVERLOAD_BEGIN_MS = 200, /* from the first busy look */
	OVERLOAD_RATE_LOOKS = 2, /* in a row, before a rate is believed */
	OVERLOAD_QUIET_MS = 5000, /* at first */
	OVERLOAD_QUIET_MAX_MS = 300000,
	OVERLOAD_SOON_MS = 60000, /* it has come back */
	OVERLOAD_QUEUE_MS = 10,
	OVERLOAD_QUEUE_MIN = 128, /* packets */
	OVERLOAD_PACKET_OCTETS = 832, /* what a short datagram costs of the buffer */
};

enum overload_load { LOAD_NORMAL, LOAD_BURST, LOAD_BUSY };

/* One worker, between two looks. */
struct overload_worker {
	struct udp_load seen;
	unsigned busy_looks; /* in a row */
	uint64_t rate; /* packets a second while it was busy, smoothed; 0: never was */
	size_t queue; /* octets that are set; 0: not yet */
};

enum overload_event { OVERLOAD_NOTHING, OVERLOAD_BEGINS, OVERLOAD_ENDS };

struct overload {
	bool is_overloaded;
	struct mono busy_since; /* its first look in a row; never: not at the last look */
	struct mono last_busy, begun, ended; /* 0: never */
	int64_t quiet_ms;
	int64_t begun_wall_s;
	uint64_t times; /* how often it began */
	uint64_t dropped; /* by the kernel, since the start */
	uint64_t dropped_before; /* this overload */
	/* not of overload_step() */
	struct overload_worker *workers;
	struct mono looked;
	struct loop_timer *timer;
	const struct workers *all;
	struct parts *const *parts;
	struct shared *shared;
};

/*
 * What a worker did within elapsed_ms; *dropped: by its queue, in that time. Sets its
 * rate. *queue becomes how many octets its queue is to have; full is what it has when
 * nothing is wrong.
 */
enum overload_load
overload_judge(struct overload_worker *w, const struct udp_load *load, int64_t elapsed_ms,
    size_t full, uint64_t *dropped, size_t *queue);

/* One look: the worst that any worker is. */
enum overload_event
overload_step(struct overload *o, enum overload_load worst, struct mono now);

/* *parts: what is served at the moment. */
void
overload_open(struct overload *o, struct loop *loop, const struct workers *workers,
    struct shared *shared, struct parts *const *parts);

/* One that was never opened is allowed. */
void
overload_close(struct overload *o);

#endif
