/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The serials of zones, over restarts: none goes back, wherever the process ended and
 * whatever the clock says then.
 *
 * Shape: for each zone whose serial is ours the disk knows one that no serial served was
 * above. A step beyond it waits until a higher one is written, so that it holds at any
 * instant; the content does not wait. It is written some way ahead, so that few steps
 * wait; a stop in order writes what was served last.
 * Owner: part of the maker, which has the notes.
 * Threads: the store thread.
 * Errors: a disk that refuses is not waited for.
 * Source: DESIGN "Who wins"; RFC 1982; sextant-state(5).
 */
#ifndef STEER_SERIALS_H
#define STEER_SERIALS_H

#include <stdint.h>

#include "steer/zonenote.h"
#include "store/store.h"
#include "zone/trie.h"

struct serials {
	const struct trie *notes; /* struct zonenote */
	struct store *store; /* NULL: nothing is written */
	void *known; /* tree of what the disk knows, by zone */
	void (*on_saved)(void *ctx); /* a step that waited may be made */
	void *ctx;
};

void
serials_fini(struct serials *s);

/* What an earlier process has left; before the first zone is built. */
void
serials_load(struct serials *s, struct store *store);

/* From now on they are written. */
void
serials_begin(struct serials *s, struct store *store);

/* A stop in order: what was served last. */
void
serials_end(struct serials *s);

/* Of a note that is new. */
void
serials_recall(struct serials *s, struct zonenote *n);

/* After it was built. */
void
serials_save(struct serials *s, struct zonenote *n);

#endif
