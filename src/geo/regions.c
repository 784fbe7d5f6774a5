/* SPDX-License-Identifier: BSD-2-Clause */
#include "geo/regions.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"

/* Centroids are weighted by population: they order the fallback of the ladder. */
static const struct builtin {
	const char *name;
	const char *title;
	const char *countries;
	double lat, lon;
} builtins[REGIONS_BUILTIN] = {
    {"nnam", "Northern North America", "CA GL PM", 47.3, -89.0},
    {"snam", "Southern North America", "BM US", 37.4, -92.3},
    {"nsam", "Northern South America",
        "AG AI AW BB BL BQ BS BZ CO CR CU CW DM DO EC GD GF GP GT GY HN HT JM KN KY LC "
        "MF MQ MS MX NI PA PE PR SR SV SX TC TT VC VE VG VI",
        12.3, -85.3},
    {"ssam", "Southern South America", "AR BO BR BV CL FK GS PY UY", -21.6, -50.2},
    {"weu", "Western Europe", "AD BE ES FO FR GB GG GI IE IM IS IT JE MC MT NL PT SM VA",
        46.9, 2.2},
    {"ceu", "Central Europe", "AT AX CH CZ DE DK HR HU LI LU NO PL SE SI SJ SK", 51.2,
        13.3},
    {"eeu", "Eastern Europe", "AL BA BG BY EE FI GR LT LV MD ME MK RO RS UA XK", 47.5,
        26.5},
    {"ru", "Russia", "RU", 56.4, 53.0},
    {"me", "Middle East", "AE BH CY EG IL IQ IR JO KW LB OM PS QA SA SY TR YE", 32.4,
        40.2},
    {"naf", "Northern Africa", "DZ EH LY MA SD TN", 33.0, 5.6},
    {"maf", "Middle Africa",
        "BF BI BJ CD CF CG CI CM CV DJ ER ET GA GH GM GN GQ GW IO KE LR ML MR NE NG RW "
        "SC SL SN SO SS ST TD TG TZ UG",
        5.5, 13.5},
    {"saf", "Southern Africa", "AO BW KM LS MG MU MW MZ NA RE SH SZ TF YT ZA ZM ZW",
        -21.9, 29.0},
    {"in", "India", "IN", 23.0, 80.5},
    {"seas", "Southeast Asia",
        "AF AM AZ BD BN BT GE ID KG KH KZ LA LK MM MV MY NP PH PK SG TH TJ TL TM UZ VN",
        15.4, 99.1},
    {"neas", "Northeast Asia", "CN HK JP KP KR MN MO TW", 33.2, 116.1},
    {"oc", "Oceania",
        "AQ AS AU CC CK CX FJ FM GU HM KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV "
        "UM VU WF WS",
        -30.9, 151.4},
};

enum err
regions_find(const struct regions *r, const char *name, uint16_t *id)
{
	for (size_t i = 0; i < r->count; i++) {
		if (strcmp(r->list[i].name, name) == 0) {
			*id = (uint16_t)i;
			return OK;
		}
	}
	return ERR_MISSING;
}

uint64_t
regions_subdivision_key(const char *code)
{
	uint64_t key = 0;

	if (strlen(code) > 8)
		return 0;
	for (; *code != '\0'; code++)
		key = key << 8 | (uint8_t)toupper((unsigned char)*code);
	return key;
}

double
regions_distance_km(const struct geo_region *a, const struct geo_region *b)
{
	const double earth_km = 6371.0, degree = 3.14159265358979323846 / 180;
	double lat, lon, h;

	if (!a->has_centroid || !b->has_centroid)
		return INFINITY;
	lat = sin((b->lat - a->lat) * degree / 2);
	lon = sin((b->lon - a->lon) * degree / 2);
	h = lat * lat + cos(a->lat * degree) * cos(b->lat * degree) * lon * lon;
	/* Rounding may bring antipodes above 1. */
	return 2 * earth_km * asin(sqrt(fmin(h, 1)));
}

static void
add_region(struct regions *r, const char *name, const char *title)
{
	r->list = mem_grow(r->list, r->count, &r->cap, sizeof(*r->list));
	r->list[r->count++] =
	    (struct geo_region){.name = mem_str(name), .title = mem_str(title)};
}

static void
set_centroid(struct geo_region *r, double lat, double lon)
{
	r->has_centroid = true;
	r->lat = lat;
	r->lon = lon;
}

/* home[country] is the built-in region of a country. */
static void
add_builtins(struct regions *r, uint16_t home[COUNTRY_CODES])
{
	for (uint16_t id = 0; id < REGIONS_BUILTIN; id++) {
		const struct builtin *b = &builtins[id];

		add_region(r, b->name, b->title);
		set_centroid(&r->list[id], b->lat, b->lon);
		for (const char *c = b->countries;; c += 3) {
			home[country_parse(c, 2)] = id;
			if (c[2] == '\0')
				break;
		}
	}
}

static void
join_memo(struct memo *m, uint64_t key, struct chains *chains, uint32_t one)
{
	uint64_t old = 0;

	(void)memo_find(m, key, &old);
	memo_set(m, key, chains_join(chains, (uint32_t)old, one));
}

static void
warn_code(const struct config_region *c, const struct config_match *m,
    struct complaints *complaints)
{
	bool continent = m->kind == MATCH_CONTINENT;

	complain(complaints, SEVERITY_WARNING, c->where.file, c->where.line,
	    c->where.column, "region %s: %s is no %s and matches nobody%s", c->name,
	    m->code, continent ? "continent" : "country",
	    continent || continent_parse(m->code, strlen(m->code)) == 0
	        ? ""
	        : " (a continent is written continent:CODE)");
}

static void
add_match(struct regions *r, const struct config_region *c, const struct config_match *m,
    uint16_t id, uint16_t home[COUNTRY_CODES], struct chains *chains,
    struct complaints *complaints)
{
	uint16_t country = country_parse(m->code, strlen(m->code));
	uint8_t continent = continent_parse(m->code, strlen(m->code));
	uint32_t one = chains_one(chains, id);

	switch (m->kind) {
	case MATCH_COUNTRY:
		if (!country_is_real(country))
			warn_code(c, m, complaints);
		else if (id < REGIONS_BUILTIN)
			home[country] = id;
		else
			r->by_country[country] =
			    chains_join(chains, r->by_country[country], one);
		break;
	case MATCH_CONTINENT:
		if (continent == 0)
			warn_code(c, m, complaints);
		else
			r->by_continent[continent] =
			    chains_join(chains, r->by_continent[continent], one);
		break;
	case MATCH_SUBDIVISION:
		join_memo(
		    &r->by_subdivision, regions_subdivision_key(m->code), chains, one);
		break;
	case MATCH_ASN:
		join_memo(&r->by_asn, m->asn, chains, one);
		break;
	case MATCH_PREFIX: /* geo/prefixes.c */
		break;
	}
}

/* At equal specificity the operator's regions come before the built-in ones: two passes.
 */
static void
add_matches(struct regions *r, const struct config_geo *cfg, bool builtin,
    uint16_t home[COUNTRY_CODES], struct chains *chains, struct complaints *complaints)
{
	for (size_t i = 0; i < cfg->region_count; i++) {
		const struct config_region *c = &cfg->regions[i];
		uint16_t id;

		if (regions_find(r, c->name, &id) != OK ||
		    (id < REGIONS_BUILTIN) != builtin)
			continue;
		for (size_t k = 0; k < c->match_count; k++)
			add_match(r, c, &c->matches[k], id, home, chains, complaints);
	}
}

enum err
regions_init(struct regions *r, const struct config_geo *cfg, struct chains *chains,
    struct complaints *complaints)
{
	uint16_t home[COUNTRY_CODES] = {0};

	*r = (struct regions){0};
	add_builtins(r, home);
	for (size_t i = 0; i < cfg->region_count; i++) {
		const struct config_region *c = &cfg->regions[i];
		uint16_t id;

		if (regions_find(r, c->name, &id) != OK) {
			if (r->count == GEO_REGIONS_MAX) {
				complain(complaints, SEVERITY_ERROR, c->where.file,
				    c->where.line, c->where.column,
				    "region %s: there are more than %d regions", c->name,
				    GEO_REGIONS_MAX);
				regions_fini(r);
				return ERR_RANGE;
			}
			id = (uint16_t)r->count;
			add_region(r, c->name, c->name);
		}
		if (c->has_centroid)
			set_centroid(&r->list[id], c->lat, c->lon);
	}
	add_matches(r, cfg, false, home, chains, complaints);
	add_matches(r, cfg, true, home, chains, complaints);
	for (uint16_t country = 1; country < COUNTRY_CODES; country++) {
		if (country_is_real(country))
			r->by_country[country] = chains_join(chains,
			    r->by_country[country], chains_one(chains, home[country]));
	}
	return OK;
}

void
regions_fini(struct regions *r)
{
	for (size_t i = 0; i < r->count; i++) {
		mem_free((char *)(uintptr_t)r->list[i].name);
		mem_free((char *)(uintptr_t)r->list[i].title);
	}
	mem_free(r->list);
	memo_fini(&r->by_asn);
	memo_fini(&r->by_subdivision);
	*r = (struct regions){0};
}
