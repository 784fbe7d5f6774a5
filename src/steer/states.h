/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * States of targets over restarts: what the last process kept of them in the store's
 * database is theirs again.
 *
 * Shape: rows as health/kept.h writes them.
 * Owner: nothing is kept.
 * Threads: before the threads run.
 * Errors: without rows, or with too old ones, nothing is known.
 * Source: DESIGN "Health"; sextant-state(5).
 */
#ifndef STEER_STATES_H
#define STEER_STATES_H

#include <stddef.h>

#include "steer/board.h"
#include "store/store.h"

/* How many targets have a state now. Rows that are of no use are removed. */
size_t
states_restore(struct store *s, struct board *b);

#endif
