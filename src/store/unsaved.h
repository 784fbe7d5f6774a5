/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small values that the disk has refused so far: the newest of each, to be written when
 * it is well again.
 *
 * Shape: a tree by kind and key; the kind of what stands in table meta is NULL.
 * Owner: values belong to it until they are taken.
 * Threads: the loop's own.
 * Errors: none.
 * Source: tsearch(3).
 */
#ifndef STORE_UNSAVED_H
#define STORE_UNSAVED_H

#include <stddef.h>

#include "base/err.h"

struct small {
	void *owner; /* whoever made it */
	void (*done)(void *ctx, enum err e); /* NULL: nobody waits, or they were told */
	void *ctx;
	char *kind;
	char *key;
	char *value; /* NULL: it is to be deleted */
};

/* All zero is an empty one. */
struct unsaved {
	void *root;
	size_t count;
};

void
unsaved_fini(struct unsaved *u);

/* The texts are copied. */
struct small *
small_new(const char *kind, const char *key, const char *value);

void
small_free(struct small *s);

/* In place of an older one. */
void
unsaved_put(struct unsaved *u, struct small *s);

/* There is a newer one, or it is on disk. */
void
unsaved_drop(struct unsaved *u, const struct small *s);

/* One of them; NULL: there is none. */
struct small *
unsaved_take(struct unsaved *u);

#endif
