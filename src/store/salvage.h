/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A database that may be damaged: opened and loaded all the same, with what is good.
 *
 * Shape: a damaged file is renamed with ".damaged-TIME" and a new one begun, with the
 * rows that could be read; a damaged row moves to table damaged. Owner: *db is the
 * caller's to close; NULL when there is none. Threads: one at a time. Errors: why gets
 * what is wrong, for people; ERR_CORRUPT: the file was damaged. Source: none.
 */
#ifndef STORE_SALVAGE_H
#define STORE_SALVAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/db.h"

/* *db is NULL when none could be opened. */
void
salvage_open(const char *path, bool sync_full, struct db **db, struct buf *why);

/*
 * Calls fn for every good row of *db, which salvage_open() gave; damaged rows are
 * counted, logged and set aside. ERR_CORRUPT: *db is another now, or NULL, and *damaged
 * is set all the same.
 */
MUST_CHECK enum err
salvage_load(const char *path, bool sync_full, struct db **db, db_row *fn, void *ctx,
    size_t *damaged, struct buf *why);

#endif
