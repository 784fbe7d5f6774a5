/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/trie.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "zone/trie_node.h"

enum { CACHE_LINE = 64 }; /* octets */

static const struct trie_leaf *
list_find(const struct trie_node *n, const uint8_t *name, uint8_t name_len)
{
	for (unsigned i = 0; i < n->used; i++)
		if (leaf_is(to_leaf(n->slots[i]), name, name_len))
			return to_leaf(n->slots[i]);
	return NULL;
}

/* In line for both who look: most suffixes of a question are no zone, and end at once. */
__attribute__((always_inline)) static inline const struct trie_leaf *
find(const struct trie *t, uint64_t hash, const uint8_t *name, uint8_t name_len)
{
	const struct trie_node *n = t->root;
	struct trie_node *slot;

	if (n == NULL)
		return NULL;
	for (unsigned level = 0; level < LEVELS; level++) {
		uint64_t bit = slot_bit(hash, level);

		if ((n->used & bit) == 0)
			return NULL;
		slot = n->slots[slot_index(n, bit)];
		if (is_leaf(slot))
			return leaf_is(to_leaf(slot), name, name_len) ? to_leaf(slot)
			                                              : NULL;
		n = slot;
	}
	return list_find(n, name, name_len);
}

const struct trie_leaf *
trie_find(const struct trie *t, uint64_t hash, const uint8_t *name, uint8_t name_len)
{
	return find(t, hash, name, name_len);
}

const struct trie_leaf *
trie_find_suffix(const struct trie *t, const struct name_path *path, unsigned depth)
{
	const struct trie_leaf *leaf;

	if (t->root == NULL)
		return NULL;
	while (depth-- > 0) {
		uint64_t hash = path->hash[depth];

		if ((t->root->used & slot_bit(hash, 0)) == 0)
			continue;
		leaf = find(t, hash, name_path_suffix(path, depth),
		    name_path_suffix_len(path, depth));
		if (leaf != NULL)
			return leaf;
	}
	return NULL;
}

/*
 * One level further; false when that is the end. What comes next is only asked for: by
 * the time it is read all the others have gone their step.
 */
static inline bool
step(struct trie_seek *s, bool has_popcnt)
{
	/* the slots up to the one that the next bits of the hash name, that one on top */
	uint64_t slots = s->node->used << (~(s->hash >> (64 - BITS)) & 63);
	struct trie_node *slot;

	if (slots >> 63 == 0) {
		s->node = NULL;
		return false;
	}
	slot = s->node->slots[(has_popcnt ? (unsigned)__builtin_popcountll(slots)
	                                  : ones(slots)) -
	                      1];
	s->hash <<= BITS;
	__builtin_prefetch(slot);
	if (!is_leaf(slot)) {
		s->node = slot;
		return true;
	}
	s->node = NULL;
	s->leaf = to_leaf(slot);
	/* the name and what it holds are seldom in one line */
	__builtin_prefetch((const char *)slot + CACHE_LINE);
	return false;
}

__attribute__((always_inline)) static inline void
walk(struct trie_seek *seeks, size_t count, bool has_popcnt)
{
	bool more = true;

	for (unsigned level = 0; level < LEVELS && more; level++) {
		more = false;
		for (size_t i = 0; i < count; i++)
			if (seeks[i].node != NULL)
				more |= step(&seeks[i], has_popcnt);
	}
}

#ifdef __x86_64__
/* Not all of them have it, but all of the last ten years; it is a third of a step. */
__attribute__((target("popcnt"))) static void
walk_popcnt(struct trie_seek *seeks, size_t count)
{
	walk(seeks, count, true);
}

static bool
has_popcnt(void)
{
	return __builtin_cpu_supports("popcnt") != 0;
}
#else
static void
walk_popcnt(struct trie_seek *seeks, size_t count)
{
	walk(seeks, count, true);
}

static bool
has_popcnt(void)
{
	return true;
}
#endif

void
trie_find_all(struct trie_seek *seeks, size_t count)
{
	assert(count <= TRIE_SEEK_MOST);
	if (has_popcnt())
		walk_popcnt(seeks, count);
	else
		walk(seeks, count, false);
	for (size_t i = 0; i < count; i++) {
		struct trie_seek *s = &seeks[i];

		if (s->node != NULL)
			s->leaf = list_find(s->node, s->name, s->name_len);
		else if (s->leaf != NULL && !leaf_is(s->leaf, s->name, s->name_len))
			s->leaf = NULL;
	}
}
