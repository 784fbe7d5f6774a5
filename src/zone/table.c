/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/table.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/slab.h"

/*
 * The running edit may change a node in place when no snapshot has it: when the old
 * table, which stays as it is, does not have that very node at that name. So it needs no
 * mark of its own.
 */
struct table_edit {
	const struct table *from;
	struct table *next;
	struct trie_edit trie;
	struct slab *slab;
	struct node **dead; /* of the old table, that the next one lacks */
	size_t dead_count;
	size_t dead_cap;
};

struct table_garbage {
	struct table *shell;
	struct slab *slab; /* held: the last table may go before its garbage does */
	struct trie_node *trie;
	struct node **dead;
	size_t dead_count;
};

struct table *
table_new(const struct name *apex)
{
	struct table *t = mem_new(sizeof(*t));

	t->apex = *apex;
	t->apex_depth = name_label_count(apex->bytes);
	t->trie.slab = slab_new();
	return t;
}

void
table_free(struct table *t)
{
	if (t == NULL)
		return;
	slab_release(t->trie.slab);
	mem_free(t);
}

struct table_edit *
table_edit_begin(const struct table *from)
{
	struct table_edit *e = mem_new(sizeof(*e));

	e->from = from;
	e->slab = from->trie.slab;
	e->next = mem_new(sizeof(*e->next));
	*e->next = *from;
	trie_edit_begin(&e->trie, &from->trie);
	return e;
}

/* Is it of the old table, which keeps it? hash is that of its name, here and below. */
static bool
is_old(const struct table_edit *e, uint64_t hash, const struct node *n)
{
	return table_find(e->from, hash, node_name(n), n->leaf.name_len) == n;
}

static struct node *
node_at(const struct table_edit *e, const struct name_path *path, unsigned depth)
{
	return (struct node *)trie_find(&e->trie.now, path->hash[depth],
	    name_path_suffix(path, depth), name_path_suffix_len(path, depth));
}

static size_t
node_size(const struct node *n)
{
	size_t size = node_head_size(n);

	for (const struct rrset *s = node_first(n); s != NULL; s = node_next(s))
		size += rrset_size(s);
	return size;
}

static void
node_drop(struct table_edit *e, uint64_t hash, struct node *n)
{
	if (!is_old(e, hash, n)) {
		slab_free(e->slab, n, node_size(n));
		return;
	}
	e->dead = mem_grow(e->dead, e->dead_count, &e->dead_cap, sizeof(struct node *));
	e->dead[e->dead_count++] = n;
}

/* No type: 0 is reserved (RFC 6895 3.1). */
enum { NO_TYPE = 0 };

static struct rrset *
append(struct node *n, struct rrset **at, const struct rrset *s)
{
	struct rrset *to = *at;

	memcpy(to, s, rrset_size(s));
	to->last = false;
	n->flags |= NODE_HAS_DATA;
	*at = (struct rrset *)(void *)((char *)to + rrset_size(to));
	return to;
}

/* Sets the flags that follow from the RRsets. */
static void
node_set_flags(struct node *n)
{
	unsigned flags = n->flags;
	bool has_cname = false;
	unsigned data_count = 0;

	for (const struct rrset *s = node_first(n); s != NULL; s = node_next(s)) {
		if (s->steered)
			flags |= NODE_HAS_STEERED;
		/* RFC 4034 3 and 4: these stand beside a CNAME. */
		if (rrset_type(s) != TYPE_RRSIG && rrset_type(s) != TYPE_NSEC)
			data_count++;
		if (rrset_type(s) == TYPE_NS)
			flags |= NODE_HAS_NS;
		else if (rrset_type(s) == TYPE_DNAME)
			flags |= NODE_HAS_DNAME;
		else if (rrset_type(s) == TYPE_CNAME)
			has_cname = true;
	}
	if (has_cname && data_count == 1)
		flags |= NODE_HAS_CNAME;
	n->flags = (uint8_t)flags;
}

static struct node
node_head(uint8_t name_len, uint32_t child_count, const struct node *from)
{
	size_t name_at =
	    offsetof(struct node, rest) + (child_count != 0 ? sizeof(child_count) : 0);
	unsigned flags = from != NULL ? from->flags & NODE_HAS_WILDCARD_CHILD : 0;

	flags |= child_count != 0 ? NODE_HAS_CHILD_COUNT : 0;
	return (struct node){
	    .leaf = {.name_at = (uint8_t)name_at, .name_len = name_len},
	    .flags = (uint8_t)flags,
	};
}

/* A node with so many children, the RRsets of `from` (NULL: none) but that of type
 * `without`, and `more` (NULL: none). */
static struct node *
node_make(struct table_edit *e, const uint8_t *name, uint8_t name_len,
    uint32_t child_count, const struct node *from, uint16_t without,
    const struct rrset *more)
{
	const struct rrset *first = from != NULL ? node_first(from) : NULL;
	const struct rrset *rest = more;
	struct node *n, head = node_head(name_len, child_count, from);
	size_t size = node_head_size(&head) + (more != NULL ? rrset_size(more) : 0);
	struct rrset *at, *last = NULL;

	for (const struct rrset *s = first; s != NULL; s = node_next(s))
		size += rrset_type(s) != without ? rrset_size(s) : 0;
	n = slab_alloc(e->slab, size);
	memcpy(n, &head, offsetof(struct node, rest));
	if (child_count != 0)
		wire_put32(n->rest, child_count);
	memcpy((uint8_t *)n + head.leaf.name_at, name, name_len);
	at = (struct rrset *)(void *)((char *)n + node_head_size(n));
	for (const struct rrset *s = first; s != NULL; s = node_next(s)) {
		if (rrset_type(s) == without)
			continue;
		if (rest != NULL && rrset_type(rest) < rrset_type(s)) {
			append(n, &at, rest);
			rest = NULL;
		}
		last = append(n, &at, s);
	}
	if (rest != NULL)
		last = append(n, &at, rest);
	if (last != NULL)
		last->last = true;
	node_set_flags(n);
	return n;
}

/* Another one in place of the node. */
static struct node *
node_change(struct table_edit *e, uint64_t hash, struct node *old, uint32_t child_count,
    uint16_t without, const struct rrset *more)
{
	struct node *n = node_make(
	    e, node_name(old), old->leaf.name_len, child_count, old, without, more);
	struct trie_leaf *was = trie_edit_put(&e->trie, hash, &n->leaf);

	assert(was == &old->leaf);
	node_drop(e, hash, old);
	return n;
}

/* The node with another count of children: in place if no snapshot has it. */
static struct node *
node_count_children(
    struct table_edit *e, uint64_t hash, struct node *n, uint32_t child_count)
{
	bool has_count = (n->flags & NODE_HAS_CHILD_COUNT) != 0;

	if (has_count != (child_count != 0) || is_old(e, hash, n))
		return node_change(e, hash, n, child_count, NO_TYPE, NULL);
	if (has_count)
		wire_put32(n->rest, child_count);
	return n;
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
			struct node *own = node_count_children(
			    e, path->hash[depth], parent, node_child_count(parent) + 1);

			if (wildcard)
				own->flags |= NODE_HAS_WILDCARD_CHILD;
		} else {
			struct node *n = node_make(e, name_path_suffix(path, depth),
			    name_path_suffix_len(path, depth), 1, NULL, NO_TYPE, NULL);

			if (wildcard)
				n->flags |= NODE_HAS_WILDCARD_CHILD;
			trie_edit_put(&e->trie, path->hash[depth], &n->leaf);
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
		bool wildcard = is_wildcard(node_name(n));

		trie_edit_remove(
		    &e->trie, path->hash[depth], node_name(n), n->leaf.name_len);
		node_drop(e, path->hash[depth], n);
		if (depth == e->next->apex_depth)
			return;
		depth--;
		n = node_at(e, path, depth);
		if (!node_has_data(n) && node_child_count(n) == 1)
			continue;
		n = node_count_children(e, path->hash[depth], n, node_child_count(n) - 1);
		if (wildcard)
			n->flags &= (uint8_t)~NODE_HAS_WILDCARD_CHILD;
		return;
	}
}

void
table_edit_set(struct table_edit *e, const struct name *name, struct rrset *rrset)
{
	const struct rrset *was;
	struct name_path path;
	struct node *n;
	uint64_t hash;

	path_of(e, name, &path);
	hash = path.hash[path.label_count];
	n = node_at(e, &path, path.label_count);
	e->next->rrset_count++;
	e->next->rr_count += rrset->count;
	if (n != NULL) {
		was = node_rrset(n, rrset_type(rrset));
		if (was != NULL) {
			e->next->rrset_count--;
			e->next->rr_count -= was->count;
		}
		node_change(e, hash, n, node_child_count(n), rrset_type(rrset), rrset);
	} else {
		n = node_make(e, path.bytes, path.len, 0, NULL, NO_TYPE, rrset);
		trie_edit_put(&e->trie, hash, &n->leaf);
		add_to_parents(e, &path, path.label_count);
	}
	rrset_free(rrset);
}

bool
table_edit_clear(struct table_edit *e, const struct name *name, uint16_t type)
{
	const struct rrset *was;
	struct name_path path;
	struct node *n;

	path_of(e, name, &path);
	n = node_at(e, &path, path.label_count);
	was = n != NULL ? node_rrset(n, type) : NULL;
	if (was == NULL)
		return false;
	e->next->rrset_count--;
	e->next->rr_count -= was->count;
	if (was == node_first(n) && was->last && node_child_count(n) == 0)
		prune(e, &path);
	else
		node_change(
		    e, path.hash[path.label_count], n, node_child_count(n), type, NULL);
	return true;
}

const struct trie *
table_edit_trie(const struct table_edit *e)
{
	return &e->trie.now;
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
	next->apex_node = table_find(next, name_hash(next->apex.bytes, next->apex.len),
	    next->apex.bytes, next->apex.len);
	g->slab = slab_hold(e->slab);
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
	trie_garbage_free_in(g->slab, g->trie);
	for (size_t i = 0; i < g->dead_count; i++)
		slab_free(g->slab, g->dead[i], node_size(g->dead[i]));
	slab_release(g->slab);
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
