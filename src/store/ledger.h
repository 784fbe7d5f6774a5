/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ledger: takes records as they are said to be, keeps what is good, and collects
 * what has to become visible and what has to be written.
 *
 * Shape: an index of all records; a batch of changes and of rows that grows until
 * ledger_flush() hands it on. A deletion that leaves a name without records is put off
 * for LEDGER_LEAVE_MS, so that a script's DEL and HSET make no NXDOMAIN.
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
#include "store/disk.h"
#include "store/index.h"
#include "store/pending.h"
#include "store/record.h"
#include "store/replica.h"
#include "store/store.h"

enum { LEDGER_LEAVE_MS = 1000 };

struct ledger_zone {
	const struct config_zone *cfg;
	uint32_t ttl; /* default of its records */
};

struct ledger_leaving {
	struct entry *entry;
	struct mono due; /* never: not decided yet */
};

struct ledger {
	const struct config *cfg;
	struct index index;
	size_t accepted;
	struct ledger_zone *zones; /* in canonical order */
	size_t zone_count;
	bool ttl_changed; /* some zone's: records without a ttl want ledger_retry() */
	struct store_change *changes;
	size_t change_count, change_cap;
	struct disk_row *rows;
	size_t row_count, row_cap;
	struct ledger_leaving *leaving;
	size_t leaving_count, leaving_cap;
	bool leaving_stale; /* some in the list stay after all */
	char **others; /* zones that are not ours, and were logged */
	size_t other_count, other_cap;
	unsigned reject_logged;
	struct pending pending; /* they name pools that are not there */
	bool pools_changed; /* there are others now: try those again */
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

/*
 * Adds the names of what the full read has not seen. When that is too much to be true
 * (everything, or more than half and more than two), adds nothing and says so in `why`.
 */
void
ledger_sweep(struct ledger *l, struct replica_names *missing, struct buf *why);

/* Makes deletions that are due, and says in how many milliseconds the next is: -1 none.
 */
int64_t
ledger_leave(struct ledger *l, struct mono now);

/* Hands on what has gathered; counts may be 0. */
void
ledger_flush(struct ledger *l, struct mono now, struct store_change **changes,
    size_t *change_count, struct disk_row **rows, size_t *row_count);

/* The next full read is to write and hand on everything again. */
void
ledger_doubt(struct ledger *l);

/* Another configuration: takes back the records of zones that are no longer ours. */
void
ledger_reconfigure(struct ledger *l, const struct config *cfg);

#endif
