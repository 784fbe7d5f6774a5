/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Following Redis: two connections to one instance, a full read, then every change.
 *
 * Shape: S (store/caller.h) has the names of changed keys called out; D (store/reader.h)
 * reads. DOWN -> (ask the Sentinels, connect, both logged in, same run_id, ROLE) ->
 * LOADING -> LIVE; live, both are asked for a sign of life every second. With
 * `sync: poll` there is no S, and all is read again and again.
 * Owner: follow_free(). Rows are the callee's to take from; names are copied.
 * Threads: the loop's own.
 * Errors: whatever goes wrong ends both connections with a reason; another try follows
 * after a pause (store/backoff.h).
 * Source: DESIGN "Following Redis".
 */
#ifndef STORE_FOLLOW_H
#define STORE_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "config/config.h"
#include "store/fault.h"
#include "store/record.h"
#include "store/replica.h"

struct follow;

enum follow_state { FOLLOW_DOWN, FOLLOW_LOADING, FOLLOW_LIVE };

struct follow_hooks {
	/* A full read begins: all that exists will come as rows. */
	void (*on_begin)(void *ctx);
	/* The same, slowly and beside what is live: no sign of anything. */
	void (*on_rescan)(void *ctx);
	/* One record as it is now; no fields: it is gone. why: it cannot be read. */
	void (*on_row)(void *ctx, const char *key, size_t len, struct fields *fields,
	    const char *why);
	/* The rows since the last flush become visible as one. */
	void (*on_flush)(void *ctx);
	/* The full read is through: adds names that it did not see, which are then read
	 * once more, by name. */
	void (*on_sweep)(void *ctx, struct replica_names *missing);
	/* reason: why it is down, else "". LIVE comes after every full read. */
	void (*on_state)(
	    void *ctx, enum follow_state state, enum fault fault, const char *reason);
	/* What the server is, and whether that is in order; when it changes. */
	void (*on_source)(void *ctx, const char *text);
	/* The server has just answered, and nothing is behind. */
	void (*on_contact)(void *ctx);
	/* It takes no writes (link_refuses_writes()), and why; "": not any more. Comes
	 * again and again. */
	void (*on_refused)(void *ctx, const char *reason);
	void *ctx;
};

/* cfg must outlive it or the next follow_reconfigure(). */
struct follow *
follow_new(
    struct loop *loop, const struct config_store *cfg, const struct follow_hooks *hooks);

/* NULL is allowed. */
void
follow_free(struct follow *f);

void
follow_start(struct follow *f);

/* Connects anew only when it must. */
void
follow_reconfigure(struct follow *f, const struct config_store *cfg);

/* A full read after so many milliseconds, if it is live then. */
void
follow_resync_in(struct follow *f, int64_t ms);

/* Reads one record, if it is live; its row and a flush will come. */
void
follow_touch(struct follow *f, const char *key, size_t len);

/* Where it is connected to; false: it is not live. */
bool
follow_get_address(const struct follow *f, struct ip_port *out);

/* The same for people. */
void
follow_write_address(const struct follow *f, char *out, size_t size);

#endif
