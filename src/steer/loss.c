/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/loss.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "steer/poolid.h"
#include "store/guard.h"

enum { NAMED = 5 };

/* ---- names of a file ---- */

static int
find_cut(const struct node *node, void *ctx)
{
	const struct table *t = ctx;

	return (node->flags & NODE_HAS_DNAME) != 0 ||
	       ((node->flags & NODE_HAS_NS) && node->leaf.name_len != t->apex.len);
}

/* Is it below a cut or a DNAME? */
static bool
is_occluded(const struct table *t, const struct node *node)
{
	struct name_path path;

	name_path_set(&path, node_name(node), node->leaf.name_len);
	for (unsigned d = t->apex_depth; d < path.label_count; d++) {
		const struct node *above = table_find(t, path.hash[d],
		    name_path_suffix(&path, d), name_path_suffix_len(&path, d));

		if (above != NULL && find_cut(above, (void *)(uintptr_t)t) != 0)
			return true;
	}
	return false;
}

struct count {
	const struct table *table;
	size_t names;
	size_t cuts;
};

static int
count_all(const struct node *node, void *ctx)
{
	struct count *c = ctx;

	c->names += node_has_data(node);
	c->cuts += find_cut(node, (void *)(uintptr_t)c->table) != 0;
	return 0;
}

static int
count_name(const struct node *node, void *ctx)
{
	struct count *c = ctx;

	c->names += node_has_data(node) && !is_occluded(c->table, node);
	return 0;
}

size_t
loss_count_names(const struct table *t)
{
	struct count c = {.table = t};

	table_each(t, count_all, &c);
	if (c.cuts == 0)
		return c.names;
	c.names = 0;
	table_each(t, count_name, &c);
	return c.names;
}

bool
loss_of_zone(
    size_t names, size_t left, struct guard_peak *peak, struct mono now, struct buf *why)
{
	struct guard_zone z = {.names = names};
	enum guard_verdict v;

	guard_peak_note(peak, z.names, now);
	z.peak = guard_peak_get(peak, now);
	z.going = left < z.names ? z.names - left : 0;
	v = guard_zone(&z);
	if (v == GUARD_PASS)
		return false;
	buf_printf(why, "%zu of %zu names would be left", left, z.names);
	if (z.peak > z.names)
		buf_printf(why, ", of %zu in the last 24 hours", z.peak);
	return true;
}

static int
check_pools(const struct node *node, void *ctx)
{
	const struct config *c = ctx;

	for (const struct rrset *s = node_first(node); s != NULL; s = node_next(s)) {
		bool found = !s->steered;

		for (size_t n = 0; !found && n < c->pool_count; n++)
			found = poolid_of_name(c->pools[n].name) == rrset_pool(s);
		if (!found)
			return 1;
	}
	return 0;
}

bool
loss_of_pool(const struct table *t, const struct config *c)
{
	return table_each(t, check_pools, (void *)(uintptr_t)c) != 0;
}

/* ---- the configuration ---- */

size_t
loss_count_endpoints(const struct config *c)
{
	size_t count = 0;

	for (size_t i = 0; i < c->pool_count; i++) {
		const struct config_pool *p = &c->pools[i];

		count += p->dflt_count + p->rescue_count;
		for (size_t n = 0; n < p->region_count; n++)
			count += p->regions[n].endpoint_count;
	}
	return count;
}

static int
compare_zones(const void *a, const void *b)
{
	const struct config_zone *const *za = a, *const *zb = b;

	return name_compare((*za)->domain.bytes, (*zb)->domain.bytes);
}

static const struct config_zone **
sort_zones(const struct config *c)
{
	const struct config_zone **list =
	    mem_array(c->zone_count + 1, sizeof(const struct config_zone *));

	for (size_t i = 0; i < c->zone_count; i++)
		list[i] = &c->zones[i];
	qsort(list, c->zone_count, sizeof(const struct config_zone *), compare_zones);
	return list;
}

static const struct config_zone *
find_zone(const struct config_zone **sorted, size_t count, const struct config_zone *like)
{
	const struct config_zone **found =
	    count == 0 ? NULL
	               : bsearch(&like, sorted, count, sizeof(*sorted), compare_zones);

	return found == NULL ? NULL : *found;
}

/* What goes, in a line for people: the first few by name. */
struct list {
	struct buf *why;
	const char *what; /* "zones would go" */
	size_t count;
};

static void
add_to_list(struct list *l, const char *name)
{
	if (l->count++ >= NAMED)
		return;
	if (l->count == 1)
		buf_printf(l->why, "%s%s:", l->why->len != 0 ? "; " : "", l->what);
	buf_printf(l->why, " %s", name);
}

static bool
end_list(const struct list *l)
{
	if (l->count > NAMED)
		buf_printf(l->why, " and %zu more", l->count - NAMED);
	return l->count != 0;
}

static bool
loses_all(const struct config_zone *was, const struct config_zone *is)
{
	(void)was;
	return is == NULL;
}

static bool
loses_store(const struct config_zone *was, const struct config_zone *is)
{
	return is != NULL && was->store && !is->store;
}

static bool
loses_file(const struct config_zone *was, const struct config_zone *is)
{
	return is != NULL && was->file != NULL && is->file == NULL;
}

static bool
find_zones(const struct config *old, const struct config *next,
    bool (*loses)(const struct config_zone *was, const struct config_zone *is),
    const char *what, struct buf *why)
{
	const struct config_zone **a = sort_zones(old), **b = sort_zones(next);
	struct list l = {why, what, 0};

	for (size_t i = 0; i < old->zone_count; i++) {
		char name[NAME_TEXT_MAX];

		if (!loses(a[i], find_zone(b, next->zone_count, a[i])))
			continue;
		name_write_plain(a[i]->domain.bytes, name);
		add_to_list(&l, name);
	}
	mem_free(a);
	mem_free(b);
	return end_list(&l);
}

static int
compare_pools(const void *a, const void *b)
{
	const struct config_pool *const *pa = a, *const *pb = b;

	return strcmp((*pa)->name, (*pb)->name);
}

static bool
find_pools(const struct config *old, const struct config *next, struct buf *why)
{
	const struct config_pool **sorted =
	    mem_array(next->pool_count + 1, sizeof(const struct config_pool *));
	struct list l = {why, "pools would go", 0};

	for (size_t i = 0; i < next->pool_count; i++)
		sorted[i] = &next->pools[i];
	qsort(sorted, next->pool_count, sizeof(*sorted), compare_pools);
	for (size_t i = 0; i < old->pool_count; i++) {
		const struct config_pool *p = &old->pools[i];

		if (bsearch(&p, sorted, next->pool_count, sizeof(*sorted),
		        compare_pools) == NULL)
			add_to_list(&l, p->name);
	}
	mem_free(sorted);
	return end_list(&l);
}

bool
loss_of_config(const struct config *old, const struct config *next,
    struct guard_peak *peak, struct mono now, struct buf *why)
{
	size_t had = loss_count_endpoints(old), left = loss_count_endpoints(next), most;
	bool is_loss = find_zones(old, next, loses_all, "zones would go", why);

	is_loss |= find_zones(old, next, loses_file, "zones would lose their file", why);
	is_loss |= find_zones(
	    old, next, loses_store, "zones would lose their records in the store", why);
	is_loss |= find_pools(old, next, why);
	guard_peak_note(peak, had, now);
	most = guard_peak_get(peak, now);
	if (guard_endpoints(had, left < had ? had - left : 0, most) != GUARD_PASS) {
		buf_printf(why, "%s%zu of %zu endpoints of all pools would be left",
		    is_loss ? "; " : "", left, had);
		if (most > had)
			buf_printf(why, ", of %zu in the last 24 hours", most);
		is_loss = true;
	}
	return is_loss;
}

/* ---- zones that take names over ---- */

struct takeover {
	const struct config_zone **old, **next; /* sorted */
	size_t old_count, next_count;
	const struct config *config; /* the next */
	struct zone_file *const *files;
	const struct table *table; /* of the zone that loses */
	size_t names, taken;
};

static bool
has_name(const struct table *t, const struct node *node)
{
	const struct node *n = table_find_twin(t, node);

	return n != NULL && node_has_data(n);
}

/* The longest new zone between `apex_depth` and the name itself; NULL: none. */
static const struct config_zone *
find_new_above(const struct takeover *t, const struct name_path *p, unsigned apex_depth)
{
	for (unsigned d = p->label_count; d > apex_depth; d--) {
		struct config_zone like = {0};
		const struct config_zone *z;

		like.domain.len = name_path_suffix_len(p, d);
		memcpy(like.domain.bytes, name_path_suffix(p, d), like.domain.len);
		z = find_zone(t->next, t->next_count, &like);
		if (z != NULL)
			return find_zone(t->old, t->old_count, z) == NULL ? z : NULL;
	}
	return NULL;
}

static int
count_taken(const struct node *node, void *ctx)
{
	struct takeover *t = ctx;
	const struct config_zone *z;
	const struct zone_file *f;
	struct name_path path;

	if (!node_has_data(node))
		return 0;
	t->names++;
	name_path_set(&path, node_name(node), node->leaf.name_len);
	z = find_new_above(t, &path, t->table->apex_depth);
	if (z == NULL)
		return 0;
	f = t->files[z - t->config->zones];
	t->taken += f == NULL || !has_name(f->table, node);
	return 0;
}

/* The zone that had the names of a new one; NULL: none. */
static const struct config_zone *
find_loser(const struct takeover *t, const struct config_zone *z)
{
	struct name_path path;

	name_path_set(&path, z->domain.bytes, z->domain.len);
	for (unsigned d = path.label_count; d-- != 0;) {
		struct config_zone like = {0};
		const struct config_zone *above;

		like.domain.len = name_path_suffix_len(&path, d);
		memcpy(like.domain.bytes, name_path_suffix(&path, d), like.domain.len);
		above = find_zone(t->old, t->old_count, &like);
		if (above != NULL)
			return find_zone(t->next, t->next_count, above);
	}
	return NULL;
}

static bool
judge_loser(struct takeover *t, const struct config_zone *z, struct buf *why)
{
	const struct zone_file *f = t->files[z - t->config->zones];
	struct guard_zone g = {0};
	char name[NAME_TEXT_MAX];

	if (f == NULL)
		return false;
	t->table = f->table;
	t->names = t->taken = 0;
	table_each(f->table, count_taken, t);
	g.names = g.peak = t->names;
	g.going = t->taken;
	if (guard_zone(&g) == GUARD_PASS)
		return false;
	name_write_plain(z->domain.bytes, name);
	buf_printf(why, "%s%zu of %zu names of %s would go to new zones without them",
	    why->len != 0 ? "; " : "", t->taken, t->names, name);
	return true;
}

bool
loss_to_new_zones(const struct config *old, const struct config *next,
    struct zone_file *const *files, struct buf *why)
{
	struct takeover t = {
	    .old = sort_zones(old),
	    .next = sort_zones(next),
	    .old_count = old->zone_count,
	    .next_count = next->zone_count,
	    .config = next,
	    .files = files,
	};
	bool *judged = mem_array(next->zone_count + 1, sizeof(bool));
	bool is_loss = false;

	for (size_t i = 0; i < next->zone_count; i++) {
		const struct config_zone *z = &next->zones[i], *loser;

		if (find_zone(t.old, t.old_count, z) != NULL)
			continue;
		loser = find_loser(&t, z);
		if (loser == NULL || judged[loser - next->zones])
			continue;
		judged[loser - next->zones] = true;
		is_loss |= judge_loser(&t, loser, why);
	}
	mem_free(judged);
	mem_free(t.old);
	mem_free(t.next);
	return is_loss;
}

/* ---- names below a cut of the store ---- */

struct below {
	const struct name *owner;
	size_t count;
};

static int
count_below(const struct node *node, void *ctx)
{
	struct below *b = ctx;

	b->count += node_has_data(node) && node->leaf.name_len != b->owner->len &&
	            name_is_under(node_name(node), b->owner->bytes);
	return 0;
}

size_t
loss_count_below(const struct world *w, const struct name *zone, const struct name *owner)
{
	struct below b = {.owner = owner};
	const struct zone *z = (const struct zone *)(const void *)trie_find(
	    &w->zones, name_hash(zone->bytes, zone->len), zone->bytes, zone->len);
	const struct node *node =
	    z == NULL || z->store == NULL
	        ? NULL
	        : table_find(z->store, name_hash(owner->bytes, owner->len), owner->bytes,
	              owner->len);

	/* most delegations have nothing below them, and that is seen at once */
	if (node != NULL && node_child_count(node) != 0)
		table_each(z->store, count_below, &b);
	return b.count;
}
