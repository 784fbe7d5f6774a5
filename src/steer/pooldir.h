/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pools of the next world: a directory by number that shares unchanged chunks with
 * the present one.
 *
 * Shape: copy-on-write over struct world's chunks.
 * Owner: an edit owns the chunks it copied until they are put into a world; the replaced
 * ones are handed to the limbo.
 * Threads: the store thread.
 * Errors: none.
 * Source: none.
 */
#ifndef STEER_POOLDIR_H
#define STEER_POOLDIR_H

#include <stddef.h>
#include <stdint.h>

#include "base/publish.h"
#include "steer/world.h"

struct pooldir {
	struct pool_chunk **chunks;
	size_t count;
	size_t shared_count; /* of those that `base` had */
	struct pool_chunk **base; /* the present world's; not ours */
};

/* from: the present world, NULL: none yet. */
void
pooldir_begin(struct pooldir *d, const struct world *from);

/* Puts a pool (NULL: none) at a number, and returns what was there. */
struct pool *
pooldir_put(struct pooldir *d, uint32_t id, struct pool *pool);

struct pool *
pooldir_get(const struct pooldir *d, uint32_t id);

/* Puts the directory into the next world. */
void
pooldir_finish(struct pooldir *d, struct world *next);

/* Once that world is published: what only the one before has goes to the limbo. */
void
pooldir_retire(struct pooldir *d, struct limbo *limbo);

#endif
