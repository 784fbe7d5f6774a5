/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The maker: builds the next world out of the present one.
 *
 * Shape: begin, any number of changes, finish; then the pools in `adopt` go to the board,
 * the world is published, those in `release` go back, and retire hands what only the
 * world before had to a limbo. It keeps the notes on zones and the numbers of pools in
 * between. Owner: the keeper's. Parts are held by the worlds; records are taken over.
 * Threads: the store thread; no loop, no mail, nothing is published here.
 * Errors: none: what arrives here has been checked.
 * Source: DESIGN "Who wins"; HACKING.md, "Publication".
 */
#ifndef STEER_MAKER_H
#define STEER_MAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/publish.h"
#include "steer/parts.h"
#include "steer/pooldir.h"
#include "steer/serials.h"
#include "steer/storepools.h"
#include "steer/world.h"
#include "steer/zonenote.h"
#include "store/store.h"

struct garbage;

struct pool_list {
	struct pool **list;
	size_t count, cap;
};

struct maker {
	/* from world to world */
	struct trie notes; /* struct zonenote by apex; mutable */
	struct serials serials;
	struct zonenote *owing; /* whose serial has to step once more */
	uint32_t *free_ids; /* numbers of pools of single records */
	size_t free_count, free_cap;
	uint32_t next_id;
	unsigned hidden; /* how many records were said to be so */
	struct storepools store_pools;
	/* of the world that is being made */
	struct world *next;
	struct pooldir pools;
	struct pool_list adopt, release;
	struct garbage *garbage;
	size_t garbage_count, garbage_cap;
	struct trie_edit zones;
	struct zonenote *touched;
};

void
maker_init(struct maker *m);

/* now: the present world, NULL: none yet. parts: NULL for the same as now. */
void
maker_begin(struct maker *m, const struct world *now, struct parts *parts);

/* Takes the record over. */
void
maker_change(struct maker *m, struct store_change *c);

/* The next world; m->adopt has its new pools, whose cells are still empty. */
struct world *
maker_finish(struct maker *m);

/* Once that world is published. m->release must have been taken. */
void
maker_retire(struct maker *m, struct limbo *limbo);

/* For limbo_retire(): the world itself, without what it shares with the next one. */
void
maker_free_world(void *world);

/* At the end: last and all that is in it but its pools; NULL: there never was one. */
void
maker_fini(struct maker *m, struct world *last);

#endif
