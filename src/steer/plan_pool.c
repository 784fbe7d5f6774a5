/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "steer/plan_inside.h"

/* An endpoint with its group, as people name it: "weu/192.0.2.1". */
struct named {
	char *name;
	const struct config_endpoint *endpoint;
};

struct nameds {
	struct named *list;
	size_t count;
};

static void
add_group(
    struct nameds *n, const char *group, const struct config_endpoint *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char text[NAME_TEXT_MAX > IP_TEXT_MAX ? NAME_TEXT_MAX : IP_TEXT_MAX];

		if (list[i].is_name)
			name_write_plain(list[i].name.bytes, text);
		else
			ip_write(&list[i].ip, text);
		n->list[n->count++] =
		    (struct named){mem_printf("%s/%s", group, text), &list[i]};
	}
}

static int
compare_named(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static struct nameds
name_all(const struct config_pool *p)
{
	struct nameds n = {0};
	size_t count = p->dflt_count + p->rescue_count;

	for (size_t i = 0; i < p->region_count; i++)
		count += p->regions[i].endpoint_count;
	n.list = mem_array(count, sizeof(*n.list));
	for (size_t i = 0; i < p->region_count; i++)
		add_group(&n, p->regions[i].region, p->regions[i].endpoints,
		    p->regions[i].endpoint_count);
	add_group(&n, "default", p->dflt, p->dflt_count);
	add_group(&n, "rescue", p->rescue, p->rescue_count);
	if (n.count != 0)
		qsort(n.list, n.count, sizeof(*n.list), compare_named);
	return n;
}

static void
nameds_fini(struct nameds *n)
{
	for (size_t i = 0; i < n->count; i++)
		mem_free(n->list[i].name);
	mem_free(n->list);
}

static bool
same_probes(const struct config_endpoint *a, const struct config_endpoint *b)
{
	bool same = a->probe_count == b->probe_count;

	for (size_t i = 0; same && i < a->probe_count; i++)
		same = ip_equal(&a->probe[i], &b->probe[i]);
	return same;
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
same_fallback(const struct config_fallback *a, const struct config_fallback *b)
{
	bool same = strcmp(a->region, b->region) == 0 && a->to_count == b->to_count &&
	            (a->shares == NULL) == (b->shares == NULL);

	for (size_t i = 0; same && i < a->to_count; i++)
		same = strcmp(a->to[i], b->to[i]) == 0 &&
		       (a->shares == NULL || a->shares[i] == b->shares[i]);
	return same;
}

static bool
same_fallbacks(const struct config_pool *a, const struct config_pool *b)
{
	bool same = a->fallback_count == b->fallback_count;

	for (size_t i = 0; same && i < a->fallback_count; i++)
		same = same_fallback(&a->fallbacks[i], &b->fallbacks[i]);
	return same;
}

static bool
same_blackhole(const struct config_pool *a, const struct config_pool *b)
{
	bool same = a->blackhole_count == b->blackhole_count;

	for (size_t i = 0; same && i < a->blackhole_count; i++)
		same = strcmp(a->blackhole[i].code, b->blackhole[i].code) == 0;
	return same;
}

static bool
has_region(const struct config_pool *p, const char *name)
{
	for (size_t i = 0; i < p->region_count; i++)
		if (strcmp(p->regions[i].region, name) == 0)
			return true;
	return false;
}

static bool
same_all_down(const struct config_pool *a, const struct config_pool *b)
{
	return a->when_all_down == b->when_all_down &&
	       (a->when_all_down != ALL_DOWN_CNAME ||
	           name_equal(a->all_down_name.bytes, b->all_down_name.bytes));
}

static bool
write_settings(const struct config_pool *a, const struct config_pool *b, struct buf *out,
    struct json *j)
{
	const struct plan_setting settings[] = {
	    {"check", same_text(a->check, b->check)},
	    {"ttl", a->ttl == b->ttl},
	    {"ttl_min", a->ttl_min == b->ttl_min},
	    {"fallback", same_fallbacks(a, b)},
	    {"fallback_only", a->fallback_only == b->fallback_only},
	    {"spread", a->spread_all == b->spread_all},
	    {"lost_family", a->lost_family_nodata == b->lost_family_nodata},
	    {"sticky", a->sticky == b->sticky},
	    {"max_answers", a->max_answers == b->max_answers},
	    {"min_healthy", a->min_healthy == b->min_healthy &&
	                        a->min_healthy_percent == b->min_healthy_percent},
	    {"when_all_down", same_all_down(a, b)},
	    {"blackhole", same_blackhole(a, b)},
	};

	return plan_settings(
	    settings, sizeof(settings) / sizeof(*settings), out, j, "settings");
}

/* What comes, goes and changes in the endpoints of a pool that stays. */
struct difference {
	struct plan_kind added, removed, changed, regions_added, regions_removed;
};

static void
change(struct difference *d, const struct named *was, const struct named *is)
{
	const struct config_endpoint *a = was->endpoint, *b = is->endpoint;
	char *text;

	if (a->weight == b->weight && same_probes(a, b))
		return;
	text = a->weight != b->weight
	           ? mem_printf("%s weight %u -> %u", is->name, a->weight, b->weight)
	           : mem_printf("%s probe", is->name);
	plan_kind_add(&d->changed, '~', text);
	mem_free(text);
}

static void
add(struct plan_kind *k, char sign, const struct named *n)
{
	char *text = n->endpoint->weight == 1
	                 ? mem_str(n->name)
	                 : mem_printf("%s weight %u", n->name, n->endpoint->weight);

	plan_kind_add(k, sign, text);
	mem_free(text);
}

static void
compare_endpoints(
    struct difference *d, const struct config_pool *a, const struct config_pool *b)
{
	struct nameds was = name_all(a), is = name_all(b);
	size_t i = 0, k = 0;

	while (i < was.count || k < is.count) {
		int order = i == was.count  ? 1
		            : k == is.count ? -1
		                            : compare_named(&was.list[i], &is.list[k]);

		if (order == 0)
			change(d, &was.list[i], &is.list[k]);
		else if (order < 0)
			add(&d->removed, '-', &was.list[i]);
		else
			add(&d->added, '+', &is.list[k]);
		i += order <= 0;
		k += order >= 0;
	}
	nameds_fini(&was);
	nameds_fini(&is);
	for (i = 0; i < b->region_count; i++)
		if (!has_region(a, b->regions[i].region))
			plan_kind_add(&d->regions_added, '+', b->regions[i].region);
	for (i = 0; i < a->region_count; i++)
		if (!has_region(b, a->regions[i].region))
			plan_kind_add(&d->regions_removed, '-', a->regions[i].region);
}

/* The lines of kinds go out in this order, behind those of the pool itself. */
static void
end_difference(struct difference *d, struct json *j)
{
	plan_kind_end(&d->regions_added, j, "regions_added");
	plan_kind_end(&d->regions_removed, j, "regions_removed");
	plan_kind_end(&d->added, j, "endpoints_added");
	plan_kind_end(&d->removed, j, "endpoints_removed");
	plan_kind_end(&d->changed, j, "endpoints_changed");
}

static bool
is_empty(const struct difference *d)
{
	return d->added.count + d->removed.count + d->changed.count +
	           d->regions_added.count + d->regions_removed.count ==
	       0;
}

/* A pool that stays; the text goes out at once, behind the line of totals. */
static void
compare_pool(struct plan *p, struct plan_kind *pools, const struct config_pool *a,
    const struct config_pool *b)
{
	struct difference d = {
	    .added = plan_kind_begin(p),
	    .removed = plan_kind_begin(p),
	    .changed = plan_kind_begin(p),
	    .regions_added = plan_kind_begin(p),
	    .regions_removed = plan_kind_begin(p),
	};
	struct buf settings = {0}, unseen = {0}, *out = p->text;
	struct json *j = json_object();
	bool set = write_settings(a, b, &settings, j), shown;

	compare_endpoints(&d, a, b);
	shown = (set || !is_empty(&d)) && plan_kind_count(pools);
	p->text = shown ? &pools->lines : &unseen;
	if (shown) {
		buf_printf(p->text,
		    "  ~ pool %s: %zu endpoints come, %zu go, %zu change%s%s\n", b->name,
		    d.added.count, d.removed.count, d.changed.count,
		    set ? "; other: " : "", buf_text(&settings));
		json_set_str(j, "pool", b->name);
	}
	end_difference(&d, j);
	p->text = out;
	if (shown)
		json_push(pools->list, j);
	else
		json_free(j);
	buf_fini(&settings);
	buf_fini(&unseen);
}

static int
compare_pools(const void *a, const void *b)
{
	const struct config_pool *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static const struct config_pool **
sort_pools(const struct config *c)
{
	const struct config_pool **list =
	    mem_array(c->pool_count + 1, sizeof(const struct config_pool *));

	for (size_t i = 0; i < c->pool_count; i++)
		list[i] = &c->pools[i];
	qsort(list, c->pool_count, sizeof(*list), compare_pools);
	return list;
}

bool
plan_pools(struct plan *p)
{
	const struct config *a = p->old->config, *b = p->next->config;
	const struct config_pool **was = sort_pools(a), **is = sort_pools(b);
	struct plan_kind added = plan_kind_begin(p), removed = plan_kind_begin(p),
	                 changed = plan_kind_begin(p);
	struct json *j = json_object();
	size_t i = 0, k = 0;
	bool any;

	while (i < a->pool_count || k < b->pool_count) {
		int order = i == a->pool_count   ? 1
		            : k == b->pool_count ? -1
		                                 : compare_pools(&was[i], &is[k]);

		if (order == 0)
			compare_pool(p, &changed, was[i], is[k]);
		else if (order < 0)
			plan_kind_add(&removed, '-', was[i]->name);
		else
			plan_kind_add(&added, '+', is[k]->name);
		i += order <= 0;
		k += order >= 0;
	}
	any = added.count + removed.count + changed.count != 0;
	buf_printf(p->text, "pools      %zu come, %zu go, %zu change\n", added.count,
	    removed.count, changed.count);
	plan_kind_end(&added, j, "added");
	plan_kind_end(&removed, j, "removed");
	plan_kind_end(&changed, j, "changed");
	json_set(p->data, "pools", j);
	mem_free(was);
	mem_free(is);
	return any;
}
