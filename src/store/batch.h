/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many records written at once.
 *
 * Shape: rows as they shall be; fields that are not given go. A batch is
 * one transaction: on disk, or in Redis, and visible as one, or not at all.
 * Owner: the caller's until done() is called, and again after it.
 * Threads: the store thread.
 * Errors: each row that is refused has its reason. Unless `skip_refused` is set, one that
 * is refused refuses all.
 * Source: none.
 */
#ifndef STORE_BATCH_H
#define STORE_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "store/disk.h"
#include "store/store.h"

struct ledger;

struct store_batch {
	struct disk_row *rows;
	char **refused; /* for each its reason; set before: it is refused for that */
	size_t count;
	size_t refused_count;
	bool only_check;
	bool force; /* the guard is not asked */
	bool skip_refused;
	/* why is for people when e is not OK */
	void (*done)(struct store_batch *b, enum err e, const char *why);
};

/* Puts rows (count) and an empty list of reasons into a batch; takes the rows over. */
void
batch_init(struct store_batch *b, struct disk_row *rows, size_t count);

void
batch_fini(struct store_batch *b);

/* What the ledger would refuse gets its reason; ERR_DENIED: nothing may be written. */
MUST_CHECK enum err
batch_check(struct store_batch *b, struct ledger *l, struct buf *why);

/* Copies of the rows that are good. */
struct disk_row *
batch_copy_good(const struct store_batch *b, size_t *count);

void
batch_free_copy(struct disk_row *rows, size_t count);

typedef void
batch_each_fn(
    void *ctx, const struct store_batch *b, size_t i, store_done *done, void *done_ctx);

/* Hands each good row to fn, and is done when all are: what an outcome says against a
 * row is its reason. */
void
batch_each(struct store_batch *b, batch_each_fn *fn, void *ctx);

#endif
