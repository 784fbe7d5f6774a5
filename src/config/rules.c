/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/rules.h"

#include <string.h>

#include "config/builtin.h"
#include "config/names.h"

struct known {
	struct names checks, pools, regions;
};

/* The place of a value that belongs to element i of a list. */
static const struct tree_node *
place(const struct tree_node *list, size_t i, const char *key)
{
	const struct tree_node *map = tree_at(list, i), *n = tree_find(map, key);

	return n != NULL ? n : map;
}

static void
refer(struct reader *r, const struct names *known, const struct tree_node *at,
    const char *what, const char *name)
{
	const char *nearest;

	if (names_has(known, name))
		return;
	nearest = names_nearest(known, name);
	if (nearest != NULL)
		reader_error(r, at, "there is no %s \"%s\"; did you mean \"%s\"?", what,
		    name, nearest);
	else
		reader_error(r, at, "there is no %s \"%s\"", what, name);
}

static void
collect(struct reader *r, const struct tree_node *root, struct known *k)
{
	const struct config *c = r->config;
	struct names own = {0};
	size_t i;

	for (i = 0; i < c->check_count; i++) {
		if (c->checks[i].name != NULL)
			names_add(&k->checks, c->checks[i].name,
			    place(tree_find(root, "checks"), i, "name"));
	}
	for (i = 0; i < c->pool_count; i++) {
		if (c->pools[i].name != NULL)
			names_add(&k->pools, c->pools[i].name,
			    place(tree_find(root, "pools"), i, "name"));
	}
	for (i = 0; i < c->geo.region_count; i++) {
		const struct tree_node *list =
		    tree_find(tree_find(root, "geo"), "regions");

		if (c->geo.regions[i].name == NULL)
			continue;
		names_add(&own, c->geo.regions[i].name, place(list, i, "name"));
		names_add(&k->regions, c->geo.regions[i].name, NULL);
	}
	for (i = 0; builtin_regions[i] != NULL; i++)
		names_add(&k->regions, builtin_regions[i], NULL);
	names_sort(&k->checks, r, "check");
	names_sort(&k->pools, r, "pool");
	names_sort(&own, r, "region");
	names_sort(&k->regions, r, "region");
	names_fini(&own);
}

static bool
has_endpoints(const struct config_pool *p, const char *region)
{
	size_t i;

	for (i = 0; i < p->region_count; i++) {
		if (strcmp(p->regions[i].region, region) == 0)
			return true;
	}
	return false;
}

static void
check_fallback_targets(struct reader *r, const struct known *k,
    const struct config_pool *p, const struct config_fallback *f,
    const struct tree_node *list)
{
	struct names seen = {0};
	size_t i;

	for (i = 0; i < f->to_count; i++) {
		const struct tree_node *at =
		    list->kind == TREE_MAP ? list->keys[i] : tree_at(list, i);

		if (f->to[i] == NULL)
			continue;
		names_add(&seen, f->to[i], at);
		if (strcmp(f->to[i], f->region) == 0)
			reader_error(r, at, "region \"%s\" can not take over from itself",
			    f->region);
		else if (!names_has(&k->regions, f->to[i]))
			refer(r, &k->regions, at, "region", f->to[i]);
		else if (!has_endpoints(p, f->to[i]))
			reader_warning(r, at,
			    "the pool has no endpoints in \"%s\", so it can not take "
			    "over",
			    f->to[i]);
	}
	names_sort(&seen, r, "region");
	names_fini(&seen);
}

static void
check_fallback(struct reader *r, const struct known *k, const struct config_pool *p,
    const struct tree_node *map)
{
	size_t i;

	for (i = 0; i < p->fallback_count; i++) {
		const struct config_fallback *f = &p->fallbacks[i];

		if (!names_has(&k->regions, f->region))
			refer(r, &k->regions, map->keys[i], "region", f->region);
		else if (!has_endpoints(p, f->region))
			reader_warning(r, map->keys[i],
			    "the pool has no endpoints in \"%s\", so this is never used",
			    f->region);
		check_fallback_targets(r, k, p, f, map->values[i]);
	}
}

static void
check_pools(struct reader *r, const struct tree_node *root, const struct known *k)
{
	const struct tree_node *list = tree_find(root, "pools");
	size_t i, n;

	for (i = 0; i < r->config->pool_count; i++) {
		const struct config_pool *p = &r->config->pools[i];
		const struct tree_node *map = tree_at(list, i);
		const struct tree_node *regions = tree_find(map, "regions");

		if (p->check != NULL)
			refer(r, &k->checks, tree_find(map, "check"), "check", p->check);
		for (n = 0; n < p->region_count; n++)
			refer(r, &k->regions, regions->keys[n], "region",
			    p->regions[n].region);
		check_fallback(r, k, p, tree_find(map, "fallback"));
	}
}

/* Prefix files, tests, and what is fetched. */
static void
check_geo_files(struct reader *r, const struct tree_node *geo, const struct known *k,
    struct names *files)
{
	const struct tree_node *tests = tree_find(geo, "tests"),
	                       *updates = tree_find(geo, "update");
	const struct config_geo *g = &r->config->geo;
	struct names fetched = {0};
	size_t i;

	for (i = 0; i < g->prefix_file_count; i++) {
		if (g->prefix_files[i][0] != '\0')
			names_add(files, g->prefix_files[i],
			    tree_at(tree_find(geo, "prefix_files"), i));
	}
	for (i = 0; i < g->test_count; i++) {
		if (g->tests[i].region != NULL)
			refer(r, &k->regions, place(tests, i, "region"), "region",
			    g->tests[i].region);
	}
	for (i = 0; i < g->update_count; i++) {
		const struct config_geo_update *u = &g->updates[i];
		bool used = false;
		size_t n;

		if (u->file == NULL)
			continue;
		for (n = 0; n < g->database_count; n++)
			used = used || strcmp(u->file, g->databases[n]) == 0;
		for (n = 0; n < g->prefix_file_count; n++)
			used = used || strcmp(u->file, g->prefix_files[n]) == 0;
		if (!used)
			reader_value_error(r, place(updates, i, "file"), "file",
			    "it is none of geo.databases and geo.prefix_files");
		names_add(&fetched, u->file, place(updates, i, "file"));
	}
	names_sort(&fetched, r, "file");
	names_fini(&fetched);
}

static void
check_geo(struct reader *r, const struct tree_node *root, const struct known *k)
{
	const struct tree_node *geo = tree_find(root, "geo");
	const struct tree_node *list = tree_find(geo, "prefixes");
	const struct config_geo *g = &r->config->geo;
	struct names prefixes = {0}, databases = {0};
	char text[PREFIX_TEXT_MAX];
	size_t i;

	for (i = 0; i < g->prefix_count; i++) {
		if (g->prefixes[i].region != NULL)
			refer(r, &k->regions, place(list, i, "region"), "region",
			    g->prefixes[i].region);
		if (g->prefixes[i].prefix.ip.family == 0)
			continue;
		ip_prefix_write(&g->prefixes[i].prefix, text);
		names_add(&prefixes, text, place(list, i, "prefix"));
	}
	for (i = 0; i < g->database_count; i++) {
		if (g->databases[i][0] != '\0')
			names_add(&databases, g->databases[i],
			    tree_at(tree_find(geo, "databases"), i));
	}
	check_geo_files(r, geo, k, &databases);
	names_sort(&prefixes, r, "prefix");
	names_sort(&databases, r, "database");
	names_fini(&prefixes);
	names_fini(&databases);
}

static void
check_zones(struct reader *r, const struct tree_node *root)
{
	const struct tree_node *list = tree_find(root, "zones");
	struct config *c = r->config;
	uint8_t lower[DNS_NAME_MAX];
	char text[NAME_TEXT_MAX];
	struct names zones = {0};
	size_t i;

	if (list != NULL && list->kind != TREE_BAD && tree_count(list) == 0)
		reader_error(r, list, "zones: expected at least one zone");
	for (i = 0; i < c->zone_count; i++) {
		const struct config_zone *z = &c->zones[i];

		if (z->domain.len == 0)
			continue;
		name_lower(lower, z->domain.bytes, z->domain.len);
		name_write_plain(lower, text);
		names_add(&zones, text, place(list, i, "domain"));
	}
	names_sort(&zones, r, "zone");
	names_fini(&zones);
}

static void
check_peers(struct reader *r, struct config_peers *peers)
{
	for (size_t i = 0; i < peers->count; i++) {
		struct config_peer *p = &peers->list[i];
		char text[NAME_TEXT_MAX];

		if (p->key_name.len == 0)
			continue;
		p->key = config_find_key(r->config, &p->key_name);
		if (p->key != NULL)
			continue;
		name_write_plain(p->key_name.bytes, text);
		complain(r->complaints, SEVERITY_ERROR, p->where.file, p->where.line,
		    p->where.column, "there is no key \"%s\"", text);
	}
}

static void
check_keys(struct reader *r, const struct tree_node *root)
{
	const struct tree_node *list = tree_find(root, "keys");
	struct config *c = r->config;
	struct names keys = {0};

	for (size_t i = 0; i < c->key_count; i++) {
		char text[NAME_TEXT_MAX];

		if (c->keys[i].tsig.name.len == 0)
			continue;
		name_write_plain(c->keys[i].tsig.name.bytes, text);
		names_add(&keys, text, place(list, i, "name"));
	}
	names_sort(&keys, r, "key");
	names_fini(&keys);
	check_peers(r, &c->server.transfer);
	check_peers(r, &c->server.notify);
	for (size_t i = 0; i < c->zone_count; i++) {
		check_peers(r, &c->zones[i].transfer);
		check_peers(r, &c->zones[i].notify);
	}
}

/* Votes go through Redis, by the login that may write. */
static void
check_quorum(struct reader *r, const struct tree_node *root)
{
	const struct config_store *s = &r->config->store;
	const struct tree_node *health = tree_find(root, "health");

	if (!r->config->health.quorum || (s->kind == STORE_REDIS && s->writer.is_set))
		return;
	reader_error(r, health->keys[tree_find_index(health, "quorum")],
	    "quorum needs \"kind: redis\" and \"writer\" in store");
}

void
rules_check(struct reader *r, const struct tree_node *root)
{
	struct known known = {0};

	collect(r, root, &known);
	check_pools(r, root, &known);
	check_geo(r, root, &known);
	check_zones(r, root);
	check_keys(r, root);
	check_quorum(r, root);
	names_fini(&known.checks);
	names_fini(&known.pools);
	names_fini(&known.regions);
}
