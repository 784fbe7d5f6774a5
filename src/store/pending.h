/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records that name a pool which is not there yet. They are rejected like any other bad
 * record, but kept, so that it makes no difference in which order a pool and what names
 * it arrive.
 *
 * Shape: a list, each key once, of at most PENDING_MAX; it is short where people make
 * their pools first. Of those that found no room it is only known that there are any:
 * the next pool that was not there before asks for a full read.
 * Owner: copies; pending_fini() frees. All zero is a valid empty one.
 * Threads: one at a time; pure but for memory.
 * Errors: none.
 * Source: DESIGN "Who wins".
 */
#ifndef STORE_PENDING_H
#define STORE_PENDING_H

#include <stdbool.h>
#include <stddef.h>

#include "store/record.h"

enum { PENDING_MAX = 10000 };

struct pending_record {
	char *key;
	size_t len;
	struct fields fields;
};

struct pending {
	struct pending_record *list;
	size_t count, cap;
	bool overflowed;
};

void
pending_fini(struct pending *p);

/*
 * Keeps the newest version of a key; false: there is no room. What is there of another
 * version is to be removed before, since no one looks for it then.
 */
bool
pending_put(struct pending *p, const char *key, size_t len, const struct fields *fields);

/* Nothing happens when it is not there. */
void
pending_remove(struct pending *p, const char *key, size_t len);

#endif
