/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pools that are due to be looked at anew because a verdict changed.
 *
 * Shape: two rows, each first come first served: urgent ones, then the others. An item
 * stands in one of them at most. As many as are few are done at once, the rest in slices,
 * between which the loop does whatever else it has to: of 100,000 pools that share an
 * address no probe is late.
 * Owner: items are the caller's; due_remove() before one goes.
 * Threads: the loop's.
 * Errors: none.
 * Source: DESIGN "Verdict changes reach the wire at once".
 */
#ifndef STEER_DUE_H
#define STEER_DUE_H

#include <stdbool.h>

#include "base/loop.h"

enum { DUE_SLICE = 512 };

struct due_item {
	struct due_item *prev, *next; /* NULL: it is not due */
	bool is_urgent;
};

struct due {
	struct due_item urgent, other; /* rings */
	struct loop_timer *timer;
	bool is_running;
	void (*fn)(void *ctx, struct due_item *item);
	void (*on_empty)(void *ctx); /* all of a row are done */
	void *ctx;
};

void
due_init(struct due *d, struct loop *loop, void (*fn)(void *ctx, struct due_item *item),
    void (*on_empty)(void *ctx), void *ctx);

/* Nothing may be due. */
void
due_fini(struct due *d);

/* It is due; one that is already keeps its turn, or comes sooner. */
void
due_put(struct due *d, struct due_item *item, bool is_urgent);

/* It is not, or no longer. */
void
due_remove(struct due_item *item);

/* The first slice, now, if none is waited for. */
void
due_run(struct due *d);

#endif
