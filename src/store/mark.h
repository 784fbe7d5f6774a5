/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Marks: what the store has to remember over a restart beside the records themselves.
 *
 * Shape: one a key and kind. Of a removal that is held: its number, since when, why. Of a
 * record that is rejected: since when, why. Of a zone that holds more than are marked one
 * by one: the highest number, since when, why. Of a zone: its largest sizes, see
 * store/guard.h, in `note`, and when they were written in `since`.
 * Owner: a list owns its texts; marks_fini(). All zero is an empty one.
 * Threads: one at a time.
 * Errors: none.
 * Source: DESIGN 5, "On disk".
 */
#ifndef STORE_MARK_H
#define STORE_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum mark_kind { MARK_HELD, MARK_REJECTED, MARK_SIZE, MARK_MASS };
enum { MARK_KINDS = 4 };

struct mark {
	enum mark_kind kind;
	bool gone; /* it is to be deleted */
	char *key; /* a record's, or a zone's name */
	uint64_t number;
	uint64_t sum;
	int64_t since_s;
	char *note;
};

struct marks {
	struct mark *list;
	size_t count, cap;
};

/* Copies the texts; note NULL: the mark is to be deleted. */
struct mark *
marks_add(struct marks *m, enum mark_kind kind, const char *key, const char *note);

void
marks_fini(struct marks *m);

/* The names of all of a kind in table meta begin so: "held ", "rejected ", "size ",
 * "mass ". */
const char *
mark_prefix(enum mark_kind kind);

/* As a row of table meta: "held KEY" and "NUMBER SUM SINCE NOTE". The caller frees. */
void
mark_write(const struct mark *m, char **name, char **value);

/* *out borrows from both. ERR_SYNTAX: not of this form. */
MUST_CHECK enum err
mark_parse(enum mark_kind kind, const char *name, const char *value, struct mark *out);

#endif
