/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A database made anew of all good rows that stand in the pages of a damaged one.
 *
 * Shape: one row is there once: of two with one key that which was changed last.
 * Owner: *out is the caller's to close. Threads: one at a time.
 * Errors: ERR_IO: there is no room for it.
 * Source: DESIGN "On disk".
 */
#ifndef STORE_REBUILD_H
#define STORE_REBUILD_H

#include <stddef.h>

#include "base/err.h"
#include "store/db.h"

struct rebuilt {
	size_t records; /* that were found, and are good */
	size_t damaged; /* and are not */
};

/* From the database at `from` into a new one at `to`; NULL: in memory. */
MUST_CHECK enum err
rebuild(const char *from, const char *to, struct db **out, struct rebuilt *r);

#endif
