/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The same work for many items, by a few threads that end with it.
 *
 * Shape: items are taken in order of their number, each by whoever is free; the caller
 * works too, and has its thread back when all is done. What comes out stands by number
 * with the caller, so that it does not matter who was faster.
 * Owner: none.
 * Threads: fn runs in several at once. Each has a hand of its own (base/inhand.h), and is
 * as nice as the caller.
 * Errors: none: what threads can not be had, the others do.
 * Source: none.
 */
#ifndef BASE_CREW_H
#define BASE_CREW_H

#include <stddef.h>

typedef void
crew_fn(void *ctx, size_t item);

/* By so many threads at most, the caller among them. */
void
crew_run(unsigned threads, size_t items, crew_fn *fn, void *ctx);

/* One for each core that we may use, and no more than INHAND_HANDS. */
unsigned
crew_size(void);

#endif
