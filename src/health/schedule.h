/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When probes start: pure. A queue by due time, the limit of starts, and the rule
 * for the time between two probes of one target.
 *
 * Shape: a binary heap of intrusive items; times are milliseconds on one clock that
 * the caller reads.
 * Owner: the caller owns the items; schedule_fini() frees the heap alone.
 * Threads: one at a time.
 * Errors: none.
 * Source: DESIGN "Health".
 */
#ifndef HEALTH_SCHEDULE_H
#define HEALTH_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct schedule_item {
	int64_t due_ms;
	size_t place; /* in the heap, from 1; 0: not in it */
};

struct schedule {
	struct schedule_item **heap; /* heap[0] is not used */
	size_t count;
	size_t cap;
};

void
schedule_fini(struct schedule *s);

/* Puts the item in, or moves it when it is in already. */
void
schedule_put(struct schedule *s, struct schedule_item *item, int64_t due_ms);

/* Does nothing when it is not in. */
void
schedule_remove(struct schedule *s, struct schedule_item *item);

/* The item that is due first; NULL when there is none. */
struct schedule_item *
schedule_first(const struct schedule *s);

/*
 * The time from one start to the next in steady state, drawn from a random number:
 * interval ±10 %; the first time (spread) anything up to interval, so that what was
 * started together comes apart.
 */
int64_t
schedule_gap_ms(int64_t interval_ms, bool spread, uint64_t random);

/* A bucket of starts: rate a second, at most burst at once. */
struct schedule_rate {
	int64_t per_s;
	int64_t burst;
	int64_t level; /* thousandths of a start */
	int64_t filled_ms; /* when level was true */
};

void
schedule_rate_init(struct schedule_rate *r, int64_t per_s, int64_t burst, int64_t now_ms);

/* Takes one start; false when it is not time yet. */
bool
schedule_rate_take(struct schedule_rate *r, int64_t now_ms);

/* In how many milliseconds the next one can be taken; 0: now. */
int64_t
schedule_rate_wait_ms(struct schedule_rate *r, int64_t now_ms);

#endif
