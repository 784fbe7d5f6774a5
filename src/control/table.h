/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small table of text for people, with aligned columns.
 *
 * Shape: columns of a title and a side, rows of cells; columns are parted by two
 * blanks, lines carry no blanks at their end. Widths are counted in UTF-8
 * characters. Control characters in a cell become "?", an empty cell is "-".
 * Owner: titles and cells are copied; table_fini() frees.
 * Threads: one at a time.
 * Errors: none.
 * Source: none.
 */
#ifndef CONTROL_TABLE_H
#define CONTROL_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define TABLE_COLUMNS_MAX 16

struct table {
	size_t column_count;
	bool right[TABLE_COLUMNS_MAX];
	char **cells; /* row by row, titles first */
	size_t cell_count;
	size_t cell_cap;
};

/*
 * Titles parted by blanks; one that begins with ">" heads a column that is aligned to
 * the right: "endpoint state >latency since".
 */
void
table_init(struct table *t, const char *titles);

void
table_fini(struct table *t);

/* The next cell of the current row; the row ends by itself with its last column. */
void
table_cell(struct table *t, const char *text);

void
table_cellf(struct table *t, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Appends titles and rows, a line each. A row that is not full is filled up with "-". */
void
table_write(const struct table *t, struct buf *out);

#endif
