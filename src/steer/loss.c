/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/loss.h"

#include <stdlib.h>

#include "base/mem.h"
#include "steer/poolid.h"
#include "store/guard.h"

enum { ZONES_NAMED = 5 };

static int
count_name(const struct node *node, void *ctx)
{
	size_t *count = ctx;

	if (node->rrset_count != 0)
		++*count;
	return 0;
}

static size_t
count_names(const struct table *t)
{
	size_t count = 0;

	table_each(t, count_name, &count);
	return count;
}

bool
loss_of_zone(const struct table *old, const struct table *next, struct buf *why)
{
	struct guard_zone z = {.names = count_names(old)};
	size_t left = count_names(next);
	enum guard_verdict v;

	z.peak = z.names;
	z.going = left < z.names ? z.names - left : 0;
	v = guard_zone(&z);
	if (v != GUARD_PASS)
		buf_printf(why, "%zu of %zu names would be left", left, z.names);
	return v != GUARD_PASS;
}

static int
check_pools(const struct node *node, void *ctx)
{
	const struct config *c = ctx;

	for (unsigned i = 0; i < node->rrset_count; i++) {
		bool found = node->rrsets[i]->pool == 0;

		for (size_t n = 0; !found && n < c->pool_count; n++)
			found = poolid_of_name(c->pools[n].name) == node->rrsets[i]->pool;
		if (!found)
			return 1;
	}
	return 0;
}

bool
loss_of_pool(const struct table *t, const struct config *c)
{
	return table_each(t, check_pools, (void *)(uintptr_t)c) != 0;
}

static size_t
count_endpoints(const struct config *c)
{
	size_t count = 0;

	for (size_t i = 0; i < c->pool_count; i++) {
		const struct config_pool *p = &c->pools[i];

		count += p->dflt_count + p->rescue_count;
		for (size_t n = 0; n < p->region_count; n++)
			count += p->regions[n].endpoint_count;
	}
	return count;
}

static int
compare_zones(const void *a, const void *b)
{
	const struct config_zone *const *za = a, *const *zb = b;

	return name_compare((*za)->domain.bytes, (*zb)->domain.bytes);
}

static const struct config_zone **
sort_zones(const struct config *c)
{
	const struct config_zone **list =
	    mem_array(c->zone_count + 1, sizeof(const struct config_zone *));

	for (size_t i = 0; i < c->zone_count; i++)
		list[i] = &c->zones[i];
	qsort(list, c->zone_count, sizeof(const struct config_zone *), compare_zones);
	return list;
}

/* Says which, the first few by name. */
static size_t
find_zones_that_go(const struct config *old, const struct config *next, struct buf *why)
{
	const struct config_zone **a = sort_zones(old), **b = sort_zones(next);
	size_t gone = 0, at = 0;

	for (size_t i = 0; i < old->zone_count; i++) {
		char name[NAME_TEXT_MAX];

		while (at < next->zone_count && compare_zones(&b[at], &a[i]) < 0)
			at++;
		if (at < next->zone_count && compare_zones(&b[at], &a[i]) == 0)
			continue;
		name_write_plain(a[i]->domain.bytes, name);
		if (gone++ < ZONES_NAMED)
			buf_printf(
			    why, "%s%s", gone == 1 ? "zones would go: " : " ", name);
	}
	if (gone > ZONES_NAMED)
		buf_printf(why, " and %zu more", gone - ZONES_NAMED);
	mem_free(a);
	mem_free(b);
	return gone;
}

bool
loss_of_config(const struct config *old, const struct config *next, struct buf *why)
{
	size_t had = count_endpoints(old), left = count_endpoints(next);
	size_t gone = find_zones_that_go(old, next, why);

	if (guard_endpoints(had, left < had ? had - left : 0, had) != GUARD_PASS) {
		buf_printf(why, "%s%zu of %zu endpoints of all pools would be left",
		    gone != 0 ? "; " : "", left, had);
		gone++;
	}
	return gone != 0;
}
