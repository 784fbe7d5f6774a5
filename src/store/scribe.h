/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing records to Redis, by a login and a connection of its own.
 *
 * Shape: a queue. What waits goes in groups, one round trip each way for all: WATCH and
 * HGETALL where what is there matters, then the records as they would become are checked,
 * then MULTI ... EXEC; anew, one by one, when somebody else was faster with one of them.
 * A batch is one MULTI. What is written is done when our own replica has seen it, which
 * the next does not wait for.
 * The connection is opened when needed and closed after 30 s without work.
 * Owner: scribe_free() frees, and answers what is left. Hooks are borrowed.
 * Threads: the loop's own.
 * Errors: handed to each write's store_done, with the reason: refused, not written, or
 * not known whether it was.
 * Source: Redis transactions.
 */
#ifndef STORE_SCRIBE_H
#define STORE_SCRIBE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/loop.h"
#include "config/config.h"
#include "store/record.h"
#include "store/link.h"
#include "store/store.h"

enum { SCRIBE_WAIT_MS = 5000, SCRIBE_IDLE_MS = 30000, SCRIBE_TRIES = 5 };

struct scribe;

struct scribe_hooks {
	/* Where the replica is connected to; false: nowhere. */
	bool (*find)(void *ctx, struct ip_port *out);
	/* Would it be accepted? fields NULL: deleted. */
	enum err (*check)(
	    void *ctx, const char *key, const struct fields *fields, struct buf *why);
	enum err (*check_batch)(void *ctx, struct store_batch *b, struct buf *why);
	/* May go what these remove (no fields: deleted)? */
	enum err (*guard)(
	    void *ctx, const struct disk_row *rows, size_t count, struct buf *why);
	/* Why the server refuses writes; FAULT_NONE: it takes them. */
	void (*refused)(void *ctx, enum fault fault, const char *reason);
	/* Has the replica read it; scribe_saw() and scribe_flushed() will come. */
	void (*touch)(void *ctx, const char *key, size_t len);
	void *ctx;
};

/* cfg must outlive it or the next scribe_reconfigure(). */
struct scribe *
scribe_new(
    struct loop *loop, const struct config_store *cfg, const struct scribe_hooks *hooks);

/* NULL is allowed. */
void
scribe_free(struct scribe *w);

void
scribe_reconfigure(struct scribe *w, const struct config_store *cfg);

void
scribe_set(struct scribe *w, const char *key, const struct fields *fields, unsigned how,
    store_done *done, void *ctx);

void
scribe_delete(
    struct scribe *w, const char *key, unsigned how, store_done *done, void *ctx);

/* As store_write(); no batch that is only to be checked. */
void
scribe_batch(struct scribe *w, struct store_batch *b);

/* The replica has a record: as it is now, or why it can not be read. See unseen_saw(). */
unsigned
scribe_saw(struct scribe *w, const char *key, size_t len, const struct fields *fields,
    const char *why);

/* And it has become visible. */
void
scribe_flushed(struct scribe *w);

/* The replica is live anew: what it lost on the way it is asked for again. */
void
scribe_live(struct scribe *w);

#endif
