/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ledger: takes records as they are said to be, keeps what is good, and collects
 * what has to become visible and what has to be written.
 *
 * Shape: an index of all records; a batch of changes and of rows that grows until
 * ledger_flush() hands it on. What is to be served no longer waits, or is held by the
 * guard: store/removal.h. What the guard counts is in store/census.h.
 * Owner: ledger_fini() frees. What ledger_flush() gives belongs to the caller.
 * Threads: one at a time; time is a parameter, nothing waits.
 * Errors: a record that is no good is rejected alone: logged, noted in the index, and
 * the last good version stays.
 * Source: DESIGN "Records and the store".
 */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "config/config.h"
#include "store/census.h"
#include "store/disk.h"
#include "store/index.h"
#include "store/mark.h"
#include "store/pending.h"
#include "store/record.h"
#include "store/removal.h"
#include "store/replica.h"
#include "store/store.h"

struct ledger {
	const struct config *cfg;
	struct index index;
	size_t accepted;
	struct mono now; /* set before records are put; by ledger_flush() too */
	struct census census;
	struct removals removals;
	struct marks marks; /* that are to be written: the caller takes them */
	bool reading; /* a full read is under way: what it misses is decided at its end */
	bool sweeping; /* the same of a rescan, once its pages are through */
	/* Names of the store that are served below this one; NULL: not known. */
	size_t (*count_below)(
	    void *ctx, const struct name *zone, const struct name *owner);
	void *below_ctx;
	unsigned cuts_counted; /* since the last flush */
	bool wants_read; /* a zone is frozen no longer, or more records waited for pools
	                    than were kept: all is to be read again */
	bool ttl_changed; /* some zone's: records without a ttl want ledger_retry() */
	struct store_change *changes;
	size_t change_count, change_cap;
	struct disk_row *rows;
	size_t row_count, row_cap;
	char **others; /* zones that are not ours, and were logged */
	size_t other_count, other_cap;
	unsigned reject_logged;
	struct pending pending; /* they name pools that are not there */
	bool pools_changed; /* there are others now: try those again */
	bool pools_came; /* and not only another version of one that was there */
	const struct disk_row *coming; /* of a batch of writes, while it is checked */
	size_t coming_count;
};

void
ledger_init(struct ledger *l, const struct config *cfg);

void
ledger_fini(struct ledger *l);

/* A full read begins. */
void
ledger_begin(struct ledger *l);

/* A record as it is; with `stored`, it is on disk already. fields may be taken. */
void
ledger_put(
    struct ledger *l, const char *key, size_t len, struct fields *fields, bool stored);

/* A record that can not even be read. */
void
ledger_put_bad(struct ledger *l, const char *key, size_t len, const char *why);

/* A record that is gone; with `live`, it may come back in a moment. */
void
ledger_drop(struct ledger *l, const char *key, size_t len, bool live);

/* A record that was deleted here and is off the disk already. */
void
ledger_delete(struct ledger *l, const char *key, size_t len);

/* Compiles again, under another configuration, a record that was read from disk. */
void
ledger_retry(struct ledger *l, const char *key, size_t len, const struct fields *fields);

/* Would it be accepted? */
MUST_CHECK enum err
ledger_check(const struct ledger *l, const char *key, size_t len,
    const struct fields *fields, struct buf *why);

/* Adds the names of what the full read has not seen, and is not held already. */
void
ledger_sweep(struct ledger *l, struct replica_names *missing);

/* The full read is through, or has failed: then what it missed is not known. */
void
ledger_end(struct ledger *l, bool complete);

/* Decides removals that are due, and says in how many milliseconds the next is: -1 none.
 */
int64_t
ledger_leave(struct ledger *l, struct mono now);

/* The same, and hands on what has gathered; counts may be 0. */
int64_t
ledger_flush(struct ledger *l, struct mono now, struct store_change **changes,
    size_t *change_count, struct disk_row **rows, size_t *row_count);

/*
 * May these be written to the embedded store (no fields: deleted)? ERR_DENIED: the guard
 * would not let what they remove go.
 */
MUST_CHECK enum err
ledger_guard(struct ledger *l, const struct disk_row *rows, size_t count, struct mono now,
    struct buf *why);

/* What was removed from the zone of this key is wanted: it is measured anew. */
void
ledger_force(struct ledger *l, const char *key, size_t len, struct mono now);

/* Lets what is held go; see removals_accept(). zone: "example.com", "!pool". */
MUST_CHECK enum err
ledger_accept(
    struct ledger *l, const char *zone, uint64_t number, struct mono now, bool *more);

/* What a zone holds back; the texts live until the callback returns. */
enum { LEDGER_EXAMPLES = 5 };

struct ledger_held {
	const char *zone;
	uint64_t number; /* the highest: with the zone it is the id */
	size_t count;
	int64_t since_s;
	const char *why;
	const char *examples[LEDGER_EXAMPLES]; /* keys */
	size_t example_count;
};

void
ledger_each_held(const struct ledger *l,
    void (*fn)(void *ctx, const struct ledger_held *h), void *ctx);

/* Every record that is rejected; kept: a last good version is served. */
void
ledger_each_rejected(const struct ledger *l,
    void (*fn)(void *ctx, const char *key, const struct reject *r, bool kept), void *ctx);

/* Writes what has to outlive a restart, and forgets it. */
void
ledger_save_marks(struct ledger *l, struct disk *disk);

/* Once the records are loaded, and before anything is written. */
void
ledger_load_marks(struct ledger *l, struct disk *disk, struct mono now);

/* A mark from before a restart. */
void
ledger_restore(struct ledger *l, const struct mark *m, struct mono now);

/* The next full read is to write and hand on everything again. */
void
ledger_doubt(struct ledger *l);

/* Another configuration: takes back the records of zones that are no longer ours. */
void
ledger_reconfigure(struct ledger *l, const struct config *cfg);

/* Of src/store alone: compiles a record for where it belongs. *out is NULL for one of a
 * zone that is not ours; only its key has been read. */
MUST_CHECK enum err
ledger_compile(const struct ledger *l, const char *text, size_t len,
    const struct fields *fields, struct record_key *key, struct record **out,
    struct buf *why);

/* How many endpoints its pool has. */
size_t
ledger_endpoints(const struct record *r);

/* Nothing is served by it: it is disabled, or has no values. */
bool
ledger_gives_nothing(const struct record *r);

#endif
