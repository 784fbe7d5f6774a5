/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Probes in flight: how many there may be, and what became of each.
 *
 * Shape: a list per target, and one of those still in handshake, oldest first. Only so
 * many handshakes are begun before others are done; one that waits long for its peer
 * gives its place away.
 * Owner: a probe in flight belongs to this module until its result, or flight_stop().
 * Threads: the loop's own. on_done may stop probes, of its own target too.
 * Errors: ERR_IO when libcurl cannot begin; otherwise they become results.
 * Source: DESIGN "Health".
 */
#ifndef HEALTH_FLIGHT_H
#define HEALTH_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/loop.h"
#include "health/probe.h"

struct entry;
struct http;
struct run;

struct flight_hooks {
	void (*on_done)(void *ctx, struct entry *e, const struct probe_result *result);
	/* All places for handshakes were taken, and now there is one. */
	void (*on_place)(void *ctx);
	void *ctx;
};

struct flight {
	struct loop *loop;
	struct http *http;
	struct flight_hooks hooks;
	size_t count, count_max;
	size_t handshakes;
	struct run *busy_first, *busy_last; /* in handshake, oldest first */
	uint64_t late; /* results that told more of us than of the target */
};

MUST_CHECK enum err
flight_init(struct flight *f, struct loop *loop, const struct flight_hooks *hooks);

/* Nothing may be in flight. */
void
flight_fini(struct flight *f);

/*
 * Starts a probe of this target; is_late: it begins so late that its failure counts for
 * nothing. ERR_IO: it could not be started; on_done had the result, and e may be gone.
 */
MUST_CHECK enum err
flight_start(struct flight *f, struct entry *e, int64_t now_ms, bool is_late);

/* Ends all probes of this target without a result. */
void
flight_stop(struct flight *f, struct entry *e);

/* As many as there may be: only a result makes room. */
bool
flight_is_full(const struct flight *f);

/* One more may start now. */
bool
flight_has_room(const struct flight *f);

/* Takes the places of handshakes that have waited for their peer for long. */
void
flight_take_places(struct flight *f, int64_t now_ms);

/* In how many milliseconds there is a place for a handshake; not above 0: now. */
int64_t
flight_wait_ms(const struct flight *f, int64_t now_ms);

#endif
