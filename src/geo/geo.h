/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a client's address to its chain of regions, and the ECS scope of that.
 *
 * Shape: compiled once into sorted interval tables, one per family, of the whole
 * address space; the value of an interval is a place: a small number that stands for
 * one chain (0: nowhere). Neighbouring intervals with the same place are one. A look-up
 * is an index by the top bits and a short binary search; the scope is the length
 * of the largest prefix around the address that lies inside its interval.
 * Owner: counted holders: geo_hold(), geo_free(); strings belong to it.
 * Threads: immutable after geo_build().
 * Errors: complaints for a database or prefix that can not be used.
 * Source: RFC 7871 7.2.1 (scope); MaxMind DB format 2.0.
 */
#ifndef GEO_GEO_H
#define GEO_GEO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/complaint.h"
#include "base/err.h"
#include "base/ip.h"
#include "config/config.h"
#include "geo/filecopy.h"

enum {
	GEO_NOWHERE = 0,
	GEO_REGIONS_MAX = 250,
	GEO_CHAIN_MAX = 16,
	GEO_PLACES_MAX = 65535
};

struct geo;

struct geo_region {
	const char *name; /* "weu" */
	const char *title; /* "Western Europe"; the name itself for custom ones */
	bool has_centroid;
	double lat, lon;
};

struct geo_chain {
	const uint16_t *regions; /* region ids, most specific first */
	size_t count;
};

/*
 * The files of a configuration: first its databases, then its prefix files, by one
 * number.
 */
enum geo_file_kind { GEO_DATABASE, GEO_PREFIX_FILE };

struct geo_file {
	enum geo_file_kind kind;
	char *path; /* as configured */
	bool is_read; /* else it was left out, and what follows is 0 */
	bool is_other; /* another file stood in for it: its last accepted copy */
	char type[64]; /* of a database, as what follows: "GeoLite2-City" */
	int64_t built_s;
	uint64_t octets;
	uint64_t networks; /* or prefixes */
	int64_t loaded_s;
	struct filestamp stamp;
};

size_t
geo_config_file_count(const struct config_geo *cfg);

const char *
geo_config_file(const struct config_geo *cfg, size_t i);

/*
 * What each is read from: the caller says which path stands behind a configured one (the
 * file itself, or its last accepted copy; NULL: leave it out), and gets which were bad.
 */
struct geo_sources {
	const char *const *paths; /* geo_config_file_count() */
	bool *bad; /* as many; NULL: who calls does not care */
	const char *fresh; /* among paths: a new version that is not in its place yet */
};

/*
 * Compiles. A database that can not be read is a complaint (with where it was configured)
 * and ERR_SYNTAX: nothing is built. With sources NULL the configured paths are used.
 */
MUST_CHECK enum err
geo_build(const struct config_geo *cfg, const struct geo_sources *sources,
    struct geo **out, struct complaints *complaints);

/* Structure and a test walk, without building: is this a database we could use? */
MUST_CHECK enum err
geo_check_database(const char *path, struct buf *why);

struct geo *
geo_hold(struct geo *g);

/* The last holder's frees it. NULL is allowed. */
void
geo_free(struct geo *g);

/* What it was built from; i below geo_file_count(). */
size_t
geo_file_count(const struct geo *g);

const struct geo_file *
geo_file(const struct geo *g, size_t i);

/* NULL: it was not built from a file of that name. */
const struct geo_file *
geo_find_file(const struct geo *g, const char *path);

/* Of the addresses whose country a knows: the share that b puts into another one. */
double
geo_moved(const struct geo *a, const struct geo *b, unsigned family);

/* The place of a client; *scope gets the bits of its network, 0..32 or 0..128. Never
 * fails. */
uint16_t
geo_find(const struct geo *g, const struct ip *client, uint8_t *scope);

size_t
geo_place_count(const struct geo *g); /* places are 0..count-1 */

struct geo_chain
geo_chain(const struct geo *g, uint16_t place);

size_t
geo_region_count(const struct geo *g);

const struct geo_region *
geo_region(const struct geo *g, uint16_t id);

/* ERR_MISSING: there is no such region. */
MUST_CHECK enum err
geo_region_find(const struct geo *g, const char *name, uint16_t *id);

/* Great-circle distance between centroids; infinity when one has none. */
double
geo_distance_km(const struct geo *g, uint16_t a, uint16_t b);

/*
 * The country of a client, in capitals ("": the database says none); *scope as in
 * geo_find(), for this alone.
 */
void
geo_find_country(
    const struct geo *g, const struct ip *client, char country[4], uint8_t *scope);

/* For people: where the database itself puts this client ("" when it says nothing). */
struct geo_where {
	char country[4];
	char continent[4];
};

void
geo_describe(const struct geo *g, const struct ip *client, struct geo_where *out);

/* For people: the operator's longest prefix around this client; false: there is none. */
struct geo_match {
	struct ip_prefix prefix;
	const char *region;
	const char *file; /* where it was written; lives as long as the configuration */
	uint32_t line;
};

bool
geo_find_prefix(const struct geo *g, const struct ip *client, struct geo_match *out);

/* For status: how large it came out. */
struct geo_sizes {
	size_t intervals4, intervals6, places, octets;
};

void
geo_get_sizes(const struct geo *g, struct geo_sizes *out);

#endif
