/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A database that may be damaged: opened and loaded all the same, with what is good.
 *
 * Shape: a damaged file is renamed with ".damaged-TIME", and a new one made of all good
 * rows that are found in its pages; a damaged row of a sound file moves to table damaged.
 * Rows that are missing although each page looks well are noticed by the tally. Owner:
 * *db is the caller's to close; NULL when there is none. Threads: one at a time. Errors:
 * why gets what is wrong, for people; ERR_CORRUPT: the file was damaged. Source: DESIGN
 * "On disk".
 */
#ifndef STORE_SALVAGE_H
#define STORE_SALVAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/db.h"

/* Renames the database and what belongs to it; a leftover of the name is replaced. */
void
salvage_set_aside(const char *path, struct buf *why);

/* *db is NULL when none could be opened; *read_only: it can be read and no more. */
void
salvage_open(const char *path, enum db_mode mode, struct db **db, bool *read_only,
    struct buf *why);

struct salvage {
	const char *path;
	enum db_mode mode;
	db_row *fn; /* called for every good row, with read_only set or not */
	void *ctx;
	bool read_only; /* out: *db is one in memory now */
	size_t good; /* out: rows that were handed over */
	size_t damaged; /* out: rows that are there and no good */
	size_t lost; /* out: rows that should be there and are not */
};

/*
 * Reads all of *db, which salvage_open() gave. ERR_CORRUPT: a new file has taken its
 * place, or *db is NULL now; what could be read was handed over all the same.
 */
MUST_CHECK enum err
salvage_load(struct salvage *s, struct db **db, struct buf *why);

#endif
