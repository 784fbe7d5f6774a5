/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many transactions a database has seen, in a file beside it: so a write-ahead log
 * that was lost or cut is noticed, as is an older copy of the database.
 *
 * Shape: "*-mark", one line: the number, and FNV-1a of its digits. Written after each
 * commit and never synced: it may be behind the database, and no transaction it tells of
 * was lost unless something is wrong.
 * Owner: tide_close(). Threads: one at a time.
 * Errors: none: without the file nothing is known.
 * Source: sextant-state(5).
 */
#ifndef STORE_TIDE_H
#define STORE_TIDE_H

#include <stdbool.h>
#include <stdint.h>

struct tide {
	int fd; /* -1: none */
	uint64_t seen; /* what the file says; 0: nothing */
};

void
tide_open(struct tide *t, const char *path, bool read_only);

void
tide_close(struct tide *t);

void
tide_write(struct tide *t, uint64_t commits);

#endif
