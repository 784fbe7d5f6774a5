/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What log and events are told of the prober as a whole: mass failures, blindness,
 * canaries, and faults of our own.
 *
 * Shape: a line and an event when something begins, and when it ends. Each reason of
 * inconclusive results is counted; when at least one result in twenty of a period is
 * inconclusive, this process is overloaded or lacks something.
 * Owner: values.
 * Threads: the prober's own.
 * Errors: none; reasons beyond PROBER_FAULTS are counted as the last one.
 * Source: DESIGN "Health".
 */
#ifndef HEALTH_ALARM_H
#define HEALTH_ALARM_H

#include "health/judge.h"
#include "health/prober.h"

struct alarm {
	struct prober_fault faults[PROBER_FAULTS];
	size_t fault_count;
	char logged[HEALTH_REASON_MAX]; /* the fault that was logged last */
	struct mono logged_at;
	struct mono blind_since, massive_since; /* never: not now */
	uint64_t period_probes, period_inconclusive;
	bool is_troubled;
};

/* Each result of a target; a fault of our own is logged once a minute. */
void
alarm_count(struct alarm *a, const struct target *t, enum health_outcome outcome,
    const char *reason, struct mono now);

/* A period is over: is there trouble, or is it over? */
void
alarm_tick(struct alarm *a);

/* What one result meant for all the others. */
void
alarm_ruling(struct alarm *a, const struct judge_ruling *r, const struct judge *j,
    struct mono now);

/* A canary does not answer while others do, or does again. */
void
alarm_canary(const struct target *t, bool fails);

#endif
