/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who uses a target: the pools that are refreshed when its verdict changes, and the
 * places where it serves.
 *
 * Shape: a use joins a pool and a target; it stands in the lists of both, so that it
 * leaves without a search, however many pools share the target.
 * Owner: target.user; made by the first use, gone with the last.
 * Threads: the probe thread.
 * Errors: none.
 * Source: none.
 */
#ifndef STEER_USERS_H
#define STEER_USERS_H

#include <stdbool.h>
#include <stddef.h>

#include "health/prober.h"
#include "steer/placing.h"
#include "steer/pool.h"

struct use {
	struct use *next, **at; /* of the target */
	struct use *of_pool; /* the next of the pool */
	struct pool *pool;
	struct target *target;
};

/* What the target's pools know of it. */
struct told {
	bool is_any; /* false: nothing was told yet */
	bool is_held;
	enum health_state state;
	struct mono pending;
};

struct users {
	struct use *first;
	struct places places;
	size_t of_store; /* how many of the pools are the store's */
	uint32_t ttl_min; /* the least that any of its pools ever had */
	struct told told;
};

/*
 * A pool uses a target from now on; of_pool is the list of its uses. Once per pool and
 * target; a pool's targets have to be added without those of others between.
 */
void
users_add(struct use **of_pool, struct pool *p, struct target *t);

/* All uses of a pool go. */
void
users_remove(struct use **of_pool);

/* Of the target; NULL: nobody uses it. */
static inline struct users *
users_of(const struct target *t)
{
	return t->user;
}

#endif
