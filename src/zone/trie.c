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
seek(struct trie_seek *s, unsigned level)
{
	uint64_t bit = slot_bit(s->hash, level);
	struct trie_node *slot;

	if ((s->node->used & bit) == 0) {
		s->node = NULL;
		return false;
	}
	slot = s->node->slots[slot_index(s->node, bit)];
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

void
trie_find_all(struct trie_seek *seeks, size_t count)
{
	bool more = true;

	assert(count <= TRIE_SEEK_MOST);
	for (size_t i = 0; i < count; i++) {
		seeks[i].node = seeks[i].trie->root;
		seeks[i].leaf = NULL;
	}
	for (unsigned level = 0; level < LEVELS && more; level++) {
		more = false;
		for (size_t i = 0; i < count; i++)
			if (seeks[i].node != NULL)
				more |= seek(&seeks[i], level);
	}
	for (size_t i = 0; i < count; i++) {
		struct trie_seek *s = &seeks[i];

		if (s->node != NULL)
			s->leaf = list_find(s->node, s->name, s->name_len);
		else if (s->leaf != NULL && !leaf_is(s->leaf, s->name, s->name_len))
			s->leaf = NULL;
	}
}
