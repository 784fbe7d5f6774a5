/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two connections of a follower: S calls out names, D reads; both to one instance,
 * and both alive.
 *
 * Shape: one deadline for all steps until it is up (the search for the server among
 * them), then a sign of life from both every second. Without S (polling) D is all.
 * Owner: pair_fini() frees; hooks and what `to` points to are borrowed.
 * Threads: the loop's own.
 * Errors: on_down with a reason for people; pair_close() then.
 * Source: DESIGN "Following Redis".
 */
#ifndef STORE_PAIR_H
#define STORE_PAIR_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/loop.h"
#include "store/caller.h"
#include "store/link.h"
#include "store/reader.h"

struct pair_hooks {
	void (*on_down)(void *ctx, enum fault fault, const char *reason);
	/* The owner's; they call pair_s_ready() and pair_d_ready() on on_ready, and
	 * pair_heard_role() on on_role. */
	struct caller_hooks s;
	struct reader_hooks d;
};

struct pair {
	struct loop *loop;
	const struct pair_hooks *hooks;
	void *ctx;
	struct loop_timer *tick;
	struct caller s;
	struct reader d;
	bool alone; /* there is no S */
	bool open; /* connections are made, or being made */
	bool s_ready, d_ready;
	bool up; /* and it is known who the server is */
	struct mono began; /* when connecting did */
	struct mono beat; /* when we last asked for a sign of life */
};

void
pair_init(struct pair *p, struct loop *loop, const struct pair_hooks *hooks, void *ctx);

void
pair_fini(struct pair *p);

/* The deadline runs from now on; a search may come before pair_open(). */
void
pair_begin(struct pair *p);

void
pair_open(struct pair *p, const struct link_to *to, bool alone);

void
pair_close(struct pair *p);

void
pair_s_ready(struct pair *p);

void
pair_d_ready(struct pair *p);

/* True the first time: it is up now. */
bool
pair_heard_role(struct pair *p);

#endif
