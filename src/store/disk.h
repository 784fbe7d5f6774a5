/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The durable copy: one SQLite database in the state directory, and its thread.
 *
 * Shape: table record(key, fields, sum, changed), and beside it tables state, meta, zone
 * and damaged; sextant-state(5) describes them. Writes are queued to the disk thread,
 * which puts all that waits into one transaction. Owner: disk_close() ends the thread
 * after the queue is written. Threads: disk_open() and disk_load() before the others
 * start; the rest from the store thread. Replies come back as mail to the loop given at
 * disk_open(). Errors: a database that can not be opened or is damaged is set aside
 * (renamed with
 * ".damaged-TIME"), a new one begun, and `why` says so; a directory that can not be
 * written leaves the disk off: disk_is_on() is false, writes are answered with ERR_IO.
 * Source: SQLite 3.40: WAL, synchronous FULL (embedded) or NORMAL (replica).
 */
#ifndef STORE_DISK_H
#define STORE_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/loop.h"
#include "store/record.h"

struct disk;

struct disk_row {
	char *key;
	struct fields fields; /* count 0 in a write: delete the row */
};

enum disk_mode {
	DISK_EMBEDDED, /* each batch is synced before its reply */
	DISK_REPLICA, /* batches are gathered for up to a second */
};

/* Never fails for want of a disk: see disk_is_on(); *why gets what is wrong, if anything.
 */
void
disk_open(const char *state_dir, enum disk_mode mode, struct loop *loop,
    struct disk **out, struct buf *why);

void
disk_close(struct disk *d);

bool
disk_is_on(const struct disk *d);

struct disk_health {
	size_t damaged; /* rows that are no good: set aside */
	size_t lost; /* rows that are not there and should be */
	char reason[256]; /* what was wrong with the file when it was read; "" */
};

/* About how many rows there are to be loaded; a damaged file may say anything within
 * reason. */
size_t
disk_count(const struct disk *d);

/* Calls fn for every good row; others are counted, logged and left out. */
MUST_CHECK enum err
disk_load(struct disk *d,
    void (*fn)(void *ctx, const char *key, size_t key_len, struct fields *fields),
    void *ctx, struct disk_health *health);

/* While it is off: tries once more, and loads as disk_load() does. ERR_IO: still off. */
MUST_CHECK enum err
disk_reopen(struct disk *d,
    void (*fn)(void *ctx, const char *key, size_t key_len, struct fields *fields),
    void *ctx, struct disk_health *health);

typedef void
disk_done(void *ctx, enum err e);

/* A small named value that survives restarts: "contact", "run_id" ... ERR_MISSING: none.
 */
MUST_CHECK enum err
disk_meta_get(struct disk *d, const char *name, char **value);

/* value NULL: it is deleted. */
void
disk_meta_put(struct disk *d, const char *name, const char *value);

/* All whose names begin so, in order; before the first write. */
MUST_CHECK enum err
disk_meta_each(struct disk *d, const char *prefix,
    void (*fn)(void *ctx, const char *name, const char *value), void *ctx);

/*
 * A small value of any other part (health, overrides, serials): kind is the part's own
 * word, key what it wants. It needs no schema of its own; a sum over all three is kept
 * beside it, so damaged ones never come back. value NULL: it is deleted. What can not be
 * written is written when the disk is well again, the newest of each key. done (may be
 * NULL) is told of the first try, and nobody waits for company then.
 * From other threads: store_state_put().
 */
void
disk_state_put(struct disk *d, const char *kind, const char *key, const char *value,
    disk_done *done, void *ctx);

/* Until all is written that is queued: for the start. */
void
disk_wait(struct disk *d);

/* All of a kind (NULL: all), by key; before the first write. */
MUST_CHECK enum err
disk_state_each(struct disk *d, const char *kind,
    void (*fn)(void *ctx, const char *kind, const char *key, const char *value),
    void *ctx);

/* Tries again to write what small values it has refused, or, when something else was
 * refused, whether it can write at all. */
void
disk_retry(struct disk *d);

/* Takes the rows over. done (may be NULL) is called in the loop once they are durable or
 * failed. */
void
disk_write(
    struct disk *d, struct disk_row *rows, size_t count, disk_done *done, void *ctx);

typedef void
disk_got(void *ctx, enum err e, const char *key, const struct fields *fields);

/* Reads one row behind all writes queued so far. ERR_MISSING: not there. */
void
disk_read(struct disk *d, const char *key, disk_got *got, void *ctx);

/*
 * Reads up to count rows whose keys come after `after` ("" for the first), in order,
 * behind all writes queued so far. The rows are the callee's to read, not to keep; count
 * 0: there are no more. Damaged rows are left out.
 */
typedef void
disk_page(void *ctx, enum err e, const struct disk_row *rows, size_t count);

void
disk_scan(struct disk *d, const char *after, size_t count, disk_page *page, void *ctx);

/* Nothing is wrong: disk_get_reason() would give "". */
bool
disk_is_well(struct disk *d);

/* What the last write failed with, or what was wrong at opening; "" when all is well. */
void
disk_get_reason(struct disk *d, char *out, size_t size);

#endif
