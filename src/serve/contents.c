/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/contents.h"

#include <string.h>

#include "base/mem.h"

enum {
	/* so many AAAA make an RRset of less than 64 KiB */
	ADDRESSES_MAX = 2000,
};

struct walk {
	const struct world *world;
	const struct zone *zone;
	contents_fn *fn;
	void *ctx;
	enum err e;
};

/* Does this endpoint stand for its pool? */
static bool
is_taken(const struct pool *p, const struct endpoint *e, bool all)
{
	if (e->group == GROUP_RESCUE)
		return false;
	return all || p->spec->dflt_count == 0 || e->group == GROUP_DEFAULT;
}

static size_t
collect(const struct pool *p, unsigned family, bool all, bool weightless,
    struct rdata list[ADDRESSES_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < p->endpoint_count && count < ADDRESSES_MAX; i++) {
		const struct endpoint *e = &p->endpoints[i];

		if (e->family == family && is_taken(p, e, all) &&
		    (e->weight != 0 || weightless))
			list[count++] =
			    (struct rdata){e->ip.bytes, family == FAMILY_4 ? 4 : 16};
	}
	return count;
}

static enum err
put(struct walk *k, const uint8_t *owner, uint16_t type, uint32_t ttl,
    const struct rdata *list, size_t count)
{
	struct rrset *s;
	enum err e = rrset_new(type, ttl, list, count, &s);

	if (e != OK)
		return e;
	e = k->fn(k->ctx, owner, s);
	rrset_free(s);
	return e;
}

static enum err
put_family(struct walk *k, const uint8_t *owner, const struct pool *p, unsigned family,
    uint32_t ttl)
{
	bool all = k->zone->config->transfer_all;
	struct rdata *list = mem_array(ADDRESSES_MAX, sizeof(*list));
	size_t count = collect(p, family, all, false, list);
	enum err e = OK;

	if (count == 0)
		count = collect(p, family, all, true, list);
	if (count != 0)
		e = put(
		    k, owner, family == FAMILY_4 ? TYPE_A : TYPE_AAAA, ttl, list, count);
	mem_free(list);
	return e;
}

static enum err
put_name(struct walk *k, const uint8_t *owner, const struct pool *p, uint32_t ttl)
{
	for (size_t i = 0; i < p->endpoint_count; i++) {
		const struct endpoint *e = &p->endpoints[i];
		struct rdata one;

		if (!is_taken(p, e, false))
			continue;
		one = (struct rdata){e->name->bytes, e->name->len};
		return put(k, owner, TYPE_CNAME, ttl, &one, 1);
	}
	return OK;
}

static enum err
put_steered(struct walk *k, const uint8_t *owner, const struct rrset *s)
{
	const struct pool *p = world_pool(k->world, rrset_pool(s));
	uint32_t ttl;
	enum err e = OK;

	if (p == NULL)
		return OK; /* no answer is made from it either */
	ttl = rrset_ttl(s) != 0 ? rrset_ttl(s) : p->spec->ttl;
	if (p->is_names)
		return put_name(k, owner, p, ttl);
	if (rrset_type(s) != TYPE_AAAA)
		e = put_family(k, owner, p, FAMILY_4, ttl);
	if (e == OK && rrset_type(s) != TYPE_A)
		e = put_family(k, owner, p, FAMILY_6, ttl);
	return e;
}

/* RRsets at this name that the store has a say in: its TXT for certificates wins. */
static bool
is_replaced(const struct walk *k, const struct node *n, uint16_t type)
{
	const struct zone *z = k->zone;
	const struct node *of_store;
	struct name owner = {.len = n->leaf.name_len};

	if (z->store == NULL || (type != TYPE_TXT && type != TYPE_CNAME))
		return false;
	of_store = table_find_twin(z->store, n);
	if (of_store == NULL || node_rrset(of_store, TYPE_TXT) == NULL)
		return false;
	memcpy(owner.bytes, node_name(n), n->leaf.name_len);
	return zone_file_hides(z->file, &owner, TYPE_TXT) == NULL;
}

static enum err
put_rrset(struct walk *k, const struct node *n, const struct rrset *s)
{
	if (rrset_type(s) == TYPE_SOA)
		return OK;
	/* it loses to other data */
	if (rrset_type(s) == TYPE_CNAME && !(n->flags & NODE_HAS_CNAME))
		return OK;
	if (s->steered)
		return put_steered(k, node_name(n), s);
	return k->fn(k->ctx, node_name(n), s);
}

static int
on_file_node(const struct node *n, void *ctx)
{
	struct walk *k = ctx;

	const struct rrset *s = node_first(n);

	for (; s != NULL && k->e == OK; s = node_next(s))
		if (!is_replaced(k, n, rrset_type(s)))
			k->e = put_rrset(k, n, s);
	return k->e != OK;
}

static int
on_store_node(const struct node *n, void *ctx)
{
	struct walk *k = ctx;
	const struct zone_file *file = k->zone->file;
	const struct rrset *s = node_first(n);
	struct name owner = {.len = n->leaf.name_len};

	memcpy(owner.bytes, node_name(n), n->leaf.name_len);
	for (; s != NULL && k->e == OK; s = node_next(s))
		if (file == NULL || zone_file_hides(file, &owner, rrset_type(s)) == NULL)
			k->e = put_rrset(k, n, s);
	return k->e != OK;
}

enum err
contents_each(const struct world *w, const struct zone *z, contents_fn *fn, void *ctx)
{
	struct walk k = {.world = w, .zone = z, .fn = fn, .ctx = ctx};

	if (z->file != NULL)
		table_each(z->file->table, on_file_node, &k);
	if (z->store != NULL && k.e == OK)
		table_each(z->store, on_store_node, &k);
	return k.e;
}
