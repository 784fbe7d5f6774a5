/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads a database in two threads: one reads rows and checks them, the caller's takes
 * them.
 *
 * Shape: salvage_load() behind a feed; without a thread it is called as it is.
 * Owner: as with salvage_load().
 * Threads: the caller waits; s->fn is called in its thread.
 * Errors: those of salvage_load().
 * Source: none.
 */
#ifndef STORE_LOAD_H
#define STORE_LOAD_H

#include "store/salvage.h"

MUST_CHECK enum err
load_all(struct salvage *s, struct db **db, struct buf *why);

#endif
