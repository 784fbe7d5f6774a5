/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names and where they were written, to find doubles and what others refer to.
 *
 * Shape: filled by names_add(), then sorted once; n log n also for a million.
 * Owner: names are copied; nodes are borrowed. All zero is empty.
 * Threads: one at a time.
 * Errors: names_sort() complains of doubles.
 * Source: none.
 */
#ifndef CONFIG_NAMES_H
#define CONFIG_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "config/reader.h"

struct names_item {
	char *name;
	size_t order;
	const struct tree_node *at; /* NULL: built in */
};

struct names {
	struct names_item *items;
	size_t count;
	size_t cap;
};

void
names_fini(struct names *s);

void
names_add(struct names *s, const char *name, const struct tree_node *at);

/* Complains of every name but the first of its kind: `WHAT "NAME" is there already`. */
void
names_sort(struct names *s, struct reader *r, const char *what);

/* After names_sort(). */
bool
names_has(const struct names *s, const char *name);

/* The nearest name when one is near enough to be meant; else NULL. */
const char *
names_nearest(const struct names *s, const char *name);

#endif
