/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pace of probing: when the next probe of each target starts.
 *
 * Shape: the schedule by due time, behind a limit of starts a second and the room that
 * flight.h has; one timer for whatever is due first.
 * Owner: pace_fini() frees all but the targets.
 * Threads: the loop's own; start comes from the timer alone, and may add and remove
 * targets.
 * Errors: none.
 * Source: DESIGN "Health".
 */
#ifndef HEALTH_PACE_H
#define HEALTH_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "health/schedule.h"

struct entry;
struct flight;

/* Its time has come. is_late: by more than half its interval, and through our fault. The
 * target is off the schedule until pace_plan(). */
typedef void
pace_start(void *ctx, struct entry *e, int64_t now_ms, bool is_late);

struct pace {
	struct schedule schedule;
	struct schedule_rate rate;
	struct flight *flight;
	struct loop_timer *timer;
	int64_t armed_ms; /* when it is to fire; 0: it is not set */
	int64_t stall_ms; /* by how much it was missed since it fired last */
	uint64_t random;
	bool is_calm; /* nothing is to be confirmed: each target at its interval */
	pace_start *start;
	void *ctx;
};

/* The flight must outlive it. */
void
pace_init(struct pace *p, struct loop *loop, struct flight *flight, pace_start *start,
    void *ctx);

void
pace_fini(struct pace *p);

/* Plans the next start, anew after whatever may have changed it. */
void
pace_plan(struct pace *p, struct entry *e, int64_t now_ms);

/* Lets it start no later than that, out of turn; its turns are then drawn anew. */
void
pace_hurry(struct pace *p, struct entry *e, int64_t due_ms);

void
pace_remove(struct pace *p, struct entry *e);

/* Sets the timer, after plans or the flight's room have changed. */
void
pace_arm(struct pace *p, int64_t now_ms);

#endif
