/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Held back: what comes back up too often is trusted again only after a while. Pure.
 *
 * Shape: the moments of the last falls, the newest first, and until when it is held. The
 * n-th fall within 30 minutes costs 0, 60, 180, 420 or 900 s from the moment it is up
 * again; falls while it is held count too, or a target that fails more slowly than it is
 * held would be served a little every time. Times are milliseconds on one clock of the
 * caller's; 0 is never.
 * Owner: values.
 * Threads: any.
 * Errors: none.
 * Source: DESIGN "Health"; the steps are what tests/unit/test_simulation.c found good:
 * with them an endpoint that flaps for hours moves answers a few times and then is out
 * until it is steady, and one that fell once is served again at once.
 */
#ifndef HEALTH_HELD_H
#define HEALTH_HELD_H

#include <stdbool.h>
#include <stdint.h>

enum { HELD_FALLS = 5 };
#define HELD_WINDOW_MS ((int64_t)1800000)

struct held {
	int64_t falls_ms[HELD_FALLS]; /* the newest first; 0: none */
	int64_t until_ms; /* 0: not held */
};

/* It was served, and is down. */
void
held_fall(struct held *h, int64_t now_ms);

/* It is up again. */
void
held_rise(struct held *h, int64_t now_ms);

/* An operator says that it is well: what was is forgotten. */
void
held_clear(struct held *h);

bool
held_is_held(const struct held *h, int64_t now_ms);

/* How many of its falls still count. */
unsigned
held_count(const struct held *h, int64_t now_ms);

#endif
