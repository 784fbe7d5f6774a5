/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes to the embedded store: checked, then on disk, then seen.
 *
 * Shape: a queue, in order. All that wait and touch different records are one transaction
 * (group commit); each is durable when it is answered. disk and ledger are borrowed.
 * Owner: writes_fini() frees; call it when the disk has been closed.
 * Threads: the loop's own.
 * Errors: handed to each write's store_done, with the reason.
 * Source: none.
 */
#ifndef STORE_WRITES_H
#define STORE_WRITES_H

#include <stdbool.h>

#include "store/disk.h"
#include "store/ledger.h"
#include "store/store.h"

struct write_op;

struct writes {
	struct disk *disk;
	struct ledger *ledger;
	void (*flush)(void *ctx); /* hands on what the ledger has gathered */
	void *ctx;
	struct write_op *first, **last;
	bool running; /* the first ones wait for the disk */
	size_t group; /* so many of them */
	size_t reading; /* records that are asked for, to be changed */
	bool pumping;
	bool closed;
};

void
writes_init(struct writes *w, struct disk *disk, struct ledger *ledger,
    void (*flush)(void *ctx), void *ctx);

/* Begins no more; what is under way goes on. */
void
writes_close(struct writes *w);

/* Answers what is left. */
void
writes_fini(struct writes *w);

/* how: see store/store.h. */
void
writes_set(struct writes *w, const char *key, const struct fields *fields, unsigned how,
    store_done *done, void *ctx);

void
writes_delete(
    struct writes *w, const char *key, unsigned how, store_done *done, void *ctx);

/* Also for a check alone, which touches no disk. */
void
writes_batch(struct writes *w, struct store_batch *b);

#endif
