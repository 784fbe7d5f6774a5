/* SPDX-License-Identifier: BSD-2-Clause */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/slab.h"
#include "zone/trie_node.h"

/* Of leaves with equal hash. */
static int
leaf_compare(const struct trie_leaf *a, const struct trie_leaf *b)
{
	if (a->name_len != b->name_len)
		return (int)a->name_len - (int)b->name_len;
	return memcmp(trie_leaf_name(a), trie_leaf_name(b), a->name_len);
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

/* Leaves do not keep their hash: it is wanted only where one goes a level down. */
static uint64_t
leaf_hash(const struct trie_edit *e, const struct trie_leaf *leaf)
{
	return e->now.hash_of != NULL ? e->now.hash_of(leaf) : trie_leaf_hash(leaf);
}

/* A node of this level with one leaf. */
static struct trie_node *
node_new(struct trie_edit *e, unsigned level, struct trie_leaf *leaf, uint64_t hash)
{
	struct trie_node *n = node_alloc(e->now.slab, 1);

	n->stamp = e->stamp;
	n->used = level < LEVELS ? slot_bit(hash, level) : 1;
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
trie_edit_put(struct trie_edit *e, uint64_t hash, struct trie_leaf *leaf)
{
	struct trie_node **at = &e->now.root;
	struct trie_node *n;
	struct trie_leaf *old, *pushed = NULL;
	uint64_t bit, pushed_hash = 0;
	unsigned i;

	assert(!is_leaf((struct trie_node *)leaf));
	if (*at == NULL) {
		*at = node_new(e, 0, leaf, hash);
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
		if (leaf_is(old, trie_leaf_name(leaf), leaf->name_len)) {
			*at = from_leaf(leaf);
			return old;
		}
		if (old != pushed) {
			pushed = old;
			pushed_hash = leaf_hash(e, old);
		}
		*at = node_new(e, level + 1, old, pushed_hash);
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
remove_below(struct trie_edit *e, struct trie_node *n, unsigned level, uint64_t hash,
    const struct trie_leaf *leaf)
{
	uint64_t bit = level < LEVELS ? slot_bit(hash, level) : 0;
	struct trie_node *next;
	unsigned i = 0;

	if (level < LEVELS) {
		i = slot_index(n, bit);
		next = is_leaf(n->slots[i])
		           ? NULL
		           : remove_below(e, n->slots[i], level + 1, hash, leaf);
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
	e->now.root = remove_below(e, e->now.root, 0, hash, leaf);
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
