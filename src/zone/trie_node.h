/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a trie is made of inside: for trie.c, which looks up, and trie_edit.c.
 *
 * Shape: see below.
 * Owner, threads, errors: zone/trie.h.
 */
#ifndef ZONE_TRIE_NODE_H
#define ZONE_TRIE_NODE_H

#include <stdbool.h>

#include "dns/wire.h"
#include "zone/trie.h"

/*
 * The form is canonical: which nodes there are follows from the set of hashes alone.
 * Below the root no node has a single leaf and nothing else; a leaf stands as high as
 * its hash is unique. Nodes at depth LEVELS, where no bits of the hash are left, hold
 * leaves of equal hash, by name; their `used` is a count, not a bitmap.
 */
enum {
	BITS = 6,
	LEVELS = 11, /* 64 bits, six at a time; the last level has four */
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

static inline unsigned
slot_count(const struct trie_node *n, unsigned level)
{
	return level < LEVELS ? ones(n->used) : (unsigned)n->used;
}

/* The hash has led to it; the name alone decides. */
static inline bool
leaf_is(const struct trie_leaf *leaf, const uint8_t *name, uint8_t name_len)
{
	return leaf->name_len == name_len &&
	       wire_equal(trie_leaf_name(leaf), name, name_len);
}

#endif
