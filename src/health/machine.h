/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verdict state machine of one target: pure.
 *
 * Shape: five states and a few counters; fed with one outcome at a time.
 * Owner: values.
 * Threads: any.
 * Errors: none.
 * Source: DESIGN "Health".
 */
#ifndef HEALTH_MACHINE_H
#define HEALTH_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

enum health_state {
	HEALTH_UNKNOWN, /* no result yet */
	HEALTH_UP,
	HEALTH_SUSPECT, /* up, but failing */
	HEALTH_DOWN,
	HEALTH_RECOVERING, /* down, but succeeding */
};

enum health_outcome { OUTCOME_SUCCESS, OUTCOME_FAILURE, OUTCOME_INCONCLUSIVE };

struct machine {
	enum health_state state;
	uint32_t failures; /* in a row */
	uint32_t successes; /* in a row */
	uint32_t leak; /* tenths: +10 a failure, -2 a success, down at 60 */
	bool is_second; /* suspect, and looked at a second time: fall alone decides */
};

struct machine_limits {
	uint32_t fall, rise; /* at least 1 */
};

/* Feeds one outcome; true when the state changed. */
bool
machine_feed(
    struct machine *m, enum health_outcome outcome, const struct machine_limits *limits);

/* Whether one more failure would take it from up or suspect to down. */
bool
machine_would_fall(const struct machine *m, const struct machine_limits *limits);

/* Instead of that failure: it is suspect for `fall` more failures in a row. */
void
machine_look_again(struct machine *m);

/* Failures in a row until now were not its own: a suspect one needs `fall` new ones. */
void
machine_forgive(struct machine *m);

/* unknown, up and suspect count as healthy. */
bool
health_is_healthy(enum health_state s);

/* "unknown", "up", "suspect", "down", "recovering". */
const char *
health_state_text(enum health_state s);

/* True while the next probe is due after confirm_interval instead of interval. */
bool
machine_is_confirming(const struct machine *m);

/*
 * How many more results of one kind, in a row, would change what is served: failures
 * while unknown or suspect, successes while recovering; 0 while up or down.
 */
uint32_t
machine_needed(const struct machine *m, const struct machine_limits *limits);

/*
 * Whether and when, at the earliest, more probes can change what is served: milliseconds
 * from now, given in how many the next probe starts (0: no change is pending).
 */
int64_t
machine_pending_ms(const struct machine *m, const struct machine_limits *limits,
    int64_t next_probe_ms, int64_t confirm_ms);

#endif
