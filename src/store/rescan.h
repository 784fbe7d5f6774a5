/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The slow full read beside live following: heals what no message has announced, such as
 * SWAPDB.
 *
 * Shape: pages of names, a pause between each two; the names go the way of those that
 * the server calls out, so that what is read is as whole as ever. What no page showed is
 * read by name at the end. Then nothing for the interval.
 * Owner: rescan_fini() frees; the owner of the hooks does the reading.
 * Threads: the loop's own.
 * Errors: none; a lost connection stops it (rescan_stop), the next begins anew.
 * Source: DESIGN "Following Redis".
 */
#ifndef STORE_RESCAN_H
#define STORE_RESCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/loop.h"
#include "store/replica.h"

enum { RESCAN_PAGE_NAMES = 100, RESCAN_PAUSE_MS = 20 };

struct rescan_hooks {
	void (*begin)(void *ctx);
	/* Asks for a page; rescan_took() answers. */
	void (*ask)(void *ctx, bool first, unsigned count);
	/* To be read like one that the server called out. */
	void (*name)(void *ctx, const struct replica_name *name);
	/* True when all names given so far are read and handed on. */
	bool (*is_through)(void *ctx);
	/* All pages are through: adds the names that they did not show. */
	void (*sweep)(void *ctx, struct replica_names *missing);
	/* The names given since are to be read now. */
	void (*go)(void *ctx);
};

enum rescan_state { RESCAN_OFF, RESCAN_RESTING, RESCAN_PAGES, RESCAN_MISSING };

struct rescan {
	const struct rescan_hooks *hooks;
	void *ctx;
	struct loop_timer *timer;
	enum rescan_state state;
	int64_t interval_ms;
	struct mono began;
	size_t seen; /* names of this time's pages */
	bool over; /* no more pages */
	struct replica_names missing;
	size_t missing_at;
};

void
rescan_init(
    struct rescan *r, struct loop *loop, const struct rescan_hooks *hooks, void *ctx);

void
rescan_fini(struct rescan *r);

/* All has just been read: the next begins in about interval_ms. */
void
rescan_rest(struct rescan *r, int64_t interval_ms);

void
rescan_stop(struct rescan *r);

void
rescan_took(struct rescan *r, const struct replica_names *names, bool over);

#endif
