/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The regions: the 16 built-in ones and those of the configuration, and which of them
 * a country, continent, subdivision or AS belongs to.
 *
 * Shape: ids 0..15 are the built-in ones, those of the configuration follow in its
 * order. Each by_* gives a list (geo/chains.h) in the order of a client's chain: the
 * operator's regions first, then the built-in ones.
 * Owner: regions_fini() frees; names are copied.
 * Threads: immutable after regions_init().
 * Errors: complaints for more than GEO_REGIONS_MAX regions (an error) and for a match
 * of a code that is no country or continent (a warning: it matches nobody).
 * Source: none.
 *
 * A region of the configuration that has a built-in one's name is that one: the
 * countries it lists move to it from whichever built-in region had them, its other
 * matches are added, and its centroid, if it has one, replaces the built-in one's.
 */
#ifndef GEO_REGIONS_H
#define GEO_REGIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/complaint.h"
#include "config/config.h"
#include "geo/chains.h"
#include "geo/country.h"
#include "geo/geo.h"
#include "geo/memo.h"

enum { REGIONS_BUILTIN = 16 };

struct regions {
	struct geo_region *list;
	size_t count;
	size_t cap;
	uint32_t by_country[COUNTRY_CODES];
	uint32_t by_continent[CONTINENT_CODES];
	struct memo by_asn;
	struct memo by_subdivision; /* key: regions_subdivision_key() */
};

MUST_CHECK enum err
regions_init(struct regions *r, const struct config_geo *cfg, struct chains *chains,
    struct complaints *complaints);

void
regions_fini(struct regions *r);

/* ERR_MISSING: there is no such region. */
MUST_CHECK enum err
regions_find(const struct regions *r, const char *name, uint16_t *id);

/* "US-CA" in either case as one number; 0 for what is longer than 8 octets or empty. */
uint64_t
regions_subdivision_key(const char *code);

/* Great-circle distance; infinity when a centroid is missing. */
double
regions_distance_km(const struct geo_region *a, const struct geo_region *b);

#endif
