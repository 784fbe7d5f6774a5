/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In which regions a target serves, as small numbers: what mass failures are told by
 * (health/mass.h).
 *
 * Shape: a number for each name of a region that was ever seen; 0 stands for `default`,
 * which counts only for targets that are in no region: an address that is written in its
 * region and in `default` is lost with the region. `rescue` is nowhere. Each target has
 * a list of places with how many endpoints put it there.
 * Owner: placing_fini(), places_fini().
 * Threads: the probe thread.
 * Errors: none; what comes after 65,534 names has the last number.
 * Source: DESIGN "Mass failure needs a second look".
 */
#ifndef STEER_PLACING_H
#define STEER_PLACING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "steer/pool.h"

struct placing {
	char **names; /* of number i + 1 */
	size_t count, cap;
};

struct place {
	uint16_t number;
	uint32_t count;
};

struct places {
	struct place *list;
	size_t count, cap;
};

enum { PLACES_MAX = 8 };

void
placing_fini(struct placing *p);

/* One endpoint more, or less, that the target stands for. */
void
places_add(struct places *s, struct placing *p, const struct pool *pool,
    const struct endpoint *e);

void
places_remove(struct places *s, struct placing *p, const struct pool *pool,
    const struct endpoint *e);

/* Where it serves; how many. */
size_t
places_write(const struct places *s, uint16_t out[PLACES_MAX]);

void
places_fini(struct places *s);

#endif
