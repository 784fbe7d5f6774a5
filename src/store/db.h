/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The database file: what SQLite is asked, and nothing of when or in which thread.
 *
 * Shape: see store/disk.h. A row is good when its sum is that of its key and fields.
 * Owner: db_close() frees; rows that are handed out live until the callback returns.
 * Threads: one at a time.
 * Errors: ERR_IO (cannot read or write), ERR_CORRUPT (the file is damaged), with
 * SQLite's own words in db_reason().
 * Source: SQLite 3.40; only the files of store/db_inside.h include <sqlite3.h>.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/record.h"
#include "store/tally.h"

struct db;

enum db_mode {
	DB_SYNC_FULL, /* a commit is on disk */
	DB_SYNC_NORMAL, /* a power cut may take the last commits back */
	DB_COPY, /* the same, and it has no mark beside it */
	DB_READ, /* of a folder that can not be written: the file as it lies there */
};

/* ERR_UNSUPPORTED: a newer version's schema. */
MUST_CHECK enum err
db_open(const char *path, enum db_mode mode, struct db **out, struct buf *why);

/* NULL is allowed. */
void
db_close(struct db *db);

/* So many transactions are gone that it has had; tells once. */
uint64_t
db_take_missing(struct db *db);

/* Of the last call that failed. */
const char *
db_reason(const struct db *db);

MUST_CHECK enum err
db_begin(struct db *db);

/* ERR_*: the whole transaction is gone. */
MUST_CHECK enum err
db_commit(struct db *db);

void
db_rollback(struct db *db);

/* Without fields the row is deleted. */
MUST_CHECK enum err
db_put(struct db *db, const char *key, const struct fields *fields);

/* Unless there is one that was changed later. It is not counted. */
MUST_CHECK enum err
db_copy(struct db *db, const char *key, const struct fields *fields, int64_t changed);

/* ERR_MISSING: no such row; ERR_CORRUPT also for a damaged row. */
MUST_CHECK enum err
db_get(struct db *db, const char *key, struct fields *out);

/* value NULL: it is deleted. */
MUST_CHECK enum err
db_meta_put(struct db *db, const char *name, const char *value);

MUST_CHECK enum err
db_meta_get(struct db *db, const char *name, char **value);

typedef void
db_meta(void *ctx, const char *name, const char *value);

/* All whose names begin so, in order. */
MUST_CHECK enum err
db_meta_each(struct db *db, const char *prefix, db_meta *fn, void *ctx);

/* A small value of some other part, by kind and key; value NULL: it is deleted. */
MUST_CHECK enum err
db_state_put(struct db *db, const char *kind, const char *key, const char *value);

/* Over the three. */
uint64_t
db_state_sum(const char *kind, const char *key, const char *value);

typedef void
db_state(void *ctx, const char *kind, const char *key, const char *value);

/* All of a kind, or of all (NULL), in order; damaged ones are logged and left out. */
MUST_CHECK enum err
db_state_each(struct db *db, const char *kind, db_state *fn, void *ctx);

/* What db_put() has counted. What is changed here (mark it so) is written with the next
 * commit. */
struct tally *
db_tally(struct db *db);

/* fields is NULL for a damaged row. The callee may take the fields out of it. */
typedef void
db_row(void *ctx, const char *key, size_t key_len, struct fields *fields);

struct db_range {
	const char *after; /* "": from the first */
	const char *before; /* NULL: to the last */
	size_t max; /* 0: all */
	bool down; /* the last first */
};

/* The rows between, by key. */
MUST_CHECK enum err
db_each(struct db *db, const struct db_range *range, db_row *fn, void *ctx);

/* Moves a row to table damaged; the tally is the caller's. ERR_MISSING: it is not found
 * by its key, which is what is damaged. */
MUST_CHECK enum err
db_set_aside(struct db *db, const char *key, size_t key_len);

#endif
