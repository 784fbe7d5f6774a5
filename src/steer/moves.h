/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the log is told of answers that move.
 *
 * Shape: a line for each cell that has another choice; of many that move together only
 * the first MOVES_LOGGED, and how many there were besides: a line each for 100,000
 * records that share an address would keep those whose answers have not moved yet.
 * Owner: values.
 * Threads: the probe thread.
 * Errors: none.
 * Source: none.
 */
#ifndef STEER_MOVES_H
#define STEER_MOVES_H

#include <stddef.h>

#include "steer/choice.h"
#include "steer/pool.h"

enum { MOVES_LOGGED = 200 };

struct moves {
	size_t count; /* of those that move together, so far */
};

/* Who is served what from now on; an error while nothing of the ladder is healthy. was:
 * NULL: nothing was served before. */
void
moves_log(struct moves *m, const struct pool *p, size_t ladder, unsigned family,
    const struct choice *was, const struct choice *now);

/* Those were all that move together. */
void
moves_end(struct moves *m);

#endif
