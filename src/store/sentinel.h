/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is the master: asked of the Sentinels in turn, and heard from one of them when it
 * changes.
 *
 * Shape: one connection at a time. A Sentinel that answers is listened to from then on;
 * one that does not answer within a second, or goes silent, is followed by the next.
 * Owner: sentinel_free().
 * Threads: the loop's own; hooks come from the loop alone.
 * Errors: on_none, when all were asked and none knew, with the last one's reason.
 * Source: Redis Sentinel: SENTINEL get-master-addr-by-name, +switch-master.
 */
#ifndef STORE_SENTINEL_H
#define STORE_SENTINEL_H

#include "base/loop.h"
#include "config/config.h"
#include "store/fault.h"

struct sentinel;

struct sentinel_hooks {
	/* May come again and again, also with the same. */
	void (*on_master)(void *ctx, const struct ip_port *address);
	void (*on_none)(void *ctx, enum fault fault, const char *reason);
	void *ctx;
};

/* cfg must outlive it. */
struct sentinel *
sentinel_new(struct loop *loop, const struct config_store *cfg,
    const struct sentinel_hooks *hooks);

/* NULL is allowed. */
void
sentinel_free(struct sentinel *s);

/* Asks anew, the next one first; on_master or on_none will come. */
void
sentinel_ask(struct sentinel *s);

#endif
