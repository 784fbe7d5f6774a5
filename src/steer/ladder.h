/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ladder: which endpoints a client of one ladder is served, given the standing of
 * all. Pure.
 *
 * Shape: one standing per endpoint of the pool in, a pick out.
 * Owner: the caller's arrays.
 * Threads: any.
 * Errors: none; there is always a pick, and it is only empty where the operator wrote
 * `empty`, or where a family was never configured on the first rung.
 * Source: DESIGN "The ladder".
 */
#ifndef STEER_LADDER_H
#define STEER_LADDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "steer/pool.h"
#include "steer/standing.h"

enum pick_kind {
	PICK_RUNG, /* a rung's healthy endpoints */
	PICK_DRAINED, /* nothing is healthy: a rung's drained endpoints */
	PICK_RESCUE, /* nor drained */
	PICK_ALL, /* nothing is healthy: the first rung in full */
	PICK_CNAME, /* nothing is healthy: when_all_down names another name */
	PICK_EMPTY, /* nothing is healthy, and the operator wants NODATA then */
	PICK_BLACKHOLE, /* before the ladder: NODATA for the client's country */
	PICK_NO_FAMILY, /* the first rung was never given this family: NODATA */
};

struct pick {
	enum pick_kind kind;
	int rung; /* index; -1 when it is no rung */
	bool sufficient; /* the rung has its min_healthy */
	size_t count;
	uint16_t *endpoints; /* room for pool.endpoint_count */
	/*
	 * Of a fallback with shares, the rungs by which the clients are split, as bits
	 * from split_first on; 0: there is one pick for all.
	 */
	uint32_t split;
	unsigned split_first;
};

/* standings[i] is the enum standing of endpoint i. out->endpoints is set by the caller.
 */
void
ladder_pick(const struct pool *p, unsigned ladder, unsigned family,
    const uint8_t *standings, struct pick *out);

/*
 * The pick of those clients of a split whose share falls to this rung, one of those in
 * pick.split.
 */
void
ladder_pick_rung(const struct pool *p, unsigned ladder, unsigned family,
    const uint8_t *standings, unsigned rung, struct pick *out);

/* The end of the fallback with shares that a rung belongs to, all of whose rungs may
 * matter to a client; of another rung the one behind it. */
unsigned
ladder_split_end(const struct ladder *l, unsigned rung);

/* What a rung looks like for one family; for ladder_pick() and for explaining it. */
struct rung_view {
	unsigned configured, healthy, needed, drained;
};

void
ladder_view_rung(const struct pool *p, const struct rung *r, unsigned family,
    const uint8_t *standings, struct rung_view *out);

const char *
pick_kind_text(enum pick_kind k);

#endif
