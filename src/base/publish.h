/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Publication of immutable things to readers that never wait.
 *
 * Shape: writers replace a pointer atomically and retire what it held; a reader
 * pins itself around each batch; what was retired is freed once every reader has
 * since been unpinned or has pinned itself anew. (Quiescent-state reclamation.)
 * Owner: one struct publish for the process, in static memory (malloc does not give
 * the alignment that it asks for). A reader slot belongs to one thread,
 * a struct limbo to one writing thread; limbo_retire() takes the object over.
 * Threads: as said. publish_pin/unpin are one atomic exchange and one store, on a
 * cache line of the reader's own. A reader that blocks must be unpinned.
 * Errors: ERR_SPACE when there are more than PUBLISH_READERS_MAX readers.
 * Source: the quiescent-state idea of userspace RCU; see HACKING.md, "Publication".
 *
 * Published pointers are read with publish_load() and replaced with
 * publish_swap(): sequentially consistent, so that "the writer saw the reader
 * offline" implies "the reader sees the new pointer".
 */
#ifndef BASE_PUBLISH_H
#define BASE_PUBLISH_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define PUBLISH_READERS_MAX 256

struct publish_reader {
	alignas(64) _Atomic uint64_t seen; /* 0: unpinned */
};

struct publish {
	alignas(64) _Atomic uint64_t epoch; /* starts at 1 */
	_Atomic uint32_t reader_count;
	struct publish_reader readers[PUBLISH_READERS_MAX];
};

/* What one reader writes for each batch no other one reads or writes. */
_Static_assert(sizeof(struct publish_reader) == 64, "a cache line");
_Static_assert(offsetof(struct publish, readers) == 64, "the epoch has its own");

struct limbo_item {
	void *object;
	void (*free_fn)(void *object);
	uint64_t epoch;
};

/* Retired objects of one writer, oldest first. */
struct limbo {
	struct publish *domain;
	struct limbo_item *items; /* ring of cap entries */
	size_t head;
	size_t count;
	size_t cap;
};

#define publish_load(pp) atomic_load_explicit((pp), memory_order_seq_cst)
#define publish_swap(pp, new) atomic_exchange_explicit((pp), (new), memory_order_seq_cst)

void
publish_init(struct publish *p);

/* Gives this thread a slot for good. */
MUST_CHECK enum err
publish_join(struct publish *p, struct publish_reader **out);

static inline void
publish_pin(struct publish *p, struct publish_reader *r)
{
	uint64_t e = atomic_load_explicit(&p->epoch, memory_order_seq_cst);

	atomic_exchange_explicit(&r->seen, e, memory_order_seq_cst);
}

static inline void
publish_unpin(struct publish_reader *r)
{
	atomic_store_explicit(&r->seen, 0, memory_order_release);
}

void
limbo_init(struct limbo *l, struct publish *domain);

/* Call after the object was unlinked from everything published. */
void
limbo_retire(struct limbo *l, void *object, void (*free_fn)(void *object));

/* Frees what no reader can hold any more; returns how many are left. */
size_t
limbo_reclaim(struct limbo *l);

/* At the end, when there are no readers: frees everything. */
void
limbo_fini(struct limbo *l);

#endif
