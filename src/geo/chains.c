/* SPDX-License-Identifier: BSD-2-Clause */
#include "geo/chains.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

static uint32_t
push(struct chains *c, const struct chains_item *item, uint64_t hash)
{
	if (c->count >= CHAINS_MAX) {
		c->full = true;
		return 0;
	}
	c->list = mem_grow(c->list, c->count, &c->cap, sizeof(*c->list));
	c->list[c->count] = *item;
	memo_set(&c->by_hash, hash, c->count);
	return (uint32_t)c->count++;
}

static uint32_t
intern(struct chains *c, const struct chains_item *item)
{
	size_t octets = item->count * sizeof(item->regions[0]);

	/* Two lists of one hash: the second is kept under another salt. */
	for (uint64_t salt = 0;; salt++) {
		uint64_t hash = hash_bytes(salt, (const uint8_t *)item->regions, octets);
		const struct chains_item *old;
		uint64_t id;

		if (!memo_find(&c->by_hash, hash, &id))
			return push(c, item, hash);
		old = &c->list[id];
		if (old->count == item->count &&
		    memcmp(old->regions, item->regions, octets) == 0)
			return (uint32_t)id;
	}
}

static void
append(struct chains *c, struct chains_item *item, uint16_t region)
{
	for (uint16_t i = 0; i < item->count; i++) {
		if (item->regions[i] == region)
			return;
	}
	if (item->count == GEO_CHAIN_MAX) {
		c->overlong = true;
		return;
	}
	item->regions[item->count++] = region;
}

void
chains_init(struct chains *c)
{
	struct chains_item empty = {0};
	uint32_t id;

	*c = (struct chains){0};
	id = intern(c, &empty);
	assert(id == 0);
}

void
chains_fini(struct chains *c)
{
	memo_fini(&c->by_hash);
	mem_free(c->list);
	*c = (struct chains){0};
}

uint32_t
chains_one(struct chains *c, uint16_t region)
{
	struct chains_item item = {.count = 1, .regions = {region}};

	return intern(c, &item);
}

uint32_t
chains_join(struct chains *c, uint32_t a, uint32_t b)
{
	struct chains_item item;

	assert(a < c->count && b < c->count);
	item = c->list[a];
	for (uint16_t i = 0; i < c->list[b].count; i++)
		append(c, &item, c->list[b].regions[i]);
	return intern(c, &item);
}

struct geo_chain
chains_get(const struct chains *c, uint32_t id)
{
	assert(id < c->count);
	return (struct geo_chain){c->list[id].regions, c->list[id].count};
}
