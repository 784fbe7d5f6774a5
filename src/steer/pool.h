/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pool, compiled against one geography: what the ladder climbs and readers read.
 *
 * Shape: endpoints in one array: regions in the order of the specification, then
 * `default`, then `rescue`. A ladder per start: ladder 0 for clients that are nowhere
 * (or for whom the pool has no region), ladder 1 + i for those whose first region with
 * endpoints is regions[i]. A rung is a run of indices into `order`. cells[] holds
 * the finished choice of each ladder and family.
 * Owner: pool_free(). The specification is copied. Cells belong to the board, which
 * owns verdicts (steer/board.h); readers only load them.
 * Threads: immutable after pool_compile(), but for cells (atomic) and the board's
 * notes on endpoints, which only the probe thread touches.
 * Errors: regions that the geography does not have are left out (the configuration has
 * been checked; a record of the store may be older than it).
 * Source: DESIGN "The ladder".
 */
#ifndef STEER_POOL_H
#define STEER_POOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/ip.h"
#include "config/config.h"
#include "geo/geo.h"
#include "health/machine.h"

enum { FAMILY_4, FAMILY_6, FAMILY_COUNT };
enum { POOL_ENDPOINTS_MAX = 4096, POOL_REGIONS_MAX = 250 };

struct choice;
struct target;

enum endpoint_group { GROUP_REGION, GROUP_DEFAULT, GROUP_RESCUE };

struct endpoint {
	enum endpoint_group group;
	uint16_t region; /* index into pool.regions; GROUP_REGION only */
	uint8_t family; /* FAMILY_4 or FAMILY_6; names: FAMILY_4 */
	uint32_t weight;
	struct ip ip; /* of an address */
	const struct config_endpoint *from; /* in the pool's specification */
	const struct name *name; /* of a CNAME target, else NULL */
	uint64_t hash; /* steer/rendezvous.h */
	uint16_t twin; /* the first endpoint of the same address or name */
	struct target **targets; /* board: what tells its health */
	uint16_t target_count; /* 0: counts as up */
	bool unprobed; /* the store named it, and may not have it probed: counts as up */
	uint8_t state; /* board: enum health_state, as measured */
	struct mono override_until; /* board: never: it has no end */
	uint8_t override; /* board: enum override, what an operator says instead */
	uint8_t standing; /* board: enum standing, what the ladder sees */
};

enum rung_kind { RUNG_REGION, RUNG_FALLBACK, RUNG_DEFAULT, RUNG_DISTANCE };

struct rung {
	enum rung_kind kind;
	uint16_t region; /* index into pool.regions; of RUNG_DEFAULT and spread: 0xffff */
	uint32_t first; /* into pool.order */
	uint16_t count;
	uint32_t share; /* of a fallback's clients; 0: the fallback is tried in order */
};

struct ladder {
	struct rung *rungs;
	size_t count;
};

struct pool_region {
	const char *name;
	uint16_t id; /* geo's */
	uint16_t first, count; /* endpoints */
	uint64_t hash; /* steer/rendezvous.h */
};

struct pool {
	/* what a query reads, on one cache line mostly: among many pools none is cached
	 */
	_Atomic(struct choice *) *cells; /* (region_count + 1) * FAMILY_COUNT */
	uint8_t *ladder_of_place; /* one per place of the geography */
	size_t place_count;
	bool is_names;
	bool has_blackhole; /* the specification names countries that get nothing */
	uint32_t id;
	char *name; /* of a record's own pool: the record, "www.example.com A" */
	struct config_pool *spec;
	struct config_check *check; /* NULL: none */
	struct endpoint *endpoints;
	size_t endpoint_count;
	struct pool_region *regions;
	size_t region_count;
	struct ladder *ladders; /* region_count + 1 */
	uint16_t *order;
	size_t order_count;
	uint32_t max_targets; /* of the store's pools: how many targets they have; 0: it
	                         is the configuration's */
	void *users; /* board: its own notes */
};

/* Compiles; check is the definition that spec->check names (NULL: none). */
struct pool *
pool_compile(uint32_t id, const char *name, const struct config_pool *spec,
    const struct config_check *check, const struct geo *geo);

/* With its choices; targets must have been dropped by the board. NULL is allowed. */
void
pool_free(void *pool);

/* The cell of a client's place. */
static inline _Atomic(struct choice *) *
pool_cell(const struct pool *p, uint16_t place, unsigned family)
{
	unsigned ladder = place < p->place_count ? p->ladder_of_place[place] : 0;

	return &p->cells[ladder * FAMILY_COUNT + family];
}

/* "weu", "default", "all others": whose endpoints a rung has, for people. */
const char *
pool_rung_text(const struct pool *p, const struct rung *r);

/* "weu", "default", "rescue": the group of an endpoint, for people. */
const char *
pool_group_text(const struct pool *p, const struct endpoint *e);

#endif
