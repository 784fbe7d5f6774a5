/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * States of targets as they are kept for the next process: texts under names.
 *
 * Shape: a row for each target, "CHECK ADDRESS", and one for the moment of the last
 * saving. Rows are older than KEPT_MAX_MS: all of them are forgotten. Within one boot of
 * the machine that age is told by the monotonic clock, so that no step of the wall clock
 * makes them older or younger; only after a boot the wall clock has to do, and a moment
 * that seems to lie ahead of it is taken as now.
 * Owner: kept_fini().
 * Threads: one at a time.
 * Errors: a row that is not understood, or tells of a time that can not be, is left out
 * and counted; an unknown state is what there was.
 * Source: DESIGN "Health"; sextant-state(5) describes the rows.
 */
#ifndef HEALTH_KEPT_H
#define HEALTH_KEPT_H

#include "base/buf.h"
#include "health/prober.h"

#define KEPT_MAX_MS ((int64_t)600000)
#define KEPT_TARGET "target" /* kinds of rows */
#define KEPT_SAVED "target-saved" /* its only key is KEPT_SAVED_KEY */
#define KEPT_SAVED_KEY "last"

/* A clock that outlives the process; boot is "" when there is none. */
struct kept_clock {
	char boot[40];
	int64_t mono_ms, wall_ms;
};

void
kept_clock_read(struct kept_clock *out);

struct kept_row {
	char *key, *value;
	bool is_used; /* a target was restored from it */
};

struct kept {
	struct kept_row *rows; /* in order of their keys */
	size_t count, cap;
	struct kept_clock saved;
	bool has_saved;
	int64_t shift_ms; /* from the clock of the rows to ours */
	int64_t now_ms; /* on ours */
	size_t refused; /* rows that were no good */
};

/* Takes in a row, in any order. kept: a struct kept. */
void
kept_add(void *kept, const char *kind, const char *key, const char *value);

/* All are there. False: they are too old, or there are none, and there is nothing to
 * restore. */
bool
kept_finish(struct kept *k, const struct kept_clock *now);

void
kept_fini(struct kept *k);

/* How old the rows are; for people. */
int64_t
kept_age_ms(const struct kept *k, const struct kept_clock *now);

/* The key of a target, and its state as text. */
void
kept_write_key(const struct target *t, struct buf *out);

void
kept_write(const struct target *t, struct buf *out);

void
kept_write_clock(const struct kept_clock *c, struct buf *out);

/* Sets state, counters, held history and reason. ERR_MISSING: there is no such row. */
MUST_CHECK enum err
kept_restore(struct kept *k, struct target *t);

#endif
