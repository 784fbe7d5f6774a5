/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The operator: what people say of endpoints (steer/overrides.h), put to the pools on the
 * board; and what would be served if they said something.
 *
 * Shape: an endpoint carries its override and when it ends; pools whose endpoints get
 * another one are refreshed at once.
 * Owner: orders_new()/orders_free(); rules handed to callbacks are the operator's.
 * Threads: the probe thread's; orders_restore() before it runs.
 * Errors: ERR_DENIED: a pool would be left without an endpoint; ERR_MISSING: the pattern
 * matches no endpoint, or with `auto` meets nothing that was said; ERR_SPACE: too many
 * overrides.
 * Source: DESIGN "Overrides".
 */
#ifndef STEER_ORDERS_H
#define STEER_ORDERS_H

#include "steer/board.h"
#include "steer/overrides.h"

struct orders;

struct orders_hooks {
	/* To be kept over restarts; line NULL: no more. */
	void (*keep)(void *ctx, const char *pattern, const char *line);
	void *ctx;
};

struct orders *
orders_new(struct loop *loop, struct board *board, const struct orders_hooks *hooks);

/* NULL is allowed. */
void
orders_free(struct orders *o);

/* What keep() was given before; then, once, orders_restored(). */
void
orders_restore(struct orders *o, const char *pattern, const char *line);
void
orders_restored(struct orders *o);

/* Puts the overrides into a pool that comes to the board (board_hooks.on_adopt). */
void
orders_apply(struct orders *o, struct pool *p);

struct orders_effect {
	size_t endpoints, pools; /* that the pattern matches now */
	size_t emptied; /* pools that are, or would be, left without a healthy endpoint */
	char emptied_name[128]; /* one of them */
	/* When the last answer that held one of the endpoints will have expired, in
	 * seconds from now; 0: none is out. */
	uint32_t answers_s;
};

/* order: kind, pattern, who, why, since, until. out is filled in with ERR_DENIED too. */
MUST_CHECK enum err
orders_give(struct orders *o, const struct override_rule *order, bool force,
    struct orders_effect *out);

const struct overrides *
orders_overrides(const struct orders *o);

/* How many endpoints a pattern matches now. */
size_t
orders_count(struct orders *o, const char *pattern);

/* One change of who is served what; `was` and `then` last for the call. */
typedef void
orders_move(void *ctx, const struct pool *p, size_t ladder, unsigned family,
    const struct choice *was, const struct choice *then);

/* What would move if all of these were said; how many endpoints they match. */
size_t
orders_suppose(struct orders *o, const struct override_rule *rules, size_t count,
    orders_move *fn, void *ctx);

#endif
