/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verdict on one target: what a result makes of it, when it can be another, and how
 * the log tells it.
 *
 * Shape: the state machine (health/machine.h) with the limits of the target's check, and
 * what others see beside the state: reason, latency, times, counts.
 * Owner: all of it stands in the entry.
 * Threads: the prober's own.
 * Errors: none.
 * Source: DESIGN "Health".
 */
#ifndef HEALTH_VERDICT_H
#define HEALTH_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "health/probe.h"
#include "health/targets.h"

/* Takes in one result; the state may be another then. */
struct judge_ruling
verdict_feed(
    struct entry *e, struct judge *j, const struct probe_result *r, struct mono now);

/* The moment from which results can change what is served; true when it is another. */
bool
verdict_reckon(struct entry *e);

/* The time between two probes that confirm: never slower than probing. */
int64_t
verdict_confirm_ms(const struct entry *e);

/* Logs a new state and tells it. lasted_ms: how long the one before did. */
void
verdict_log(const struct target *t, enum health_state old, int64_t lasted_ms);

/* What it is, to who is told of trouble: at a change, and once it is taken up again. */
void
verdict_tell(const struct target *t);

/* It is probed no more: whatever was told of it is over. */
void
verdict_forget(const struct target *t);

/* Logs that it is held from now on, or is no longer. */
void
verdict_log_held(const struct target *t, struct mono now);

#endif
