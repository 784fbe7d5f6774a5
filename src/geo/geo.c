/* SPDX-License-Identifier: BSD-2-Clause */
#include "geo/geo.h"

#include <string.h>

#include "base/mem.h"
#include "geo/chains.h"
#include "geo/country.h"
#include "geo/facts.h"
#include "geo/mmdb.h"
#include "geo/prefixes.h"
#include "geo/prefixmap.h"
#include "geo/regions.h"
#include "geo/spans.h"

/*
 * The value of the IPv6 ranges that stand for IPv4 addresses. They are never looked up,
 * but a block beside them must not reach into them, or its scope would be wrong there.
 */
enum { WRAPPED = GEO_PLACES_MAX };

struct geo {
	struct regions regions;
	struct chains chains;
	uint32_t *places; /* chain of each place */
	size_t place_count;
	struct prefixmap4 places4;
	struct prefixmap6 places6;
	struct prefixmap4 wheres4; /* for geo_describe(): country * 8 + continent */
	struct prefixmap6 wheres6;
};

struct build {
	struct geo *g;
	struct memo chain_of_facts;
	struct memo place_of; /* by prefix list and chain */
	size_t place_cap;
	bool too_many_places;
};

/* What a region names of this kind, or "other" once any region names any. */
static uint32_t
named_list(const struct memo *m, uint64_t key)
{
	uint64_t list;

	if (m->count == 0 || key == 0)
		return 0;
	return memo_find(m, key, &list) ? (uint32_t)list : FACTS_OTHER;
}

static uint64_t
on_record(void *ctx, const struct mmdb_record *r)
{
	const struct regions *regions = ctx;
	struct facts f = {
	    .country = country_parse(r->country, strlen(r->country)),
	    .continent = continent_parse(r->continent, strlen(r->continent)),
	    .subdivision = named_list(
	        &regions->by_subdivision, regions_subdivision_key(r->subdivision)),
	    .asn = named_list(&regions->by_asn, r->asn),
	};

	if (f.continent == 0)
		f.continent = country_continent(f.country);
	return facts_pack(&f);
}

static uint64_t
on_refine(void *ctx, uint64_t earlier, uint64_t later)
{
	(void)ctx;
	return facts_refine(earlier, later);
}

static uint32_t
list_of(uint32_t named)
{
	return named != FACTS_OTHER ? named : 0;
}

/* DESIGN "Which regions?": AS, subdivision, country, continent. */
static uint32_t
chain_of_facts(struct build *b, uint64_t packed)
{
	struct chains *chains = &b->g->chains;
	const struct regions *regions = &b->g->regions;
	struct facts f = facts_unpack(packed);
	uint64_t known;
	uint32_t chain;

	if (memo_find(&b->chain_of_facts, packed, &known))
		return (uint32_t)known;
	chain = list_of(f.asn);
	chain = chains_join(chains, chain, list_of(f.subdivision));
	chain = chains_join(chains, chain, regions->by_country[f.country]);
	chain = chains_join(chains, chain, regions->by_continent[f.continent]);
	memo_set(&b->chain_of_facts, packed, chain);
	return chain;
}

static uint16_t
place_of_chain(struct build *b, uint32_t chain)
{
	struct geo *g = b->g;
	uint64_t place;

	/* The high bit keeps these keys apart from those of pairs. */
	if (memo_find(&b->place_of, UINT64_C(1) << 63 | chain, &place))
		return (uint16_t)place;
	if (g->place_count == GEO_PLACES_MAX) {
		b->too_many_places = true;
		return GEO_NOWHERE;
	}
	g->places =
	    mem_grow(g->places, g->place_count, &b->place_cap, sizeof(*g->places));
	g->places[g->place_count] = chain;
	place = g->place_count++;
	memo_set(&b->place_of, UINT64_C(1) << 63 | chain, place);
	return (uint16_t)place;
}

static uint64_t
on_place(void *ctx, uint64_t prefix_list, uint64_t facts)
{
	struct build *b = ctx;
	uint32_t chain = chain_of_facts(b, facts);
	uint64_t pair = prefix_list << 32 | chain, place;

	if (memo_find(&b->place_of, pair, &place))
		return place;
	place =
	    place_of_chain(b, chains_join(&b->g->chains, (uint32_t)prefix_list, chain));
	memo_set(&b->place_of, pair, place);
	return place;
}

static uint64_t
on_wrapped(void *ctx, uint64_t place, uint64_t is_wrapped)
{
	(void)ctx;
	return is_wrapped != 0 ? WRAPPED : place;
}

static uint64_t
on_where(void *ctx, uint64_t unused, uint64_t packed)
{
	struct facts f = facts_unpack(packed);

	(void)ctx;
	(void)unused;
	return (uint64_t)f.country * CONTINENT_CODES + f.continent;
}

/* Replaces what is in `all` by it with `layer` on top. */
static void
lay_over(struct spans *all, const struct spans *layer)
{
	struct spans merged = {0};

	spans_merge(all, layer, on_refine, NULL, &merged);
	spans_fini(all);
	*all = merged;
}

MUST_CHECK static enum err
add_database(const struct geo *g, const char *path, const struct config_where *where,
    struct spans all[2], struct complaints *complaints)
{
	struct spans layer[2] = {0};
	struct buf why = {0};
	enum err e;

	e = mmdb_walk(
	    path, on_record, (void *)(uintptr_t)&g->regions, &layer[0], &layer[1], &why);
	if (e == OK) {
		lay_over(&all[0], &layer[0]);
		lay_over(&all[1], &layer[1]);
	} else {
		complain(complaints, SEVERITY_ERROR, where->file, where->line,
		    where->column, "geo database %s: %s", path, buf_text(&why));
		e = ERR_SYNTAX;
	}
	spans_fini(&layer[0]);
	spans_fini(&layer[1]);
	buf_fini(&why);
	return e;
}

/* All of them are tried, so that all complaints come in one run. */
MUST_CHECK static enum err
add_databases(const struct geo *g, const struct config_geo *cfg,
    const struct geo_sources *sources, struct spans all[2], struct complaints *complaints)
{
	enum err result = OK;

	for (size_t i = 0; i < cfg->database_count; i++) {
		const char *path =
		    sources != NULL ? sources->paths[i] : cfg->databases[i];
		struct config_where nowhere = {0};
		const struct config_where *where =
		    cfg->database_wheres != NULL ? &cfg->database_wheres[i] : &nowhere;

		if (path != NULL && add_database(g, path, where, all, complaints) != OK)
			result = ERR_SYNTAX;
	}
	return result;
}

static void
compile(struct build *b, const struct spans prefixes[2], const struct spans facts[2])
{
	struct spans places[2] = {0}, wheres[2] = {0};
	struct spans wrapped = {0}, places6 = {0}, none = {0};
	struct geo *g = b->g;

	for (unsigned i = 0; i < 2; i++) {
		spans_merge(&prefixes[i], &facts[i], on_place, b, &places[i]);
		spans_merge(&none, &facts[i], on_where, NULL, &wheres[i]);
	}
	prefixes_wrappers(&wrapped);
	spans_merge(&places[1], &wrapped, on_wrapped, NULL, &places6);
	prefixmap4_init(&g->places4, &places[0]);
	prefixmap6_init(&g->places6, &places6);
	prefixmap4_init(&g->wheres4, &wheres[0]);
	prefixmap6_init(&g->wheres6, &wheres[1]);
	for (unsigned i = 0; i < 2; i++) {
		spans_fini(&places[i]);
		spans_fini(&wheres[i]);
	}
	spans_fini(&wrapped);
	spans_fini(&places6);
}

/* Chains that had to be cut would send clients elsewhere than the configuration says. */
MUST_CHECK static enum err
check_sizes(
    const struct build *b, const struct config_geo *cfg, struct complaints *complaints)
{
	struct config_where where = {0};
	enum err e = OK;

	if (cfg->region_count != 0)
		where = cfg->regions[0].where;
	if (b->g->chains.overlong) {
		complain(complaints, SEVERITY_ERROR, where.file, where.line, where.column,
		    "more than %d regions match the same clients", GEO_CHAIN_MAX);
		e = ERR_SYNTAX;
	}
	if (b->g->chains.full || b->too_many_places) {
		complain(complaints, SEVERITY_ERROR, where.file, where.line, where.column,
		    "the regions and prefixes combine in more than %d ways",
		    GEO_PLACES_MAX);
		e = ERR_SYNTAX;
	}
	return e;
}

MUST_CHECK static enum err
build_all(struct build *b, const struct config_geo *cfg,
    const struct geo_sources *sources, struct complaints *complaints)
{
	struct spans prefixes[2] = {0}, facts[2] = {0};
	struct geo *g = b->g;
	enum err e, e2;

	e = regions_init(&g->regions, cfg, &g->chains, complaints);
	if (e != OK)
		return ERR_SYNTAX;
	e = prefixes_build(
	    cfg, &g->regions, &g->chains, &prefixes[0], &prefixes[1], complaints);
	e2 = add_databases(g, cfg, sources, facts, complaints);
	if (e == OK && e2 == OK) {
		(void)place_of_chain(b, 0); /* GEO_NOWHERE */
		compile(b, prefixes, facts);
		e = check_sizes(b, cfg, complaints);
	} else {
		e = ERR_SYNTAX;
	}
	for (unsigned i = 0; i < 2; i++) {
		spans_fini(&prefixes[i]);
		spans_fini(&facts[i]);
	}
	return e;
}

enum err
geo_build(const struct config_geo *cfg, const struct geo_sources *sources,
    struct geo **out, struct complaints *complaints)
{
	struct build b = {.g = mem_new(sizeof(struct geo))};
	enum err e;

	chains_init(&b.g->chains);
	e = build_all(&b, cfg, sources, complaints);
	memo_fini(&b.chain_of_facts);
	memo_fini(&b.place_of);
	if (e == OK)
		*out = b.g;
	else
		geo_free(b.g);
	return e;
}

void
geo_free(struct geo *g)
{
	if (g == NULL)
		return;
	prefixmap4_fini(&g->places4);
	prefixmap6_fini(&g->places6);
	prefixmap4_fini(&g->wheres4);
	prefixmap6_fini(&g->wheres6);
	regions_fini(&g->regions);
	chains_fini(&g->chains);
	mem_free(g->places);
	mem_free(g);
}

static uint64_t
on_check(void *ctx, const struct mmdb_record *record)
{
	(void)ctx;
	(void)record;
	return 0;
}

enum err
geo_check_database(const char *path, struct buf *why)
{
	struct spans v4 = {0}, v6 = {0};
	enum err e = mmdb_walk(path, on_check, NULL, &v4, &v6, why);

	spans_fini(&v4);
	spans_fini(&v6);
	return e;
}

/* The bits of an IPv4 address stand behind outer_len others in the one that was asked
 * for; Teredo inverts them, which leaves prefixes prefixes. */
uint16_t
geo_find(const struct geo *g, const struct ip *client, uint8_t *scope)
{
	uint8_t outer_len;
	struct ip ip = ip_unwrap(client, &outer_len);
	uint16_t place;

	if (ip.family == 4) {
		place = prefixmap4_find(&g->places4, ip.bytes, scope);
		*scope = (uint8_t)(*scope + outer_len);
		return place;
	}
	if (ip.family == 6)
		return prefixmap6_find(&g->places6, ip.bytes, scope);
	*scope = 0;
	return GEO_NOWHERE;
}

size_t
geo_place_count(const struct geo *g)
{
	return g->place_count;
}

struct geo_chain
geo_chain(const struct geo *g, uint16_t place)
{
	if (place >= g->place_count)
		place = GEO_NOWHERE;
	return chains_get(&g->chains, g->places[place]);
}

size_t
geo_region_count(const struct geo *g)
{
	return g->regions.count;
}

const struct geo_region *
geo_region(const struct geo *g, uint16_t id)
{
	return id < g->regions.count ? &g->regions.list[id] : NULL;
}

enum err
geo_region_find(const struct geo *g, const char *name, uint16_t *id)
{
	return regions_find(&g->regions, name, id);
}

double
geo_distance_km(const struct geo *g, uint16_t a, uint16_t b)
{
	return regions_distance_km(&g->regions.list[a], &g->regions.list[b]);
}

static uint16_t
find_where(const struct geo *g, const struct ip *client, uint8_t *scope)
{
	uint8_t outer_len;
	struct ip ip = ip_unwrap(client, &outer_len);
	uint16_t where = 0;

	*scope = 0;
	if (ip.family == 4)
		where = prefixmap4_find(&g->wheres4, ip.bytes, scope);
	else if (ip.family == 6)
		where = prefixmap6_find(&g->wheres6, ip.bytes, scope);
	*scope = (uint8_t)(*scope + outer_len);
	return where;
}

void
geo_find_country(
    const struct geo *g, const struct ip *client, char country[4], uint8_t *scope)
{
	country_write(find_where(g, client, scope) / CONTINENT_CODES, country);
}

void
geo_describe(const struct geo *g, const struct ip *client, struct geo_where *out)
{
	uint8_t unused;
	uint16_t where = find_where(g, client, &unused);

	country_write(where / CONTINENT_CODES, out->country);
	continent_write(where % CONTINENT_CODES, out->continent);
}

void
geo_get_sizes(const struct geo *g, struct geo_sizes *out)
{
	*out = (struct geo_sizes){
	    .intervals4 = g->places4.count,
	    .intervals6 = g->places6.count,
	    .places = g->place_count,
	    .octets = prefixmap4_octets(&g->places4) + prefixmap6_octets(&g->places6) +
	              prefixmap4_octets(&g->wheres4) + prefixmap6_octets(&g->wheres6),
	};
}
