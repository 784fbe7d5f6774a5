/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/table.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

/*
 * The running edit may change a node in place when no snapshot has it: when the old
 * table, which stays as it is, does not have that very node at that name. The same holds
 * for RRsets. So neither needs a mark of its own.
 */
struct table_edit {
	const struct table *from;
	struct table *next;
	struct trie_edit trie;
	void **dead; /* nodes and RRsets of the old table that the next one lacks */
	size_t dead_count;
	size_t dead_cap;
};

struct table_garbage {
	struct table *shell;
	struct trie_node *trie;
	void **dead;
	size_t dead_count;
};

struct table *
table_new(const struct name *apex)
{
	struct table *t = mem_new(sizeof(*t));

	t->apex = *apex;
	t->apex_depth = name_label_count(apex->bytes);
	return t;
}

static void
node_free(struct trie_leaf *leaf)
{
	struct node *n = (struct node *)leaf;

	for (unsigned i = 0; i < n->rrset_count; i++)
		rrset_free((struct rrset *)n->rrsets[i]);
	mem_free(n);
}

void
table_free(struct table *t)
{
	if (t == NULL)
		return;
	trie_free(&t->trie, node_free);
	mem_free(t);
}

struct table_edit *
table_edit_begin(const struct table *from)
{
	struct table_edit *e = mem_new(sizeof(*e));

	e->from = from;
	e->next = mem_new(sizeof(*e->next));
	*e->next = *from;
	trie_edit_begin(&e->trie, &from->trie);
	return e;
}

static const struct node *
old_node(const struct table_edit *e, const struct trie_leaf *leaf)
{
	return table_find(e->from, leaf->hash, leaf->name, leaf->name_len);
}

static struct node *
node_at(const struct table_edit *e, const struct name_path *path, unsigned depth)
{
	return (struct node *)trie_find(&e->trie.now, path->hash[depth],
	    name_path_suffix(path, depth), name_path_suffix_len(path, depth));
}

static void
bury(struct table_edit *e, const void *thing)
{
	e->dead = mem_grow(e->dead, e->dead_count, &e->dead_cap, sizeof(*e->dead));
	e->dead[e->dead_count++] = (void *)thing;
}

static void
node_drop(struct table_edit *e, struct node *n)
{
	if (old_node(e, &n->leaf) == n)
		bury(e, n);
	else
		mem_free(n);
}

/* An RRset that was the one of its type at the name of n. */
static void
rrset_drop(struct table_edit *e, const struct node *n, const struct rrset *s)
{
	const struct node *old = old_node(e, &n->leaf);

	e->next->rrset_count--;
	e->next->rr_count -= s->count;
	if (old != NULL && node_rrset(old, s->type) == s)
		bury(e, s);
	else
		rrset_free((struct rrset *)s);
}

/* Room for rrset_count RRsets, with the name behind them; the RRsets are the caller's. */
static struct node *
node_new(uint64_t hash, const uint8_t *name, uint8_t name_len, unsigned rrset_count)
{
	struct node *n =
	    mem_new(sizeof(*n) + rrset_count * sizeof(n->rrsets[0]) + name_len);
	uint8_t *octets = (uint8_t *)&n->rrsets[rrset_count];

	memcpy(octets, name, name_len);
	n->leaf.hash = hash;
	n->leaf.name = octets;
	n->leaf.name_len = name_len;
	n->rrset_count = (uint16_t)rrset_count;
	return n;
}

/* A node like n with another number of RRsets, not yet filled in. */
static struct node *
node_like(const struct node *n, unsigned rrset_count)
{
	struct node *copy =
	    node_new(n->leaf.hash, n->leaf.name, n->leaf.name_len, rrset_count);

	copy->child_count = n->child_count;
	copy->flags = n->flags;
	return copy;
}

static void
node_replace(struct table_edit *e, struct node *old, struct node *n)
{
	struct trie_leaf *was = trie_edit_put(&e->trie, &n->leaf);

	assert(was == &old->leaf);
	node_drop(e, old);
}

/* The node itself if it may be changed in place, else a copy that stands for it. */
static struct node *
node_own(struct table_edit *e, struct node *n)
{
	struct node *copy;

	if (old_node(e, &n->leaf) != n)
		return n;
	copy = node_like(n, n->rrset_count);
	memcpy(copy->rrsets, n->rrsets, n->rrset_count * sizeof(n->rrsets[0]));
	node_replace(e, n, copy);
	return copy;
}

/* Sets the flags that follow from the RRsets. */
static void
node_set_flags(struct node *n)
{
	unsigned flags = n->flags & NODE_HAS_WILDCARD_CHILD;
	bool has_cname = false;
	unsigned data_count = 0;

	for (unsigned i = 0; i < n->rrset_count; i++) {
		const struct rrset *s = n->rrsets[i];

		if (s->pool != 0)
			flags |= NODE_HAS_STEERED;
		/* RFC 4034 3 and 4: these stand beside a CNAME. */
		if (s->type != TYPE_RRSIG && s->type != TYPE_NSEC)
			data_count++;
		if (s->type == TYPE_NS)
			flags |= NODE_HAS_NS;
		else if (s->type == TYPE_DNAME)
			flags |= NODE_HAS_DNAME;
		else if (s->type == TYPE_CNAME)
			has_cname = true;
	}
	if (has_cname && data_count == 1)
		flags |= NODE_HAS_CNAME;
	n->flags = (uint8_t)flags;
}

static bool
is_wildcard(const uint8_t *name)
{
	return name[0] == 1 && name[1] == '*';
}

static void
path_of(const struct table_edit *e, const struct name *name, struct name_path *path)
{
	name_path_set(path, name->bytes, name->len);
	assert(path->label_count >= e->next->apex_depth);
}

/* A new child at `depth`: counts it at its parent, making the ancestors that lack. */
static void
add_to_parents(struct table_edit *e, const struct name_path *path, unsigned depth)
{
	struct node *parent = NULL;

	while (parent == NULL && depth > e->next->apex_depth) {
		bool wildcard = is_wildcard(name_path_suffix(path, depth));

		depth--;
		parent = node_at(e, path, depth);
		if (parent != NULL) {
			struct node *own = node_own(e, parent);

			own->child_count++;
			if (wildcard)
				own->flags |= NODE_HAS_WILDCARD_CHILD;
		} else {
			struct node *n =
			    node_new(path->hash[depth], name_path_suffix(path, depth),
			        name_path_suffix_len(path, depth), 0);

			n->child_count = 1;
			n->flags = wildcard ? NODE_HAS_WILDCARD_CHILD : 0;
			trie_edit_put(&e->trie, &n->leaf);
		}
	}
}

/* Removes a node without RRsets and children, and the ancestors that become so. */
static void
prune(struct table_edit *e, const struct name_path *path)
{
	unsigned depth = path->label_count;

	for (;;) {
		struct node *n = node_at(e, path, depth);
		bool wildcard = is_wildcard(n->leaf.name);

		trie_edit_remove(&e->trie, n->leaf.hash, n->leaf.name, n->leaf.name_len);
		node_drop(e, n);
		if (depth == e->next->apex_depth)
			return;
		depth--;
		n = node_at(e, path, depth);
		if (n->rrset_count == 0 && n->child_count == 1)
			continue;
		n = node_own(e, n);
		n->child_count--;
		if (wildcard)
			n->flags &= (uint8_t)~NODE_HAS_WILDCARD_CHILD;
		return;
	}
}

/* Where the RRset of this type is, or would stand. */
static unsigned
rrset_place(const struct node *n, uint16_t type)
{
	unsigned i = 0;

	while (i < n->rrset_count && n->rrsets[i]->type < type)
		i++;
	return i;
}

/* Puts an RRset into a node that is there. */
static void
node_set_rrset(struct table_edit *e, struct node *n, const struct rrset *rrset)
{
	unsigned i = rrset_place(n, rrset->type);
	struct node *more;

	if (i < n->rrset_count && n->rrsets[i]->type == rrset->type) {
		n = node_own(e, n);
		rrset_drop(e, n, n->rrsets[i]);
		n->rrsets[i] = rrset;
		node_set_flags(n);
		return;
	}
	more = node_like(n, n->rrset_count + 1u);
	memcpy(more->rrsets, n->rrsets, i * sizeof(n->rrsets[0]));
	more->rrsets[i] = rrset;
	memcpy(&more->rrsets[i + 1], &n->rrsets[i],
	    (n->rrset_count - i) * sizeof(n->rrsets[0]));
	node_set_flags(more);
	node_replace(e, n, more);
}

void
table_edit_set(struct table_edit *e, const struct name *name, struct rrset *rrset)
{
	struct name_path path;
	struct node *n;

	path_of(e, name, &path);
	n = node_at(e, &path, path.label_count);
	if (n != NULL) {
		node_set_rrset(e, n, rrset);
	} else {
		n = node_new(path.hash[path.label_count], path.bytes, path.len, 1);
		n->rrsets[0] = rrset;
		node_set_flags(n);
		trie_edit_put(&e->trie, &n->leaf);
		add_to_parents(e, &path, path.label_count);
	}
	e->next->rrset_count++;
	e->next->rr_count += rrset->count;
}

bool
table_edit_clear(struct table_edit *e, const struct name *name, uint16_t type)
{
	struct name_path path;
	struct node *n;
	struct node *less;
	unsigned i;

	path_of(e, name, &path);
	n = node_at(e, &path, path.label_count);
	if (n == NULL)
		return false;
	i = rrset_place(n, type);
	if (i == n->rrset_count || n->rrsets[i]->type != type)
		return false;
	rrset_drop(e, n, n->rrsets[i]);
	if (n->rrset_count == 1 && n->child_count == 0) {
		prune(e, &path);
		return true;
	}
	less = node_like(n, n->rrset_count - 1u);
	memcpy(less->rrsets, n->rrsets, i * sizeof(n->rrsets[0]));
	memcpy(&less->rrsets[i], &n->rrsets[i + 1],
	    (n->rrset_count - i - 1) * sizeof(n->rrsets[0]));
	node_set_flags(less);
	node_replace(e, n, less);
	return true;
}

const struct node *
table_edit_find(const struct table_edit *e, const struct name *name)
{
	return (const struct node *)trie_find(
	    &e->trie.now, name_hash(name->bytes, name->len), name->bytes, name->len);
}

struct table *
table_edit_finish(struct table_edit *e, struct table_garbage **garbage)
{
	struct table_garbage *g = mem_new(sizeof(*g));
	struct table *next = e->next;

	next->trie = trie_edit_finish(&e->trie, &g->trie);
	g->shell = (struct table *)e->from;
	g->dead = e->dead;
	g->dead_count = e->dead_count;
	mem_free(e);
	*garbage = g;
	return next;
}

void
table_garbage_free(void *garbage)
{
	struct table_garbage *g = garbage;

	if (g == NULL)
		return;
	trie_garbage_free(g->trie);
	for (size_t i = 0; i < g->dead_count; i++)
		mem_free(g->dead[i]);
	mem_free(g->dead);
	mem_free(g->shell);
	mem_free(g);
}

struct each {
	int (*fn)(const struct node *node, void *ctx);
	void *ctx;
};

static int
each_leaf(struct trie_leaf *leaf, void *ctx)
{
	const struct each *each = ctx;

	return each->fn((const struct node *)leaf, each->ctx);
}

int
table_each(
    const struct table *t, int (*fn)(const struct node *node, void *ctx), void *ctx)
{
	struct each each = {fn, ctx};

	return trie_each(&t->trie, each_leaf, &each);
}
