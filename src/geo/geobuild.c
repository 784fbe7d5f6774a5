/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "geo/country.h"
#include "geo/facts.h"
#include "geo/geo_inside.h"
#include "geo/mmdb.h"
#include "geo/prefixfile.h"
#include "geo/spans.h"

/*
 * The value of the IPv6 ranges that stand for IPv4 addresses. They are never looked up,
 * but a block beside them must not reach into them, or its scope would be wrong there.
 */
enum { WRAPPED = GEO_PLACES_MAX };

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

static void
on_database_read(struct geo_file *f, const struct mmdb_info *info)
{
	memcpy(f->type, info->type, sizeof(f->type));
	f->built_s = info->built_s;
	f->octets = info->stamp.octets;
	f->networks = info->networks;
	f->stamp = info->stamp;
}

MUST_CHECK static enum err
add_database(struct geo *g, struct geo_file *f, const char *path,
    const struct config_where *where, struct spans all[2], struct complaints *complaints)
{
	struct spans layer[2] = {0};
	struct mmdb_info info;
	struct buf why = {0};
	enum err e;

	e = mmdb_walk(path, on_record, &g->regions, &layer[0], &layer[1], &info, &why);
	if (e == OK) {
		lay_over(&all[0], &layer[0]);
		lay_over(&all[1], &layer[1]);
		on_database_read(f, &info);
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

MUST_CHECK static enum err
add_prefix_file(const struct geo *g, struct geo_file *f, const char *path,
    struct prefixfile *out, struct complaints *complaints)
{
	if (prefixfile_read(path, &g->regions, out, complaints) != OK)
		return ERR_SYNTAX;
	f->networks = out->count;
	f->octets = out->stamp.octets;
	f->stamp = out->stamp;
	return OK;
}

/* All of them are tried, so that all complaints come in one run. */
MUST_CHECK static enum err
add_files(struct geo *g, const struct config_geo *cfg, const struct geo_sources *sources,
    struct spans all[2], struct prefixfile *prefixes, struct complaints *complaints)
{
	enum err result = OK;

	for (size_t i = 0; i < g->file_count; i++) {
		struct geo_file *f = &g->files[i];
		const char *path = sources != NULL ? sources->paths[i] : f->path;
		struct config_where where = {0};
		enum err e;

		if (path == NULL)
			continue;
		if (i < cfg->database_count && cfg->database_wheres != NULL)
			where = cfg->database_wheres[i];
		if (f->kind == GEO_DATABASE)
			e = add_database(g, f, path, &where, all, complaints);
		else
			e = add_prefix_file(
			    g, f, path, &prefixes[i - cfg->database_count], complaints);
		f->is_read = e == OK;
		f->is_other = strcmp(path, f->path) != 0 &&
		              (sources == NULL || path != sources->fresh);
		f->loaded_s = wall_now_s();
		if (sources != NULL && sources->bad != NULL)
			sources->bad[i] = e != OK;
		if (e != OK)
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

size_t
geo_config_file_count(const struct config_geo *cfg)
{
	return cfg->database_count + cfg->prefix_file_count;
}

const char *
geo_config_file(const struct config_geo *cfg, size_t i)
{
	return i < cfg->database_count ? cfg->databases[i]
	                               : cfg->prefix_files[i - cfg->database_count];
}

static void
files_init(struct geo *g, const struct config_geo *cfg)
{
	g->file_count = geo_config_file_count(cfg);
	g->files = mem_array(g->file_count, sizeof(*g->files));
	for (size_t i = 0; i < g->file_count; i++) {
		g->files[i].kind =
		    i < cfg->database_count ? GEO_DATABASE : GEO_PREFIX_FILE;
		g->files[i].path = mem_str(geo_config_file(cfg, i));
	}
}

MUST_CHECK static enum err
build_all(struct build *b, const struct config_geo *cfg,
    const struct geo_sources *sources, struct complaints *complaints)
{
	struct spans prefixes[2] = {0}, facts[2] = {0};
	struct prefixfile *files;
	struct geo *g = b->g;
	enum err e, e2;

	e = regions_init(&g->regions, cfg, &g->chains, complaints);
	if (e != OK)
		return ERR_SYNTAX;
	files = mem_array(cfg->prefix_file_count, sizeof(*files));
	e2 = add_files(g, cfg, sources, facts, files, complaints);
	e = prefixes_build(cfg, files, &g->regions, &g->chains, &g->origins, &prefixes[0],
	    &prefixes[1], complaints);
	for (size_t i = 0; i < cfg->prefix_file_count; i++)
		prefixfile_fini(&files[i]);
	mem_free(files);
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

	atomic_init(&b.g->holders, 1);
	chains_init(&b.g->chains);
	files_init(b.g, cfg);
	e = build_all(&b, cfg, sources, complaints);
	memo_fini(&b.chain_of_facts);
	memo_fini(&b.place_of);
	if (e == OK)
		*out = b.g;
	else
		geo_free(b.g);
	return e;
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
	struct mmdb_info info;
	enum err e = mmdb_walk(path, on_check, NULL, &v4, &v6, &info, why);

	spans_fini(&v4);
	spans_fini(&v6);
	return e;
}
