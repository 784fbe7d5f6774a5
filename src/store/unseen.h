/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes to Redis that wait until our own replica has seen them.
 *
 * Shape: a hash table by key, and a list of those that were seen and are not yet
 * visible.
 * Owner: unseen_fini() frees, and answers what is left.
 * Threads: one at a time; time is a parameter but in unseen_add().
 * Errors: handed to each write's store_done.
 * Source: none.
 */
#ifndef STORE_UNSEEN_H
#define STORE_UNSEEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "store/record.h"
#include "store/store.h"

enum { UNSEEN_WAIT_MS = 5000 };

struct unseen_write;

enum { UNSEEN_SLOTS = 4096 };

/* All zero is an empty one. */
struct unseen {
	struct unseen_write **slots; /* UNSEEN_SLOTS lists; NULL: never used */
	size_t count;
	struct unseen_write *seen;
};

bool
unseen_is_empty(const struct unseen *u);

/* fields NULL: a deletion. Takes the fields. how: STORE_FORCE. */
void
unseen_add(struct unseen *u, const char *key, struct fields *fields, unsigned how,
    store_done *done, void *ctx);

enum { UNSEEN_DELETED = 1, UNSEEN_FORCED = 2 };

/* The replica has read a record: as it is now, or why it can not be read. Says what it is
 * of ours: deleted by us, or written by force. */
unsigned
unseen_saw(struct unseen *u, const char *key, size_t len, const struct fields *fields,
    const char *why);

/* What was seen has become visible: answers it. */
void
unseen_flushed(struct unseen *u);

/* Answers what has waited too long. */
void
unseen_drop_late(struct unseen *u, struct mono now);

/* The keys that were not seen yet. */
void
unseen_each(
    struct unseen *u, void (*fn)(void *ctx, const char *key, size_t len), void *ctx);

/* The keys of those that we have deleted. */
void
unseen_each_deleted(
    const struct unseen *u, void (*fn)(void *ctx, const char *key), void *ctx);

void
unseen_fini(struct unseen *u);

#endif
