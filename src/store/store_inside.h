/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the store share, and nobody else.
 *
 * Shape: store.c has its life and what it tells, store_redis.c what comes from Redis,
 * store_quorum.c the votes, store_access.c what people ask of it.
 * Owner: see store/store.h.
 * Threads: the store's own.
 * Errors: none.
 * Source: none.
 */
#ifndef STORE_STORE_INSIDE_H
#define STORE_STORE_INSIDE_H

#include "store/contact.h"
#include "store/disk.h"
#include "store/follow.h"
#include "store/ledger.h"
#include "store/quorum.h"
#include "store/scribe.h"
#include "store/store.h"
#include "store/writes.h"

struct store {
	struct loop *loop;
	const struct config *cfg;
	struct store_hooks hooks;
	struct disk *disk;
	struct disk_health health; /* as it was found */
	struct mono disk_tried; /* the last time, while it is off */
	struct mono retried; /* small values that it refused */
	bool doubted; /* it lacks what could not be written */
	struct ledger ledger;
	struct follow *follow; /* NULL: embedded */
	struct scribe *scribe; /* NULL too */
	struct quorum *quorum; /* NULL: off */
	struct loop_timer *tick;
	struct loop_timer *leave;
	struct contact contact;
	uint64_t changes;
	uint64_t seen_changes,
	    trimmed_changes; /* at the last tick; when memory was trimmed */
	size_t writing; /* batches on their way to the disk */
	uint64_t resyncs;
	enum store_sync told_sync;
	bool told_connected;
	bool told_expired;
	bool scanning; /* records are read from disk to be judged anew */
	bool scan_again;
	bool loading; /* from disk, at the start */
	bool closing;
	struct writes writes;
};

static inline bool
store_is_redis(const struct store *s)
{
	return s->follow != NULL;
}

/* What the ledger has gathered: to the readers at once, to the disk behind them. */
void
store_flush(struct store *s);

/* The same; and when a zone's ttl has changed, its records are judged anew. */
void
store_flush_and_rescan(void *ctx);

/* Tells the hook when the whole is another than it was told last. */
void
store_tell(struct store *s, bool always);

/* What follows Redis and writes to it. */
void
store_open_redis(struct store *s);

/* store_quorum.c: begins, goes on with or ends the exchange of votes, as the
 * configuration has it. */
void
store_quorum_apply(struct store *s);

/* Its part of the status. */
void
store_quorum_write(const struct store *s, struct store_status *out);

#endif
