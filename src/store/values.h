/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The values in one field of a record.
 *
 * Shape: one per line, or parted by blanks too where they are addresses or names; or
 * a JSON array of strings. Blanks around a value are dropped, and empty values.
 * Owner: values_fini() frees; all zero is a valid empty list.
 * Threads: any; pure but for memory.
 * Errors: ERR_SYNTAX, ERR_RANGE with the reason in `why`.
 * Source: DESIGN "The record model".
 */
#ifndef STORE_VALUES_H
#define STORE_VALUES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/record.h"

enum { VALUES_MAX = 8192, VALUES_TEXT_MAX = 1024 * 1024 };

struct values {
	char **list; /* NUL-terminated, no newline inside */
	size_t count;
	size_t cap;
};

/* Characters of `also` part values beside newlines. */
MUST_CHECK enum err
values_parse(
    const char *text, size_t len, const char *also, struct values *out, struct buf *why);

/* The same of a field, which the reason then names. */
MUST_CHECK enum err
values_read(const struct field *f, const char *also, struct values *out, struct buf *why);

void
values_fini(struct values *v);

#endif
