/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A request line of the control socket.
 *
 * Shape: words as in base/words.h, of at most LINE_MAX_LEN octets without the
 * newline; a carriage return before the newline is dropped. A first word "json" asks for
 * the reply as JSON and is no part of the request.
 * Owner: line_fini() frees; all zero is a valid empty line.
 * Threads: any; pure.
 * Errors: ERR_SYNTAX with a text for people in `why`, "column N: ..."; json is
 * set even then, so that the error goes out in the form that was asked for.
 * Source: none.
 */
#ifndef CONTROL_LINE_H
#define CONTROL_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/words.h"

#define LINE_MAX_LEN ((size_t)64 << 10)

struct line {
	bool json;
	int argc; /* at least 1 */
	char **argv; /* points into words */
	struct words words;
};

void
line_fini(struct line *l);

/* Whether the text, or the beginning of one, asks for JSON. */
bool
line_wants_json(const char *text, size_t len);

/* Reads one line, without its newline. */
MUST_CHECK enum err
line_parse(const char *text, size_t len, struct line *l, struct buf *why);

#endif
