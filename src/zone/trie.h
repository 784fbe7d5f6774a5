/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A persistent hash trie from names to things: the shape of the name table and of the
 * zone table.
 *
 * Shape: a hash array mapped trie, 6 bits of the hash a level, nodes with a bitmap
 * and only the slots that are used. A trie is an immutable snapshot; an edit makes the
 * next one by copying the path to what it changes, and shares the rest. Nodes made
 * by the running edit are changed in place, so that filling a trie copies nothing.
 * A leaf is any struct that begins with struct trie_leaf. Names are lower case.
 * Owner: the trie owns its inner nodes, never the leaves. What an edit drops from
 * the old snapshot is in its garbage, to be freed when no reader holds that snapshot or
 * one before it. Snapshots follow one another: at most one edit begins from each.
 * Threads: snapshots: any number of readers. An edit: one thread.
 * Errors: none. Equal hashes of different names are kept in a list at the end.
 * Source: Bagwell, "Ideal Hash Trees", 2001.
 */
#ifndef ZONE_TRIE_H
#define ZONE_TRIE_H

#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"

struct slab;

/* It does not keep the hash of its name: a look-up compares the name in any case. */
struct trie_leaf {
	uint8_t name_at; /* where the lower-case wire form stands, from the leaf on */
	uint8_t name_len;
};

static inline const uint8_t *
trie_leaf_name(const struct trie_leaf *leaf)
{
	return (const uint8_t *)leaf + leaf->name_at;
}

/* What trie_find() wants to know of the same name. */
static inline uint64_t
trie_leaf_hash(const struct trie_leaf *leaf)
{
	return name_hash(trie_leaf_name(leaf), leaf->name_len);
}

/* name is in the leaf's own memory, at most 255 octets from it. */
static inline void
trie_leaf_set(struct trie_leaf *leaf, const uint8_t *name, uint8_t name_len)
{
	leaf->name_at = (uint8_t)(name - (const uint8_t *)leaf);
	leaf->name_len = name_len;
}

struct trie_node;

/* All zero is the empty trie. */
struct trie {
	struct trie_node *root;
	size_t count; /* leaves */
	uint64_t stamp; /* of the edit that made it, above that of all before it */
	struct slab *slab; /* inner nodes come from it; NULL: from malloc() */
	uint64_t (*hash_of)(const struct trie_leaf *leaf); /* NULL: trie_leaf_hash() */
};

struct trie_edit {
	struct trie now;
	uint64_t stamp; /* nodes with it were made by this edit */
	struct trie_node *dropped; /* list of the old snapshot's nodes that now lacks */
};

/* NULL when it is not there. */
const struct trie_leaf *
trie_find(const struct trie *t, uint64_t hash, const uint8_t *name, uint8_t name_len);

/* Of the suffixes of path with fewer than depth labels the longest one that is there. */
const struct trie_leaf *
trie_find_suffix(const struct trie *t, const struct name_path *path, unsigned depth);

/*
 * Many look-ups at once: what each walks over is brought into the cache for all of them
 * at the same time, where one after the other each would wait for memory.
 */
enum { TRIE_SEEK_MOST = 64 };

struct trie_seek {
	uint64_t hash; /* what is left of it */
	const struct trie_node *node; /* on the way; NULL: it has ended */
	const struct trie_leaf *leaf; /* what trie_find() gives */
	const uint8_t *name;
	uint8_t name_len;
};

/* The name must stay until trie_find_all() was called. */
static inline void
trie_seek_begin(struct trie_seek *s, const struct trie *t, uint64_t hash,
    const uint8_t *name, uint8_t name_len)
{
	s->hash = hash;
	s->node = t->root;
	s->leaf = NULL;
	s->name = name;
	s->name_len = name_len;
}

/* Of at most TRIE_SEEK_MOST. */
void
trie_find_all(struct trie_seek *seeks, size_t count);

void
trie_edit_begin(struct trie_edit *e, const struct trie *from);

/*
 * Puts a leaf in place of the one of that name, which is returned (NULL: there was none).
 * hash is that of its name.
 */
struct trie_leaf *
trie_edit_put(struct trie_edit *e, uint64_t hash, struct trie_leaf *leaf);

/* Takes a leaf out and returns it. NULL when it was not there. */
struct trie_leaf *
trie_edit_remove(
    struct trie_edit *e, uint64_t hash, const uint8_t *name, uint8_t name_len);

/*
 * The new snapshot; *garbage is for trie_garbage_free() once the old snapshot has no
 * readers (NULL when there is none).
 */
struct trie
trie_edit_finish(struct trie_edit *e, struct trie_node **garbage);

void
trie_garbage_free(void *garbage);

/* The same of a trie with a slab. */
void
trie_garbage_free_in(struct slab *slab, struct trie_node *garbage);

/* Frees all inner nodes; with free_leaf also the leaves. */
void
trie_free(struct trie *t, void (*free_leaf)(struct trie_leaf *leaf));

/* In hash order; stops when fn returns non-zero, and returns that. */
int
trie_each(const struct trie *t, int (*fn)(struct trie_leaf *leaf, void *ctx), void *ctx);

#endif
