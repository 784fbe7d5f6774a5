/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of region ids, each kept once.
 *
 * Shape: a list is known by its number; 0 is the empty list. Lists hold no region
 * twice and at most GEO_CHAIN_MAX.
 * Owner: the holder; chains_fini() frees.
 * Threads: one at a time while lists are added, then any.
 * Errors: none; `overlong` is set when a list had to be cut, `full` when there are
 * more than CHAINS_MAX (the empty list is used instead). The builder refuses both.
 * Source: none.
 */
#ifndef GEO_CHAINS_H
#define GEO_CHAINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/geo.h"
#include "geo/memo.h"

enum { CHAINS_MAX = (1 << 22) - 2 };

struct chains_item {
	uint16_t count;
	uint16_t regions[GEO_CHAIN_MAX];
};

struct chains {
	struct chains_item *list;
	size_t count;
	size_t cap;
	struct memo by_hash;
	bool overlong;
	bool full;
};

void
chains_init(struct chains *c);

void
chains_fini(struct chains *c);

/* The list of this one region. */
uint32_t
chains_one(struct chains *c, uint16_t region);

/* What is in a, then what b has beside that. */
uint32_t
chains_join(struct chains *c, uint32_t a, uint32_t b);

struct geo_chain
chains_get(const struct chains *c, uint32_t id);

#endif
