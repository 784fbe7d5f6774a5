/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small table of text for people, with aligned columns.
 *
 * Shape: columns of a title and a side, rows of cells; columns are parted by two
 * blanks, lines carry no blanks at their end. Widths are counted in UTF-8
 * characters. Control characters in a cell become "?", an empty cell is "-".
 * Owner: titles and cells are copied; columns_fini() frees.
 * Threads: one at a time.
 * Errors: none.
 * Source: none.
 */
#ifndef CONTROL_COLUMNS_H
#define CONTROL_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define COLUMNS_MAX 16

struct columns {
	size_t column_count;
	bool right[COLUMNS_MAX];
	char **cells; /* row by row, titles first */
	size_t cell_count;
	size_t cell_cap;
};

/*
 * Titles parted by blanks; one that begins with ">" heads a column that is aligned to
 * the right: "endpoint state >latency since".
 */
void
columns_init(struct columns *t, const char *titles);

void
columns_fini(struct columns *t);

/* The next cell of the current row; the row ends by itself with its last column. */
void
columns_cell(struct columns *t, const char *text);

void
columns_cellf(struct columns *t, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Appends titles and rows, a line each. A row that is not full is filled up with "-". */
void
columns_write(const struct columns *t, struct buf *out);

#endif
