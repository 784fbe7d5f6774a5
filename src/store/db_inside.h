/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files that speak SQLite share, and nobody else.
 *
 * Shape: db_open.c opens and migrates, db.c has records and transactions, db_state.c what
 * is small.
 * Owner: see store/db.h.
 * Threads: one at a time.
 * Errors: db_from_sqlite() keeps SQLite's words for db_reason().
 * Source: SQLite 3.40.
 */
#ifndef STORE_DB_INSIDE_H
#define STORE_DB_INSIDE_H

#include "store/db.h"
#include "store/schema.h"
#include "store/tide.h"

struct sqlite3;
struct sqlite3_stmt;

struct db {
	struct sqlite3 *sql;
	struct sqlite3_stmt *st[Q_COUNT];
	struct tally tally; /* as it will be when the transaction is committed */
	struct tide tide;
	uint64_t commits; /* in this file */
	char reason[200];
};

enum err
db_from_sqlite(struct db *db, int rc);

MUST_CHECK enum err
db_run(struct db *db, const char *sql);

/* Steps a statement that gives no row, and makes it ready for the next time. */
MUST_CHECK enum err
db_step(struct db *db, struct sqlite3_stmt *st);

void
db_bind_key(struct sqlite3_stmt *st, const char *key, size_t len);

MUST_CHECK enum err
db_load_tally(struct db *db);

#endif
