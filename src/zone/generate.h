/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * $GENERATE: a range of numbers, and templates that they are put into.
 *
 * Shape: "1-254", "0-255/2"; in a template $ is the number, ${offset,width,base} the
 * number plus offset, at least width wide, in base d, o, x, X, n or N (nibbles in
 * reverse order); $$ is a dollar, and so is \$.
 * Owner: results go into the caller's buffer.
 * Threads: any.
 * Errors: ERR_SYNTAX and ERR_RANGE with the reason in `why`.
 * Source: the BIND 9.18 manual, "BIND Primary File Extension: the $GENERATE Directive".
 */
#ifndef ZONE_GENERATE_H
#define ZONE_GENERATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "zone/lexer.h"

enum { GENERATE_MAX = 1 << 20 }; /* records of one directive */

struct generate_range {
	uint32_t start; /* up to 2^31-1 */
	uint32_t stop; /* not below start */
	uint32_t step; /* at least 1 */
};

MUST_CHECK enum err
generate_range_parse(
    const char *text, size_t len, struct generate_range *out, struct buf *why);

/* Appends the template with the number put in. */
MUST_CHECK enum err
generate_expand(
    const char *text, size_t len, uint32_t number, struct buf *out, struct buf *why);

/*
 * The template of a $GENERATE as words of a line: the owner, what stands before the data,
 * and the data, which is one word, in quotes when it has blanks. The quotes are not part
 * of it.
 */
void
generate_template(const struct lexer *l, struct buf *out);

#endif
