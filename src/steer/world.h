/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The world: all that an answer is made from, as one immutable snapshot.
 *
 * Shape: zones by name, pools by number (chunks of 256, so that one new pool among many
 * copies little), the geography, the configuration.
 * Owner: made, published and retired by the keeper (steer/keeper.h).
 * Threads: any number of readers, pinned (base/publish.h).
 * Errors: none.
 * Source: HACKING.md, "Publication".
 */
#ifndef STEER_WORLD_H
#define STEER_WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "geo/geo.h"
#include "steer/parts.h"
#include "steer/pool.h"
#include "zone/zone.h"

enum { POOL_CHUNK = 256 };

struct pool_chunk {
	struct pool *slot[POOL_CHUNK];
};

struct world {
	uint64_t number; /* grows by one with every world */
	struct parts *parts; /* held */
	const struct geo *geo; /* of parts */
	struct trie zones; /* leaves are struct zone */
	unsigned apex_depth_max; /* no apex has more labels */
	struct pool_chunk **chunks;
	size_t chunk_count;
};

/* NULL: there is no such pool (any more). */
static inline struct pool *
world_pool(const struct world *w, uint32_t id)
{
	const struct pool_chunk *c =
	    id / POOL_CHUNK < w->chunk_count ? w->chunks[id / POOL_CHUNK] : NULL;

	return c != NULL ? c->slot[id % POOL_CHUNK] : NULL;
}

#endif
