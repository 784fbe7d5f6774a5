/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/pooldir.h"

#include <string.h>

#include "base/mem.h"

void
pooldir_begin(struct pooldir *d, const struct world *from)
{
	*d = (struct pooldir){0};
	if (from == NULL)
		return;
	d->base = from->chunks;
	d->shared_count = d->count = from->chunk_count;
	d->chunks = mem_array(d->count, sizeof(struct pool_chunk *));
	if (d->count != 0)
		memcpy(d->chunks, from->chunks, d->count * sizeof(struct pool_chunk *));
}

static void
widen(struct pooldir *d, size_t need)
{
	if (need <= d->count)
		return;
	d->chunks = mem_resize(d->chunks, need, sizeof(struct pool_chunk *));
	memset(d->chunks + d->count, 0, (need - d->count) * sizeof(struct pool_chunk *));
	d->count = need;
}

struct pool *
pooldir_put(struct pooldir *d, uint32_t id, struct pool *pool)
{
	size_t i = id / POOL_CHUNK;
	struct pool *was;

	widen(d, i + 1);
	if (d->chunks[i] == NULL)
		d->chunks[i] = mem_new(sizeof(struct pool_chunk));
	else if (i < d->shared_count && d->chunks[i] == d->base[i])
		d->chunks[i] = mem_dup(d->base[i], sizeof(struct pool_chunk));
	was = d->chunks[i]->slot[id % POOL_CHUNK];
	d->chunks[i]->slot[id % POOL_CHUNK] = pool;
	return was;
}

struct pool *
pooldir_get(const struct pooldir *d, uint32_t id)
{
	size_t i = id / POOL_CHUNK;

	return i < d->count && d->chunks[i] != NULL ? d->chunks[i]->slot[id % POOL_CHUNK]
	                                            : NULL;
}

void
pooldir_finish(struct pooldir *d, struct world *next)
{
	next->chunks = d->chunks;
	next->chunk_count = d->count;
}

void
pooldir_retire(struct pooldir *d, struct limbo *limbo)
{
	for (size_t i = 0; i < d->shared_count; i++)
		if (d->chunks[i] != d->base[i])
			limbo_retire(limbo, d->base[i], mem_free);
	limbo_retire(limbo, d->base, mem_free);
	*d = (struct pooldir){0};
}
