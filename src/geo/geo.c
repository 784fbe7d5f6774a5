/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"
#include "geo/country.h"
#include "geo/geo_inside.h"

struct geo *
geo_hold(struct geo *g)
{
	atomic_fetch_add(&g->holders, 1);
	return g;
}

void
geo_free(struct geo *g)
{
	if (g == NULL || atomic_fetch_sub(&g->holders, 1) != 1)
		return;
	for (size_t i = 0; i < g->file_count; i++)
		mem_free(g->files[i].path);
	mem_free(g->files);
	mem_free(g->origins.list);
	prefixmap4_fini(&g->places4);
	prefixmap6_fini(&g->places6);
	prefixmap4_fini(&g->wheres4);
	prefixmap6_fini(&g->wheres6);
	regions_fini(&g->regions);
	chains_fini(&g->chains);
	mem_free(g->places);
	mem_free(g);
}

/* The bits of an IPv4 address stand behind outer_len others in the one that was asked
 * for; Teredo inverts them, which leaves prefixes prefixes. */
uint16_t
geo_find(const struct geo *g, const struct ip *client, uint8_t *scope)
{
	uint8_t outer_len;
	struct ip ip;
	uint16_t place;

	if (client->family == 4)
		return prefixmap4_find(&g->places4, client->bytes, scope);
	ip = ip_unwrap(client, &outer_len);
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
geo_file_count(const struct geo *g)
{
	return g->file_count;
}

const struct geo_file *
geo_file(const struct geo *g, size_t i)
{
	return &g->files[i];
}

const struct geo_file *
geo_find_file(const struct geo *g, const char *path)
{
	for (size_t i = 0; i < g->file_count; i++)
		if (strcmp(g->files[i].path, path) == 0)
			return &g->files[i];
	return NULL;
}

bool
geo_find_prefix(const struct geo *g, const struct ip *client, struct geo_match *out)
{
	uint8_t unused;
	struct ip ip = ip_unwrap(client, &unused);
	bool found = false;

	for (size_t i = 0; i < g->origins.count; i++) {
		const struct prefix_origin *o = &g->origins.list[i];

		if (!ip_prefix_holds(&o->prefix, &ip) ||
		    (found && o->prefix.len <= out->prefix.len))
			continue;
		*out = (struct geo_match){
		    .prefix = o->prefix,
		    .region = g->regions.list[o->region].name,
		    .file = o->file != NULL ? o->file : "",
		    .line = o->line,
		};
		found = true;
	}
	return found;
}

double
geo_moved(const struct geo *a, const struct geo *b, unsigned family)
{
	return family == 4 ? prefixmap4_moved(&a->wheres4, &b->wheres4, CONTINENT_CODES)
	                   : prefixmap6_moved(&a->wheres6, &b->wheres6, CONTINENT_CODES);
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
