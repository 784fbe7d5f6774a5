/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The name table: all names of one zone from one source (its file, or the store).
 *
 * Shape: a persistent trie of nodes. A node is a name with its RRsets; an empty
 * non-terminal is a node without RRsets and with children. Every ancestor of a node up
 * to and with the apex is in the table.
 * A node is one block, from a slab that successive tables share: the count of its direct
 * children, if it has any, its name, and its RRsets.
 * Owner: a table owns its nodes. An edit takes over the RRsets it is given; what it drops
 * (nodes, trie nodes) is garbage, freed when no reader is left of that table and those
 * before it. The old table outlives the edit; one edit from each.
 * Threads: a table is immutable; edits are made by one thread, in which garbage is freed.
 * Errors: none; callers check what they put in.
 * Source: RFC 1034 4.3.1, RFC 4592 2.2.2 (empty non-terminals).
 */
#ifndef ZONE_TABLE_H
#define ZONE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "dns/name.h"
#include "zone/rrset.h"
#include "zone/trie.h"

/* What a look-up wants to know of a node without walking its RRsets. */
enum {
	NODE_HAS_NS = 1,
	NODE_HAS_DNAME = 2,
	NODE_HAS_CNAME = 4, /* and no other data: CNAME loses to it */
	NODE_HAS_STEERED = 8,
	NODE_HAS_WILDCARD_CHILD = 16, /* "*" below it is in this table */
	NODE_HAS_DATA = 32, /* RRsets */
	NODE_HAS_CHILD_COUNT = 64, /* of most names it would be 0 */
};

struct node {
	struct trie_leaf leaf; /* first: see zone/trie.h */
	uint8_t flags;
	uint8_t rest[]; /* child count, if any; name; RRsets by type, ascending */
};

struct table {
	struct name apex; /* lower case */
	unsigned apex_depth; /* labels */
	const struct node *apex_node; /* NULL: it is not there */
	struct trie trie;
	size_t rrset_count;
	size_t rr_count;
};

struct table_edit;
struct table_garbage;

static inline const uint8_t *
node_name(const struct node *n)
{
	return trie_leaf_name(&n->leaf);
}

static inline bool
node_has_data(const struct node *n)
{
	return (n->flags & NODE_HAS_DATA) != 0;
}

static inline uint32_t
node_child_count(const struct node *n)
{
	return n->flags & NODE_HAS_CHILD_COUNT ? wire_get32(n->rest) : 0;
}

/* Octets up to the first RRset. */
static inline size_t
node_head_size(const struct node *n)
{
	return (n->leaf.name_at + n->leaf.name_len + 1u) & ~1u;
}

/* Use as  for (const struct rrset *s = node_first(n); s != NULL; s = node_next(s))  */
static inline const struct rrset *
node_first(const struct node *n)
{
	return node_has_data(n) ? (const struct rrset *)(const void *)((const char *)n +
	                                                               node_head_size(n))
	                        : NULL;
}

static inline const struct rrset *
node_next(const struct rrset *s)
{
	return s->last ? NULL
	               : (const struct rrset *)(const void *)((const char *)s +
	                                                      rrset_size(s));
}

static inline const struct rrset *
node_rrset(const struct node *n, uint16_t type)
{
	uint8_t as_written[2];

	wire_put16(as_written, type);
	for (const struct rrset *s = node_first(n); s != NULL; s = node_next(s))
		if (memcmp(rrset_type_at(s), as_written, 2) == 0)
			return s;
	return NULL;
}

/* An empty table (without even the apex). */
struct table *
table_new(const struct name *apex);

/* With all nodes and RRsets; NULL is allowed. */
void
table_free(struct table *t);

/* hash is name_hash() of the lower-case name. */
static inline const struct node *
table_find(const struct table *t, uint64_t hash, const uint8_t *name, uint8_t len)
{
	return (const struct node *)trie_find(&t->trie, hash, name, len);
}

/* The node of the same name in another table; NULL: it has none. */
static inline const struct node *
table_find_twin(const struct table *t, const struct node *n)
{
	return table_find(t, trie_leaf_hash(&n->leaf), node_name(n), n->leaf.name_len);
}

struct table_edit *
table_edit_begin(const struct table *from);

/* Puts an RRset in place of the name's RRset of that type; name lower case, in the zone.
 */
void
table_edit_set(struct table_edit *e, const struct name *name, struct rrset *rrset);

/* Takes an RRset out; false when it was not there. */
bool
table_edit_clear(struct table_edit *e, const struct name *name, uint16_t type);

/* As the edit stands now, for trie_find_all(). */
const struct trie *
table_edit_trie(const struct table_edit *e);

/* As the edit stands now. */
const struct node *
table_edit_find(const struct table_edit *e, const struct name *name);

/*
 * The next table; the old one is in *garbage (its shell, and all that the new one does
 * not share), to be freed by table_garbage_free() when the old one has no readers.
 */
struct table *
table_edit_finish(struct table_edit *e, struct table_garbage **garbage);

void
table_garbage_free(void *garbage);

/* Each node, in no order. Stops when fn returns non-zero and returns that. */
int
table_each(
    const struct table *t, int (*fn)(const struct node *node, void *ctx), void *ctx);

#endif
