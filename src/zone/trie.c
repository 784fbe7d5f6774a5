/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/trie.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "base/slab.h"
#include "dns/wire.h"

/*
 * The form is canonical: which nodes there are follows from the set of hashes alone.
 * Below the root no node has a single leaf and nothing else; a leaf stands as high as
 * its hash is unique. Nodes at depth LEVELS, where no bits of the hash are left, hold
 * leaves of equal hash, by name; their `used` is a count, not a bitmap.
 */
enum {
	BITS = 6,
	LEVELS = 11, /* 64 bits, six at a time; the last level has four */
	WARM_LINE = 64, /* octets of a line of the cache */
};

struct trie_node {
	uint64_t used; /* bitmap of the slots that are there */
	/* Readers look at neither; and an edit never meets what one before it dropped. */
	union {
		uint64_t stamp; /* of the edit that made it */
		uintptr_t dropped; /* the next in a garbage list; LIST_TAG: at LEVELS */
	};
	struct trie_node *slots[]; /* a node, or a leaf with LEAF_TAG */
};

/* Things from malloc() are aligned, so the lowest bit of a pointer is free. */
#define LEAF_TAG ((uintptr_t)1)
#define LIST_TAG ((uintptr_t)1)

static inline bool
is_leaf(const struct trie_node *slot)
{
	return ((uintptr_t)slot & LEAF_TAG) != 0;
}

static inline struct trie_leaf *
to_leaf(struct trie_node *slot)
{
	return (struct trie_leaf *)((uintptr_t)slot & ~LEAF_TAG);
}

static inline struct trie_node *
from_leaf(struct trie_leaf *leaf)
{
	return (struct trie_node *)((uintptr_t)leaf | LEAF_TAG);
}

/* In line: without -mpopcnt the compiler's own is a call. */
static inline unsigned
ones(uint64_t v)
{
	v -= v >> 1 & 0x5555555555555555u;
	v = (v & 0x3333333333333333u) + (v >> 2 & 0x3333333333333333u);
	v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0fu;
	return (unsigned)(v * 0x0101010101010101u >> 56);
}

/* High bits first, so that the order of slots is the order of hashes. */
static inline uint64_t
slot_bit(uint64_t hash, unsigned level)
{
	return (uint64_t)1 << (hash << level * BITS >> (64 - BITS));
}

static inline unsigned
slot_index(const struct trie_node *n, uint64_t bit)
{
	return ones(n->used & (bit - 1));
}

static unsigned
slot_count(const struct trie_node *n, unsigned level)
{
	return level < LEVELS ? ones(n->used) : (unsigned)n->used;
}

static inline bool
leaf_is(
    const struct trie_leaf *leaf, uint64_t hash, const uint8_t *name, uint8_t name_len)
{
	return trie_leaf_hash(leaf) == hash && leaf->name_len == name_len &&
	       wire_equal(trie_leaf_name(leaf), name, name_len);
}

/* Of leaves with equal hash. */
static int
leaf_compare(const struct trie_leaf *a, const struct trie_leaf *b)
{
	if (a->name_len != b->name_len)
		return (int)a->name_len - (int)b->name_len;
	return memcmp(trie_leaf_name(a), trie_leaf_name(b), a->name_len);
}

static const struct trie_leaf *
list_find(const struct trie_node *n, uint64_t hash, const uint8_t *name, uint8_t name_len)
{
	for (unsigned i = 0; i < n->used; i++)
		if (leaf_is(to_leaf(n->slots[i]), hash, name, name_len))
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
			return leaf_is(to_leaf(slot), hash, name, name_len)
			           ? to_leaf(slot)
			           : NULL;
		n = slot;
	}
	return list_find(n, hash, name, name_len);
}

const struct trie_leaf *
trie_find(const struct trie *t, uint64_t hash, const uint8_t *name, uint8_t name_len)
{
	return find(t, hash, name, name_len);
}

const struct trie_leaf *
trie_find_suffix(const struct trie *t, const struct name_path *path, unsigned depth)
{
	while (depth-- > 0) {
		const struct trie_leaf *leaf = find(t, path->hash[depth],
		    name_path_suffix(path, depth), name_path_suffix_len(path, depth));

		if (leaf != NULL)
			return leaf;
	}
	return NULL;
}

/* To the slot where it goes on; NULL: it has ended, and there is no leaf. */
static inline void
seek_slot(struct trie_seek *s, unsigned level)
{
	uint64_t bit = slot_bit(s->hash, level);

	s->slot = &s->node->slots[slot_index(s->node, bit)];
	if ((s->node->used & bit) == 0)
		s->node = NULL;
	else
		__builtin_prefetch(s->slot);
}

/* To what is in the slot: of a leaf the name and what it holds are seldom in one line. */
static inline bool
seek_node(struct trie_seek *s)
{
	struct trie_node *n = *s->slot;

	__builtin_prefetch(n);
	s->node = is_leaf(n) ? NULL : n;
	if (s->node != NULL)
		return true;
	s->leaf = to_leaf(n);
	__builtin_prefetch((const char *)n + WARM_LINE);
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
				seek_slot(&seeks[i], level);
		for (size_t i = 0; i < count; i++)
			more |= seeks[i].node != NULL && seek_node(&seeks[i]);
	}
	for (size_t i = 0; i < count; i++) {
		struct trie_seek *s = &seeks[i];

		if (s->node != NULL)
			s->leaf = list_find(s->node, s->hash, s->name, s->name_len);
		else if (s->leaf != NULL &&
		         !leaf_is(s->leaf, s->hash, s->name, s->name_len))
			s->leaf = NULL;
	}
}

static size_t
node_size(unsigned count)
{
	return sizeof(struct trie_node) + count * sizeof(struct trie_node *);
}

static struct trie_node *
node_alloc(struct slab *slab, unsigned count)
{
	return slab != NULL ? slab_alloc(slab, node_size(count))
	                    : mem_resize(NULL, node_size(count), 1);
}

static void
node_free(struct slab *slab, struct trie_node *n, unsigned count)
{
	if (slab != NULL)
		slab_free(slab, n, node_size(count));
	else
		mem_free(n);
}

/* Gives up a node: at once if no snapshot has it, else when its readers are gone. */
static void
node_drop(struct trie_edit *e, struct trie_node *n, unsigned level)
{
	if (n->stamp == e->stamp) {
		node_free(e->now.slab, n, slot_count(n, level));
		return;
	}
	n->dropped = (uintptr_t)e->dropped | (level == LEVELS ? LIST_TAG : 0);
	e->dropped = n;
}

/* The node itself if this edit made it, else a copy in its place. */
static struct trie_node *
node_own(struct trie_edit *e, struct trie_node *n, unsigned level)
{
	unsigned count = slot_count(n, level);
	struct trie_node *copy;

	if (n->stamp == e->stamp)
		return n;
	copy = node_alloc(e->now.slab, count);
	copy->used = n->used;
	copy->stamp = e->stamp;
	memcpy(copy->slots, n->slots, count * sizeof(n->slots[0]));
	node_drop(e, n, level);
	return copy;
}

/* The edit's own *at, of count slots, with one more at i; `used` is the caller's. */
static struct trie_node *
slot_insert(struct trie_edit *e, struct trie_node **at, unsigned count, unsigned i,
    struct trie_node *slot)
{
	struct trie_node *n = *at;
	struct trie_node *more = node_alloc(e->now.slab, count + 1);

	more->used = n->used;
	more->stamp = n->stamp;
	memcpy(more->slots, n->slots, i * sizeof(n->slots[0]));
	more->slots[i] = slot;
	memcpy(&more->slots[i + 1], &n->slots[i], (count - i) * sizeof(n->slots[0]));
	node_free(e->now.slab, n, count);
	*at = more;
	return more;
}

/* A node of this level with one leaf. */
static struct trie_node *
node_new(struct trie_edit *e, unsigned level, struct trie_leaf *leaf)
{
	struct trie_node *n = node_alloc(e->now.slab, 1);

	n->stamp = e->stamp;
	n->used = level < LEVELS ? slot_bit(trie_leaf_hash(leaf), level) : 1;
	n->slots[0] = from_leaf(leaf);
	return n;
}

static struct trie_leaf *
list_put(struct trie_edit *e, struct trie_node **at, struct trie_leaf *leaf)
{
	struct trie_node *n = *at;
	struct trie_leaf *old;
	unsigned count = (unsigned)n->used;
	unsigned i = 0;

	while (i < count && leaf_compare(to_leaf(n->slots[i]), leaf) < 0)
		i++;
	if (i < count && leaf_compare(to_leaf(n->slots[i]), leaf) == 0) {
		old = to_leaf(n->slots[i]);
		n->slots[i] = from_leaf(leaf);
		return old;
	}
	n = slot_insert(e, at, count, i, from_leaf(leaf));
	n->used++;
	return NULL;
}

void
trie_edit_begin(struct trie_edit *e, const struct trie *from)
{
	e->now = *from;
	/* Above every stamp in the snapshot: none of its nodes passes for ours. */
	e->stamp = ++e->now.stamp;
	e->dropped = NULL;
}

struct trie_leaf *
trie_edit_put(struct trie_edit *e, struct trie_leaf *leaf)
{
	uint64_t hash = trie_leaf_hash(leaf);
	struct trie_node **at = &e->now.root;
	struct trie_node *n;
	struct trie_leaf *old;
	uint64_t bit;
	unsigned i;

	assert(!is_leaf((struct trie_node *)leaf));
	if (*at == NULL) {
		*at = node_new(e, 0, leaf);
		e->now.count++;
		return NULL;
	}
	for (unsigned level = 0; level < LEVELS; level++) {
		n = *at = node_own(e, *at, level);
		bit = slot_bit(hash, level);
		i = slot_index(n, bit);
		if ((n->used & bit) == 0) {
			n = slot_insert(e, at, ones(n->used), i, from_leaf(leaf));
			n->used |= bit;
			e->now.count++;
			return NULL;
		}
		at = &n->slots[i];
		if (!is_leaf(*at))
			continue;
		old = to_leaf(*at);
		if (leaf_is(old, hash, trie_leaf_name(leaf), leaf->name_len)) {
			*at = from_leaf(leaf);
			return old;
		}
		*at = node_new(e, level + 1, old);
	}
	*at = node_own(e, *at, LEVELS);
	old = list_put(e, at, leaf);
	e->now.count += old == NULL;
	return old;
}

/* Takes slot i, the last way to what was removed, out of n; returns as remove_below(). */
static struct trie_node *
slot_remove(struct trie_edit *e, struct trie_node *n, unsigned level, unsigned i)
{
	unsigned count = slot_count(n, level);
	struct trie_node *other, *fewer;

	if (count == 1) {
		node_drop(e, n, level);
		return NULL;
	}
	other = n->slots[i == 0];
	if (count == 2 && level != 0 && is_leaf(other)) {
		node_drop(e, n, level);
		return other;
	}
	fewer = node_alloc(e->now.slab, count - 1);
	fewer->used = n->used;
	fewer->stamp = e->stamp;
	memcpy(fewer->slots, n->slots, i * sizeof(n->slots[0]));
	memcpy(&fewer->slots[i], &n->slots[i + 1], (count - i - 1) * sizeof(n->slots[0]));
	node_drop(e, n, level);
	return fewer;
}

/*
 * Removes a leaf that is there. Returns what takes the place of n: nothing, a lone
 * leaf, or a node.
 */
static struct trie_node *
remove_below(struct trie_edit *e, struct trie_node *n, unsigned level,
    const struct trie_leaf *leaf)
{
	uint64_t bit = level < LEVELS ? slot_bit(trie_leaf_hash(leaf), level) : 0;
	struct trie_node *next;
	unsigned i = 0;

	if (level < LEVELS) {
		i = slot_index(n, bit);
		next = is_leaf(n->slots[i])
		           ? NULL
		           : remove_below(e, n->slots[i], level + 1, leaf);
	} else {
		while (to_leaf(n->slots[i]) != leaf)
			i++;
		next = NULL;
	}
	if (next == NULL) {
		n = slot_remove(e, n, level, i);
		if (n != NULL && !is_leaf(n))
			n->used = level < LEVELS ? n->used & ~bit : n->used - 1;
		return n;
	}
	if (is_leaf(next) && level != 0 && slot_count(n, level) == 1) {
		node_drop(e, n, level);
		return next;
	}
	n = node_own(e, n, level);
	n->slots[i] = next;
	return n;
}

struct trie_leaf *
trie_edit_remove(
    struct trie_edit *e, uint64_t hash, const uint8_t *name, uint8_t name_len)
{
	const struct trie_leaf *leaf = trie_find(&e->now, hash, name, name_len);

	if (leaf == NULL)
		return NULL;
	e->now.root = remove_below(e, e->now.root, 0, leaf);
	e->now.count--;
	return (struct trie_leaf *)leaf;
}

struct trie
trie_edit_finish(struct trie_edit *e, struct trie_node **garbage)
{
	*garbage = e->dropped;
	e->dropped = NULL;
	return e->now;
}

void
trie_garbage_free_in(struct slab *slab, struct trie_node *garbage)
{
	struct trie_node *next;

	for (struct trie_node *n = garbage; n != NULL; n = next) {
		unsigned level = n->dropped & LIST_TAG ? LEVELS : 0;

		next = (struct trie_node *)(n->dropped & ~LIST_TAG);
		node_free(slab, n, slot_count(n, level));
	}
}

void
trie_garbage_free(void *garbage)
{
	trie_garbage_free_in(NULL, garbage);
}

static void
free_below(struct slab *slab, struct trie_node *n, unsigned level,
    void (*free_leaf)(struct trie_leaf *))
{
	unsigned count = slot_count(n, level);

	for (unsigned i = 0; i < count; i++) {
		if (!is_leaf(n->slots[i]))
			free_below(slab, n->slots[i], level + 1, free_leaf);
		else if (free_leaf != NULL)
			free_leaf(to_leaf(n->slots[i]));
	}
	node_free(slab, n, count);
}

void
trie_free(struct trie *t, void (*free_leaf)(struct trie_leaf *leaf))
{
	if (t->root != NULL)
		free_below(t->slab, t->root, 0, free_leaf);
	*t = (struct trie){0};
}

static int
each_below(const struct trie_node *n, unsigned level,
    int (*fn)(struct trie_leaf *leaf, void *ctx), void *ctx)
{
	unsigned count = slot_count(n, level);
	int result = 0;

	for (unsigned i = 0; i < count && result == 0; i++)
		result = is_leaf(n->slots[i])
		             ? fn(to_leaf(n->slots[i]), ctx)
		             : each_below(n->slots[i], level + 1, fn, ctx);
	return result;
}

int
trie_each(const struct trie *t, int (*fn)(struct trie_leaf *leaf, void *ctx), void *ctx)
{
	return t->root != NULL ? each_below(t->root, 0, fn, ctx) : 0;
}
