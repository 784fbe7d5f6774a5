/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/publish.h"

#include "base/mem.h"

void
publish_init(struct publish *p)
{
	atomic_init(&p->epoch, 1);
	atomic_init(&p->reader_count, 0);
	for (unsigned i = 0; i < PUBLISH_READERS_MAX; i++)
		atomic_init(&p->readers[i].seen, 0);
}

enum err
publish_join(struct publish *p, struct publish_reader **out)
{
	uint32_t i = atomic_fetch_add(&p->reader_count, 1);

	if (i >= PUBLISH_READERS_MAX) {
		atomic_fetch_sub(&p->reader_count, 1);
		return ERR_SPACE;
	}
	*out = &p->readers[i];
	return OK;
}

/*
 * The oldest epoch that a pinned reader may still be in. Why what was retired at or
 * before it can be freed, for an object that was unlinked before this call:
 * - A reader seen unpinned here pins itself later in the one order of all sequentially
 *   consistent operations, so its publish_load() comes after the swap that unlinked the
 *   object and does not find it.
 * - A reader seen in the object's epoch or a later one read that epoch after the swap,
 *   and pinned and loaded after that: the same holds.
 * - What either read before, it read before the store that is seen here (release and
 *   acquire), and so before the free.
 */
static uint64_t
oldest(struct publish *p)
{
	uint64_t min = atomic_load(&p->epoch);
	uint32_t n = atomic_load(&p->reader_count);

	for (uint32_t i = 0; i < n && i < PUBLISH_READERS_MAX; i++) {
		uint64_t seen = atomic_load(&p->readers[i].seen);

		if (seen != 0 && seen < min)
			min = seen;
	}
	return min;
}

void
limbo_init(struct limbo *l, struct publish *domain)
{
	*l = (struct limbo){.domain = domain};
}

static void
grow(struct limbo *l)
{
	size_t cap = l->cap != 0 ? l->cap * 2 : 64;
	struct limbo_item *items = mem_array(cap, sizeof(*items));

	for (size_t i = 0; i < l->count; i++)
		items[i] = l->items[(l->head + i) % l->cap];
	mem_free(l->items);
	l->items = items;
	l->head = 0;
	l->cap = cap;
}

void
limbo_retire(struct limbo *l, void *object, void (*free_fn)(void *object))
{
	if (object == NULL)
		return;
	if (l->count == l->cap)
		grow(l);
	/* readers that pin from now on see this epoch, and not the object */
	l->items[(l->head + l->count) % l->cap] = (struct limbo_item){
	    .object = object,
	    .free_fn = free_fn,
	    .epoch = atomic_fetch_add(&l->domain->epoch, 1) + 1,
	};
	l->count++;
}

size_t
limbo_reclaim(struct limbo *l)
{
	uint64_t safe;

	if (l->count == 0)
		return 0;
	safe = oldest(l->domain);
	while (l->count != 0 && l->items[l->head].epoch <= safe) {
		struct limbo_item item = l->items[l->head];

		l->head = (l->head + 1) % l->cap;
		l->count--;
		item.free_fn(item.object);
	}
	return l->count;
}

void
limbo_fini(struct limbo *l)
{
	while (l->count != 0) {
		struct limbo_item item = l->items[l->head];

		l->head = (l->head + 1) % l->cap;
		l->count--;
		item.free_fn(item.object);
	}
	mem_free(l->items);
	*l = (struct limbo){0};
}
