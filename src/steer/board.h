/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The board: it knows every pool that is served, turns verdicts into choices, and puts
 * them where readers look.
 *
 * Shape: a pool has users on targets; a verdict that changes recomputes the cells of just
 * the pools that use the target, in slices where they are many (steer/due.h).
 * Owner: a pool that was adopted belongs to the board until board_release(), which frees
 * it when no reader can hold it. The board owns what stands in the cells. Threads: the
 * probe thread's loop. Errors: none. Source: DESIGN "Verdict changes reach the wire at
 * once".
 */
#ifndef STEER_BOARD_H
#define STEER_BOARD_H

#include <stddef.h>

#include "base/loop.h"
#include "base/publish.h"
#include "health/prober.h"
#include "steer/pool.h"
#include "steer/standing.h"

struct board;

struct board_hooks {
	/* A pool comes: its endpoints' overrides are to be set. May be NULL. */
	void (*on_adopt)(void *ctx, struct pool *p);
	/* Every target has its first result. */
	void (*on_first_round)(void *ctx);
	/* See prober_hooks. May be NULL. */
	void (*on_keep)(void *ctx, const char *kind, const char *key, const char *value);
	void *ctx;
};

MUST_CHECK enum err
board_new(struct loop *loop, struct publish *domain, const struct board_hooks *hooks,
    struct board **out);

/* All pools must have been released, and no reader be left. */
void
board_free(struct board *b);

/* Begins to hold targets for the pools and fills all their cells. Takes the pools over.
 */
void
board_adopt(struct board *b, struct pool *const *pools, size_t count);

/* The pools are no longer published: drops their targets, frees them when readers are
 * gone. */
void
board_release(struct board *b, struct pool *const *pools, size_t count);

/* The overrides of its endpoints are others: fills its cells anew. */
void
board_refresh(struct board *b, struct pool *p);

/* What an endpoint would count for, with what is measured now, if an operator said so. */
enum standing
board_standing(const struct endpoint *e, enum override override);

/*
 * What a cell would hold with these standings, one for each endpoint; the caller's, for
 * choice_free(). room: for as many indices.
 */
struct choice *
board_suppose(const struct pool *p, size_t ladder, unsigned family,
    const uint8_t *standings, uint16_t *room);

struct prober *
board_prober(struct board *b);

/* Each pool, in the order of adoption; for what is shown to people. */
void
board_each(struct board *b, void (*fn)(void *ctx, struct pool *p), void *ctx);

#endif
