/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changes that are about to be made, looked at ahead: what they touch is fetched into the
 * cache at the same time, where one after the other each would wait for memory.
 *
 * Shape: one function, without effect but on time.
 * Owner: none.
 * Threads: that of the maker.
 * Errors: none.
 * Source: none.
 */
#ifndef STEER_WARM_H
#define STEER_WARM_H

#include <stddef.h>

#include "store/store.h"
#include "zone/trie.h"

/* No more than this many are looked at, however many there are. */
enum { WARM_MOST = TRIE_SEEK_MOST };

/* notes: see steer/zonenote.h. */
void
warm_changes(const struct trie *notes, const struct store_change *changes, size_t count);

#endif
