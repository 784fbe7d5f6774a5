/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Complaints: what people are told about a file, a record or a line of theirs.
 *
 * Shape: a list in order of arrival; each with severity, source (a file name or
 * a record key), line and column from 1 (0: not known) and a one-line text
 * without a final full stop.
 * Owner: the list copies all strings; complaints_fini() frees them.
 * Threads: one at a time.
 * Errors: none. The list keeps COMPLAINTS_MAX, errors first, and counts the rest, so
 * that a zone file of a million wrong lines costs no memory.
 * Source: the GNU error format, "file:line:column: error: text".
 */
#ifndef BASE_COMPLAINT_H
#define BASE_COMPLAINT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define COMPLAINTS_MAX 200

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

struct complaint {
	enum severity severity;
	uint32_t line;
	uint32_t column;
	char *source;
	char *text;
};

struct complaints {
	struct complaint *list;
	size_t count; /* entries in list */
	size_t cap;
	size_t errors; /* all, also those beyond COMPLAINTS_MAX */
	size_t warnings;
};

void
complaints_fini(struct complaints *c);

void
complain(struct complaints *c, enum severity severity, const char *source, uint32_t line,
    uint32_t column, const char *fmt, ...) PRINTF_LIKE(6, 7);

/* Appends copies of all of from's. */
void
complaints_merge(struct complaints *c, const struct complaints *from);

/* Writes one, as "file:line:column: error: text", without a newline. */
void
complaint_write(const struct complaint *c, struct buf *out);

/* Writes all, a line each, and a last line when more were counted than kept. */
void
complaints_write(const struct complaints *c, struct buf *out);

#endif
