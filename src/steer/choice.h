/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A finished choice: what one ladder of a pool is answered with right now, as wire bytes.
 *
 * Shape: one allocation. rr[] holds `count` RRs: owner C0 0C, type, class IN, TTL,
 * RDLENGTH, RDATA; off[i] is where RR i begins, off[count] the end. `take` of them
 * go into an answer: all when take == count, else a draw by weight.
 * Owner: the cell of the pool that it was put into (steer/board.h).
 * Threads: immutable.
 * Errors: none.
 * Source: DESIGN "The ladder", "TTL".
 */
#ifndef STEER_CHOICE_H
#define STEER_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "steer/ladder.h"
#include "steer/pool.h"

enum { CHOICE_DEGRADED_TTL = 30, CHOICE_ANSWERS = 8 };

enum choice_kind { CHOICE_ADDRESSES, CHOICE_CNAME, CHOICE_NODATA };

struct choice {
	enum choice_kind kind;
	enum pick_kind pick;
	int rung; /* -1: none */
	bool sufficient;
	bool weighted; /* weights differ: draw by weight */
	uint32_t ttl; /* the pool's; a record may have its own */
	uint32_t ttl_min;
	uint32_t ttl_cap; /* at most this, whatever the record says */
	struct mono pending; /* the earliest change that may come; never: none */
	uint16_t count;
	uint16_t take;
	uint16_t *endpoints; /* index in the pool of each RR */
	uint32_t *weights; /* running sums, only when weighted */
	uint32_t *off; /* count + 1 */
	uint8_t *rr;
};

/* pending is the earliest possible change among the endpoints that matter for the pick.
 */
struct choice *
choice_new(const struct pool *p, const struct pick *pick, struct mono pending);

/* NULL is allowed. */
void
choice_free(void *choice);

/* What a choice of this ladder serves, for people: a region, "default", "rescue" ... */
const char *
choice_text(const struct choice *c, const struct pool *p, size_t ladder);

/* True when readers could not tell the two apart. */
bool
choice_equal(const struct choice *a, const struct choice *b);

/*
 * The TTL of an answer made from a choice at a moment. record_ttl: the steered record's
 * own TTL, 0 when it has none.
 */
uint32_t
choice_ttl(const struct choice *c, uint32_t record_ttl, struct mono now);

#endif
