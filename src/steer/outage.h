/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tells of pools, and of regions of pools, that have nothing healthy left, and of their
 * end (base/event.h).
 *
 * Shape: what was told last; all zero is "all is well". A region is dark when it has
 * endpoints and none is healthy, a pool when that is so of all its endpoints but those of
 * rescue. What an operator has taken out by an override, all of it, is no news.
 * Owner: outage_fini().
 * Threads: the board's.
 * Errors: none.
 * Source: DESIGN "Alerts".
 */
#ifndef STEER_OUTAGE_H
#define STEER_OUTAGE_H

#include "steer/pool.h"

struct outage {
	bool is_dark;
	uint8_t *dark; /* a flag for each region; NULL: none is */
};

/* After the standings were set. */
void
outage_look(struct outage *o, const struct pool *p);

/* The pool goes; next is the one of its name that stays, with its notes, or NULL. */
void
outage_end(struct outage *o, const struct pool *p, const struct outage *next_outage,
    const struct pool *next);

static inline bool
outage_is_any(const struct outage *o)
{
	return o->is_dark || o->dark != NULL;
}

void
outage_fini(struct outage *o);

#endif
