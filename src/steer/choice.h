/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A finished choice: what one ladder of a pool is answered with right now, as wire bytes.
 *
 * Shape: one allocation. rr[] holds `count` RRs: owner C0 0C, type, class IN, TTL,
 * RDLENGTH, RDATA; off[i] is where RR i begins, off[count] the end. `take` of them
 * go into an answer: all when take == count, else a draw by weight, or those that the
 * client keeps to.
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

struct choice_share {
	struct choice *choice;
	uint64_t hash; /* of the region */
	uint32_t share;
};

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
	bool sticky; /* which ones is a matter of the client: steer/rendezvous.h */
	/*
	 * Of a fallback with shares, a choice per rung that the clients are split by; all
	 * else is then that of the first of them. choice_for() takes one. NULL: no split.
	 */
	struct choice_share *shares;
	uint16_t share_count;
	uint16_t count;
	uint16_t take;
	uint16_t *endpoints; /* index in the pool of each RR */
	uint32_t *weights; /* running sums, only when weighted */
	uint64_t *hashes; /* of each RR's endpoint, only when sticky */
	uint32_t *off; /* count + 1 */
	uint8_t *rr;
};

/* pending is the earliest possible change among the endpoints that matter for the pick.
 */
struct choice *
choice_new(const struct pool *p, const struct pick *pick, struct mono pending);

/* The same for what ladder_pick() said: with a choice per share where clients are split.
 * The pick's endpoints are overwritten. */
struct choice *
choice_make(const struct pool *p, unsigned ladder, unsigned family,
    const uint8_t *standings, struct pick *pick, struct mono pending);

/* That of a client, by its hash; c itself where there are no shares. */
const struct choice *
choice_for(const struct choice *c, uint64_t client);

/* Does the client's hash decide what it is answered? */
static inline bool
choice_is_hashed(const struct choice *c)
{
	return c->share_count != 0 || (c->sticky && c->count > 1);
}

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
