/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A map from one 64-bit number to another, for what is worked out once and asked for
 * again while a database is compiled.
 *
 * Shape: open addressing, a power of two, at most half full; all zero is empty.
 * Owner: the holder; memo_fini() frees.
 * Threads: one at a time.
 * Errors: none (base/mem.h).
 * Source: none.
 */
#ifndef GEO_MEMO_H
#define GEO_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memo_entry {
	uint64_t key;
	uint64_t value;
	bool used;
};

struct memo {
	struct memo_entry *slots;
	size_t count;
	size_t cap;
};

bool
memo_find(const struct memo *m, uint64_t key, uint64_t *value);

/* Adds or replaces. */
void
memo_set(struct memo *m, uint64_t key, uint64_t value);

void
memo_fini(struct memo *m);

#endif
