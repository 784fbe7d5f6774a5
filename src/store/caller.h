/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The connection over which a server calls out the names of what changes.
 *
 * Shape: it redirects its own tracking to itself, in broadcasting mode, and subscribes;
 * from then on names come, and pongs for our pings, in the order in which they happened.
 * Owner: caller_close() frees, also from within a hook.
 * Threads: the loop's own; hooks come from the loop alone.
 * Errors: on_down with a reason for people; then only caller_close() is left.
 * Source: Redis client-side caching; DESIGN "Following Redis".
 */
#ifndef STORE_CALLER_H
#define STORE_CALLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"
#include "store/link.h"

struct caller_hooks {
	void (*on_ready)(void *ctx);
	void (*on_down)(void *ctx, enum fault fault, const char *reason);
	void (*on_name)(void *ctx, const char *name, size_t len);
	/* All names, or too many to tell them. */
	void (*on_flushed)(void *ctx);
	/* The names that were called at once are through. */
	void (*on_called)(void *ctx);
	void (*on_pong)(void *ctx);
	/* What a pong said of writes: why they are refused, or "". */
	void (*on_refused)(void *ctx, const char *reason);
};

struct caller {
	struct link *link; /* NULL: closed */
	const struct caller_hooks *hooks;
	void *ctx;
	uint64_t pings, pongs;
};

/* hooks must outlive it, and what `to` points to. */
void
caller_open(struct caller *c, struct loop *loop, const struct link_to *to,
    const struct caller_hooks *hooks, void *ctx);

/* A closed one, or one all zero, is allowed. */
void
caller_close(struct caller *c);

/* Its pong has come when `pongs` is at `pings`. */
void
caller_ping(struct caller *c);

struct mono
caller_heard(const struct caller *c);

const char *
caller_run_id(const struct caller *c);

#endif
