/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/pool.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "steer/choice.h"
#include "steer/rendezvous.h"

enum { NO_REGION = 0xffff };

/* What rungs are being gathered from. */
struct build {
	struct pool *pool;
	const struct geo *geo;
	size_t order_cap;
	uint8_t *used; /* per region of the pool: is in the present ladder */
	uint8_t
	    *taken; /* per endpoint: its twin is in the present rung of several regions */
};

static uint64_t
hash_of(const struct config_endpoint *e)
{
	uint8_t lower[DNS_NAME_MAX];

	if (!e->is_name)
		return rendezvous_address(&e->ip);
	name_lower(lower, e->name.bytes, e->name.len);
	return rendezvous_name(lower, e->name.len);
}

static void
add_endpoint(struct pool *p, const struct config_endpoint *from,
    enum endpoint_group group, uint16_t region)
{
	struct endpoint *e;

	if (p->endpoint_count == POOL_ENDPOINTS_MAX)
		return;
	e = &p->endpoints[p->endpoint_count++];
	*e = (struct endpoint){
	    .group = group,
	    .region = region,
	    .family = from->is_name || from->ip.family == 4 ? FAMILY_4 : FAMILY_6,
	    .weight = from->weight,
	    .from = from,
	    .ip = from->ip,
	    .name = from->is_name ? &from->name : NULL,
	    .state = HEALTH_UP,
	};
	if (from->is_name)
		p->is_names = true;
	e->hash = hash_of(from);
}

static bool
is_same(const struct endpoint *a, const struct endpoint *b)
{
	if (a->hash != b->hash || (a->name == NULL) != (b->name == NULL))
		return false;
	return a->name != NULL ? name_equal(a->name->bytes, b->name->bytes)
	                       : ip_equal(&a->ip, &b->ip);
}

static int
compare_endpoints(const void *a, const void *b)
{
	const struct endpoint *const *x = a, *const *y = b;

	if ((*x)->hash != (*y)->hash)
		return (*x)->hash < (*y)->hash ? -1 : 1;
	return *x < *y ? -1 : *x > *y;
}

/* The same address may stand in several regions. */
static void
find_twins(struct pool *p)
{
	struct endpoint **sorted =
	    mem_array(p->endpoint_count, sizeof(struct endpoint *));

	for (size_t i = 0; i < p->endpoint_count; i++)
		sorted[i] = &p->endpoints[i];
	qsort(sorted, p->endpoint_count, sizeof(struct endpoint *), compare_endpoints);
	for (size_t i = 0; i < p->endpoint_count; i++) {
		struct endpoint *e = sorted[i];

		e->twin = (uint16_t)(e - p->endpoints);
		if (i != 0 && is_same(sorted[i - 1], e))
			e->twin = sorted[i - 1]->twin;
	}
	mem_free(sorted);
}

static size_t
count_endpoints(const struct config_pool *spec)
{
	size_t n = spec->dflt_count + spec->rescue_count;

	for (size_t i = 0; i < spec->region_count; i++)
		n += spec->regions[i].endpoint_count;
	return n < POOL_ENDPOINTS_MAX ? n : POOL_ENDPOINTS_MAX;
}

static void
add_endpoints(struct pool *p, const struct geo *geo)
{
	const struct config_pool *spec = p->spec;

	p->endpoints = mem_array(count_endpoints(spec), sizeof(*p->endpoints));
	p->regions = mem_array(spec->region_count, sizeof(*p->regions));
	for (size_t i = 0; i < spec->region_count; i++) {
		const struct config_pool_region *r = &spec->regions[i];
		struct pool_region *to = &p->regions[p->region_count];

		if (r->endpoint_count == 0 || p->region_count == POOL_REGIONS_MAX ||
		    geo_region_find(geo, r->region, &to->id) != OK)
			continue;
		to->name = r->region;
		to->hash = rendezvous_region(r->region);
		to->first = (uint16_t)p->endpoint_count;
		for (size_t k = 0; k < r->endpoint_count; k++)
			add_endpoint(
			    p, &r->endpoints[k], GROUP_REGION, (uint16_t)p->region_count);
		to->count = (uint16_t)(p->endpoint_count - to->first);
		p->region_count += to->count != 0;
	}
	for (size_t i = 0; i < spec->dflt_count; i++)
		add_endpoint(p, &spec->dflt[i], GROUP_DEFAULT, NO_REGION);
	for (size_t i = 0; i < spec->rescue_count; i++)
		add_endpoint(p, &spec->rescue[i], GROUP_RESCUE, NO_REGION);
	find_twins(p);
}

static uint16_t
find_region(const struct build *b, const char *name)
{
	uint16_t id;

	if (geo_region_find(b->geo, name, &id) != OK)
		return NO_REGION;
	for (size_t i = 0; i < b->pool->region_count; i++)
		if (b->pool->regions[i].id == id)
			return (uint16_t)i;
	return NO_REGION;
}

static struct rung *
new_rung(struct build *b, struct ladder *l, enum rung_kind kind, uint16_t region)
{
	struct rung *r;

	l->rungs = mem_resize(l->rungs, l->count + 1, sizeof(*l->rungs));
	r = &l->rungs[l->count++];
	*r = (struct rung){
	    .kind = kind, .region = region, .first = (uint32_t)b->pool->order_count};
	return r;
}

static void
add_to_rung(struct build *b, struct rung *r, uint16_t endpoint)
{
	struct pool *p = b->pool;

	p->order = mem_grow(p->order, p->order_count, &b->order_cap, sizeof(*p->order));
	p->order[p->order_count++] = endpoint;
	r->count++;
}

static void
add_region(struct build *b, struct rung *r, uint16_t region)
{
	const struct pool_region *from = &b->pool->regions[region];

	for (uint16_t i = 0; i < from->count; i++) {
		uint16_t e = (uint16_t)(from->first + i);
		uint16_t twin = b->pool->endpoints[e].twin;

		/* no RRset holds a record twice (RFC 2181 5) */
		if (r->region == NO_REGION && b->taken[twin])
			continue;
		b->taken[twin] = 1;
		add_to_rung(b, r, e);
	}
	b->used[region] = 1;
}

/* A rung of one region, unless the ladder has it already. */
static void
add_region_rung(struct build *b, struct ladder *l, enum rung_kind kind, uint16_t region,
    uint32_t share)
{
	struct rung *r;

	if (region == NO_REGION || b->used[region])
		return;
	r = new_rung(b, l, kind, region);
	r->share = share;
	add_region(b, r, region);
}

static void
add_fallbacks(struct build *b, struct ladder *l, uint16_t region)
{
	const struct config_pool *spec = b->pool->spec;
	const char *name = b->pool->regions[region].name;

	for (size_t i = 0; i < spec->fallback_count; i++) {
		const struct config_fallback *f = &spec->fallbacks[i];

		if (strcmp(f->region, name) != 0)
			continue;
		for (size_t k = 0; k < f->to_count; k++)
			add_region_rung(b, l, RUNG_FALLBACK, find_region(b, f->to[k]),
			    f->shares != NULL ? f->shares[k] : 0);
	}
}

static void
add_default(struct build *b, struct ladder *l)
{
	struct pool *p = b->pool;
	struct rung *r = NULL;

	for (size_t i = 0; i < p->endpoint_count; i++) {
		if (p->endpoints[i].group != GROUP_DEFAULT)
			continue;
		if (r == NULL)
			r = new_rung(b, l, RUNG_DEFAULT, NO_REGION);
		add_to_rung(b, r, (uint16_t)i);
	}
}

/* The region not yet in the ladder whose centroid is nearest; NO_REGION: none left. */
static uint16_t
nearest_unused(const struct build *b, uint16_t from)
{
	const struct pool *p = b->pool;
	uint16_t best = NO_REGION;
	double best_km = 0;

	for (size_t i = 0; i < p->region_count; i++) {
		double km = INFINITY;

		if (b->used[i])
			continue;
		if (from != NO_REGION)
			km = geo_distance_km(
			    b->geo, p->regions[from].id, p->regions[i].id);
		if (best == NO_REGION || km < best_km) {
			best = (uint16_t)i;
			best_km = km;
		}
	}
	return best;
}

static void
add_distance(struct build *b, struct ladder *l, uint16_t from)
{
	struct rung *all = NULL;
	uint16_t region;

	while ((region = nearest_unused(b, from)) != NO_REGION) {
		if (!b->pool->spec->spread_all) {
			add_region_rung(b, l, RUNG_DISTANCE, region, 0);
			continue;
		}
		if (all == NULL) {
			all = new_rung(b, l, RUNG_DISTANCE, NO_REGION);
			memset(b->taken, 0, b->pool->endpoint_count);
		}
		add_region(b, all, region);
	}
}

static void
build_ladder(struct build *b, struct ladder *l, uint16_t region)
{
	memset(b->used, 0, b->pool->region_count);
	if (region != NO_REGION) {
		add_region_rung(b, l, RUNG_REGION, region, 0);
		add_fallbacks(b, l, region);
		if (b->pool->spec->fallback_only)
			return;
	}
	add_default(b, l);
	add_distance(b, l, region);
}

/* The ladder of each place: the first region of its chain that the pool has. */
static void
map_places(struct pool *p, const struct geo *geo)
{
	p->place_count = geo_place_count(geo);
	p->ladder_of_place = mem_array(p->place_count, 1);
	for (size_t place = 0; place < p->place_count; place++) {
		struct geo_chain chain = geo_chain(geo, (uint16_t)place);
		uint8_t found = 0;

		for (size_t c = 0; c < chain.count && found == 0; c++)
			for (size_t i = 0; i < p->region_count && found == 0; i++)
				if (p->regions[i].id == chain.regions[c])
					found = (uint8_t)(i + 1);
		p->ladder_of_place[place] = found;
	}
}

struct pool *
pool_compile(uint32_t id, const char *name, const struct config_pool *spec,
    const struct config_check *check, const struct geo *geo)
{
	struct pool *p = mem_new(sizeof(*p));
	struct build b = {.pool = p, .geo = geo};

	p->id = id;
	p->name = mem_str(name);
	p->spec = config_pool_copy(spec);
	p->has_blackhole = spec->blackhole_count != 0;
	p->check = check != NULL ? config_check_copy(check) : NULL;
	add_endpoints(p, geo);
	b.used = mem_array(p->region_count, 1);
	b.taken = mem_array(p->endpoint_count, 1);
	p->ladders = mem_array(p->region_count + 1, sizeof(*p->ladders));
	build_ladder(&b, &p->ladders[0], NO_REGION);
	for (size_t i = 0; i < p->region_count; i++)
		build_ladder(&b, &p->ladders[i + 1], (uint16_t)i);
	mem_free(b.used);
	mem_free(b.taken);
	map_places(p, geo);
	p->cells = mem_array((p->region_count + 1) * FAMILY_COUNT, sizeof(*p->cells));
	return p;
}

void
pool_free(void *pool)
{
	struct pool *p = pool;

	if (p == NULL)
		return;
	for (size_t i = 0; i < (p->region_count + 1) * FAMILY_COUNT; i++)
		choice_free(atomic_load(&p->cells[i]));
	for (size_t i = 0; i <= p->region_count; i++)
		mem_free(p->ladders[i].rungs);
	for (size_t i = 0; i < p->endpoint_count; i++)
		mem_free(p->endpoints[i].targets);
	assert(p->users == NULL);
	mem_free(p->ladders);
	mem_free(p->order);
	mem_free(p->cells);
	mem_free(p->ladder_of_place);
	mem_free(p->regions);
	mem_free(p->endpoints);
	config_check_free(p->check);
	config_pool_free(p->spec);
	mem_free(p->name);
	mem_free(p);
}

const char *
pool_rung_text(const struct pool *p, const struct rung *r)
{
	if (r->kind == RUNG_DEFAULT)
		return "default";
	return r->region < p->region_count ? p->regions[r->region].name : "all others";
}

const char *
pool_group_text(const struct pool *p, const struct endpoint *e)
{
	switch (e->group) {
	case GROUP_REGION:
		return p->regions[e->region].name;
	case GROUP_DEFAULT:
		return "default";
	case GROUP_RESCUE:
		return "rescue";
	}
	return "?";
}
