/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/outage.h"

#include <stdio.h>
#include <string.h>

#include "base/event.h"
#include "base/mem.h"
#include "steer/standing.h"

/* Of endpoints: is there any that one could miss, and is none of them healthy? */
struct tally {
	size_t count, measured, healthy;
};

static void
add(struct tally *t, const struct endpoint *e)
{
	t->count++;
	t->measured += e->override == OVERRIDE_AUTO;
	t->healthy += standing_is_healthy((enum standing)e->standing);
}

static bool
is_dark(const struct tally *t)
{
	return t->healthy == 0 && t->measured != 0;
}

static struct tally
tally_of_region(const struct pool *p, size_t region)
{
	const struct pool_region *r = &p->regions[region];
	struct tally t = {0};

	for (unsigned i = 0; i < r->count; i++)
		add(&t, &p->endpoints[r->first + i]);
	return t;
}

static void
name_region(const struct pool *p, size_t region, char out[EVENT_SUBJECT_MAX])
{
	snprintf(out, EVENT_SUBJECT_MAX, "%s/%s", p->name, p->regions[region].name);
}

static void
look_region(struct outage *o, const struct pool *p, size_t region)
{
	struct tally t = tally_of_region(p, region);
	bool was = o->dark != NULL && o->dark[region], is = is_dark(&t);
	char subject[EVENT_SUBJECT_MAX];

	if (was == is)
		return;
	if (o->dark == NULL)
		o->dark = mem_array(p->region_count, 1);
	o->dark[region] = is;
	name_region(p, region, subject);
	if (is)
		event_bad(EVENT_REGION, EVENT_WARNING, subject,
		    "none of its %zu endpoints is healthy", t.count);
	else
		event_good(EVENT_REGION, subject, "%zu of its %zu endpoints %s healthy",
		    t.healthy, t.count, t.healthy == 1 ? "is" : "are");
}

static const char *
served_instead(const struct pool *p, bool has_rescue)
{
	if (has_rescue)
		return "rescue";
	switch (p->spec->when_all_down) {
	case ALL_DOWN_CNAME:
		return "the CNAME of when_all_down";
	case ALL_DOWN_EMPTY:
		return "nothing";
	default:
		return "all of them";
	}
}

static void
look_pool(struct outage *o, const struct pool *p)
{
	struct tally t = {0};
	bool has_rescue = false;

	for (size_t i = 0; i < p->endpoint_count; i++) {
		if (p->endpoints[i].group == GROUP_RESCUE)
			has_rescue = true;
		else
			add(&t, &p->endpoints[i]);
	}
	if (is_dark(&t) == o->is_dark)
		return;
	o->is_dark = !o->is_dark;
	if (o->is_dark)
		event_bad(EVENT_POOL, EVENT_CRITICAL, p->name,
		    "none of its %zu endpoints is healthy; served: %s", t.count,
		    served_instead(p, has_rescue));
	else
		event_good(EVENT_POOL, p->name, "%zu of its %zu endpoints %s healthy",
		    t.healthy, t.count, t.healthy == 1 ? "is" : "are");
}

void
outage_look(struct outage *o, const struct pool *p)
{
	bool any = false;

	look_pool(o, p);
	for (size_t r = 0; r < p->region_count; r++) {
		look_region(o, p, r);
		any = any || (o->dark != NULL && o->dark[r]);
	}
	if (any)
		return;
	mem_free(o->dark);
	o->dark = NULL;
}

static bool
is_dark_there(const struct outage *o, const struct pool *p, const char *region)
{
	for (size_t r = 0; o != NULL && o->dark != NULL && r < p->region_count; r++)
		if (o->dark[r] && strcmp(p->regions[r].name, region) == 0)
			return true;
	return false;
}

void
outage_end(struct outage *o, const struct pool *p, const struct outage *next_outage,
    const struct pool *next)
{
	const char *why = next != NULL ? "it is another now" : "it is no longer there";

	if (o->is_dark && (next_outage == NULL || !next_outage->is_dark))
		event_good(EVENT_POOL, p->name, "%s", why);
	for (size_t r = 0; o->dark != NULL && r < p->region_count; r++) {
		char subject[EVENT_SUBJECT_MAX];

		if (!o->dark[r] || is_dark_there(next_outage, next, p->regions[r].name))
			continue;
		name_region(p, r, subject);
		event_good(EVENT_REGION, subject, "%s", why);
	}
	outage_fini(o);
}

void
outage_fini(struct outage *o)
{
	mem_free(o->dark);
	o->dark = NULL;
}
