/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rows of a database that SQLite can not read any more: from each page that is whole,
 * whatever led to it.
 *
 * Shape: pages of 4096 octets, each as the write-ahead log has it last or else the file;
 * all of a table without rowid is in index pages, whose cells hold whole rows. Pages that
 * are free hold none, as secure_delete fills them with zeros. Who calls knows good rows
 * by their sums.
 * Owner: rows live until the callback returns.
 * Threads: any. Errors: what can not be read is left out.
 * Source: sqlite.org/fileformat2.html sections 1.6, 2.1, 4.
 */
#ifndef STORE_PAGES_H
#define STORE_PAGES_H

#include <stddef.h>
#include <stdint.h>

enum { PAGES_COLUMNS = 5 };

struct pages_value {
	const char *text; /* NULL: a number */
	size_t len;
	int64_t number;
};

struct pages_row {
	struct pages_value values[PAGES_COLUMNS];
	unsigned count;
};

typedef void
pages_fn(void *ctx, const struct pages_row *row);

/* Rows of up to PAGES_COLUMNS values, of which whole numbers and texts are right. */
void
pages_scan(const char *path, pages_fn *fn, void *ctx);

#endif
