/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The slow full read beside live following: heals what no message has announced, such as
 * SWAPDB.
 *
 * Shape: pages of names, a pause between each two; the names go the way of those that
 * the server calls out, so that what is read is as whole as ever. What no page showed is
 * read by name at the end. Then nothing for the interval.
 * Owner: rescan_fini() frees; reader and replica are borrowed. The owner of the hooks
 * hands on the reader's pages.
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
#include "store/reader.h"
#include "store/replica.h"

enum { RESCAN_PAGE_NAMES = 100, RESCAN_PAUSE_MS = 20 };

struct rescan_hooks {
	void (*begin)(void *ctx);
	/* Names were given to the replica, which are to be read now. */
	void (*go)(void *ctx);
	/* All pages are through: adds the names that they did not show. */
	void (*sweep)(void *ctx, struct replica_names *missing);
	/* All was read. */
	void (*end)(void *ctx);
};

enum rescan_state { RESCAN_OFF, RESCAN_RESTING, RESCAN_PAGES, RESCAN_MISSING };

struct rescan {
	const struct rescan_hooks *hooks;
	void *ctx;
	struct reader *reader; /* who is asked for pages */
	struct replica *replica; /* who is given the names */
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
rescan_init(struct rescan *r, struct loop *loop, struct reader *reader,
    struct replica *replica, const struct rescan_hooks *hooks, void *ctx);

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
