/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One reply of the control socket, in the two forms that it can take.
 *
 * Shape: for people, lines of text and then "OK" or "ERR CODE text"; a data line
 * that begins with "OK", "ERR" or "." gets a leading ".". As JSON, exactly one
 * line: {"ok":true,"data":...} or {"ok":false,"code":...,"error":...}. An error may
 * have data too (what a refused reload complains of): lines before ERR, and a
 * "data" behind "error". All zero is a valid empty reply.
 * Owner: the holder; reply_fini() frees text and tree.
 * Threads: one at a time.
 * Errors: none. A reply larger than REPLY_MAX is written as the error "too-large".
 * Source: none; dot-stuffing as in RFC 5321 4.5.2.
 */
#ifndef CONTROL_REPLY_H
#define CONTROL_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/json.h"

#define REPLY_MAX ((size_t)16 << 20) /* octets of one reply as sent */

struct reply {
	struct buf text; /* for people: lines; the last newline may be missing */
	struct json *data; /* for tools: object or array; NULL is written as {} */
	char *code; /* NULL: done; else what kind of error, lower case and "-" */
	char *error; /* one line; set with code */
};

void
reply_fini(struct reply *r);

/* Turns it into an error; text and data stay. */
void
reply_fail(struct reply *r, const char *code, const char *error);

/* Appends lines for people, with what keeps them apart from the end of a reply. */
void
reply_write_lines(const struct buf *text, struct buf *out);

/* Appends it in one of its forms, with the final newline. */
void
reply_write(const struct reply *r, bool json, struct buf *out);

#endif
