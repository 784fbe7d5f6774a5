/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "config/parts.h"
#include "config/reader.h"
#include "config/value.h"

void
region_read_match(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	struct config_region *region = base;
	size_t count = reader_list_count(r, value, key->name), i;
	struct buf why = {0};
	const char *text;

	region->matches = mem_array(count, sizeof(region->matches[0]));
	region->match_count = count;
	for (i = 0; i < count; i++) {
		const struct tree_node *n = tree_at(value, i);

		text = reader_text(r, n, key->name);
		buf_clear(&why);
		if (text != NULL && value_match(text, &region->matches[i], &why) != OK)
			reader_value_error(r, n, key->name, buf_text(&why));
	}
	buf_fini(&why);
}

void
region_read_centroid(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	struct config_region *region = base;
	double degrees[2];
	struct buf why = {0};
	const char *text;
	unsigned i, good = 0;

	if (value->kind == TREE_BAD)
		return;
	if (value->kind != TREE_LIST || value->count != 2) {
		reader_error(r, value, "%s: expected [latitude, longitude]", key->name);
		return;
	}
	for (i = 0; i < 2; i++) {
		double limit = i == 0 ? 90 : 180;

		text = reader_text(r, value->values[i], key->name);
		buf_clear(&why);
		if (text == NULL)
			continue;
		if (value_real(text, -limit, limit, &degrees[i], &why) == OK)
			good++;
		else
			reader_value_error(r, value->values[i],
			    i == 0 ? "latitude" : "longitude", buf_text(&why));
	}
	buf_fini(&why);
	if (good != 2)
		return;
	region->has_centroid = true;
	region->lat = degrees[0];
	region->lon = degrees[1];
}

void
region_read_prefix(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	struct config_geo_prefix *p = base;
	const char *text = reader_text(r, value, key->name);
	struct buf why = {0};

	if (text != NULL && value_prefix(text, &p->prefix, &why) != OK)
		reader_value_error(r, value, key->name, buf_text(&why));
	buf_fini(&why);
}

/* A built-in region keeps its place on the globe; only countries move in or out. */
static void
check_builtin(
    struct reader *r, const struct tree_node *map, const struct config_region *g)
{
	const struct tree_node *match = tree_find(map, "match");
	size_t i;

	if (g->has_centroid)
		reader_error(r, tree_find(map, "centroid"),
		    "region \"%s\" is built in and keeps its centroid; only countries "
		    "can be "
		    "moved to it",
		    g->name);
	for (i = 0; i < g->match_count; i++) {
		if (g->matches[i].kind != MATCH_COUNTRY)
			reader_error(r, tree_at(match, i),
			    "region \"%s\" is built in; only countries can be moved to "
			    "it",
			    g->name);
	}
}

void
region_finish(struct reader *r, const struct tree_node *map, void *base)
{
	const struct config_region *g = base;

	if (g->name == NULL)
		return;
	/* Names of endpoints are POOL/REGION/ADDRESS, and these two stand there as well.
	 */
	if (strcmp(g->name, "default") == 0 || strcmp(g->name, "rescue") == 0)
		reader_error(r, tree_find(map, "name"),
		    "name \"%s\": expected another one; pools use this word themselves",
		    g->name);
	if (config_is_builtin_region(g->name))
		check_builtin(r, map, g);
}
