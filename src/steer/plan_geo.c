/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "geo/moves.h"
#include "steer/plan_inside.h"

static bool
has_region(const struct geo *g, const char *name)
{
	uint16_t unused;

	return geo_region_find(g, name, &unused) == OK;
}

static bool
plan_regions(struct plan *p, struct json *into)
{
	const struct geo *a = p->old->geo, *b = p->next->geo;
	struct plan_kind added = plan_kind_begin(p), removed = plan_kind_begin(p);
	bool any;

	for (uint16_t i = 0; i < geo_region_count(b); i++)
		if (!has_region(a, geo_region(b, i)->name))
			plan_kind_add(&added, '+', geo_region(b, i)->name);
	for (uint16_t i = 0; i < geo_region_count(a); i++)
		if (!has_region(b, geo_region(a, i)->name))
			plan_kind_add(&removed, '-', geo_region(a, i)->name);
	any = added.count + removed.count != 0;
	buf_printf(p->text, "regions    %zu come, %zu go\n", added.count, removed.count);
	plan_kind_end(&added, into, "regions_added");
	plan_kind_end(&removed, into, "regions_removed");
	return any;
}

static const char *
place_text(const char *chain)
{
	return chain[0] != '\0' ? chain : "nowhere";
}

static bool
plan_family(struct plan *p, unsigned family, struct json *into)
{
	struct plan_kind moves = plan_kind_begin(p);
	struct json *j = json_object();
	double country = geo_moved(p->old->geo, p->next->geo, family);
	struct geo_moves all;
	bool any;

	geo_moves_find(p->old->geo, p->next->geo, family, &all);
	buf_printf(p->text,
	    "IPv%u       %.4g %% of the addresses known move to other regions, %.4g %% "
	    "to "
	    "other countries\n",
	    family, all.total * 100, country * 100);
	for (size_t i = 0; i < all.count; i++) {
		const struct geo_move *m = &all.list[i];
		struct json *one;

		if (!plan_kind_count(&moves))
			continue;
		buf_printf(&moves.lines, "    ~ %-10.4g %%  %s -> %s\n", m->share * 100,
		    place_text(m->from), place_text(m->to));
		one = json_object();
		json_set_str(one, "from", m->from[0] != '\0' ? m->from : NULL);
		json_set_str(one, "to", m->to[0] != '\0' ? m->to : NULL);
		json_set_real(one, "percent", m->share * 100);
		json_push(moves.list, one);
	}
	json_set_real(j, "percent", all.total * 100);
	json_set_real(j, "percent_country", country * 100);
	plan_kind_end(&moves, j, "moves");
	json_set(into, family == 4 ? "ipv4" : "ipv6", j);
	any = all.count != 0 || country > 0;
	geo_moves_fini(&all);
	return any;
}

bool
plan_geo(struct plan *p)
{
	struct json *j = json_object();
	bool any = plan_regions(p, j);

	any |= plan_family(p, 4, j);
	any |= plan_family(p, 6, j);
	json_set(p->data, "geo", j);
	return any;
}
