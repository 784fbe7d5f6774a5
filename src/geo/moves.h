/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which share of the address space moves from which regions to which, when one geography
 * takes the place of another.
 *
 * Shape: both compiled tables are walked together; what is counted are addresses whose
 * chain of regions is another one by name, from and to as "nordics+weu", "" for nowhere.
 * Shares are of the addresses that are in a region before or after. The largest first.
 * Owner: the caller; geo_moves_fini() frees.
 * Threads: any.
 * Errors: none.
 * Source: none.
 */
#ifndef GEO_MOVES_H
#define GEO_MOVES_H

#include <stddef.h>

#include "geo/geo.h"

struct geo_move {
	char *from, *to;
	double share; /* 0 to 1 */
};

struct geo_moves {
	struct geo_move *list;
	size_t count;
	double total;
};

void
geo_moves_find(
    const struct geo *was, const struct geo *is, unsigned family, struct geo_moves *out);

void
geo_moves_fini(struct geo_moves *m);

#endif
