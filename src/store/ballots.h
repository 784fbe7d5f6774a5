/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Votes gathered and summed by target (store/quorum.h). Pure but for memory.
 *
 * Shape: each vote is a row first; summed, each target is one.
 * Owner: the tally's.
 * Threads: one at a time.
 * Errors: none; what is no vote is left out.
 * Source: sextant-records(7).
 */
#ifndef STORE_BALLOTS_H
#define STORE_BALLOTS_H

#include "store/quorum.h"

/* vote: "up", "down", "down REASON". */
void
ballots_take(struct quorum_tally *t, const char *key, const char *vote);

/* All are taken. */
void
ballots_sum(struct quorum_tally *t);

#endif
