/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "steer/plan_inside.h"
#include "steer/poolid.h"
#include "zone/rdata.h"

enum { TEXT_MAX = 200 }; /* of the RDATA of an RRset, as an example */

/* ---- RRsets of a zone file ---- */

struct difference {
	const struct plan *plan;
	const struct table *other;
	struct plan_kind added, removed, changed;
};

static const char *
find_pool(const struct config *c, uint32_t id)
{
	for (size_t i = 0; i < c->pool_count; i++)
		if (poolid_of_name(c->pools[i].name) == id)
			return c->pools[i].name;
	return NULL;
}

static const char *
pool_name(const struct plan *p, uint32_t id)
{
	const char *name = find_pool(p->next->config, id);

	if (name == NULL)
		name = find_pool(p->old->config, id);
	return name != NULL ? name : "?";
}

/* "300 192.0.2.1, 192.0.2.2" */
static void
write_rrset(const struct plan *p, const struct rrset *s, struct buf *out)
{
	size_t start = out->len;
	struct rdata r;

	if (s->steered) {
		buf_printf(out, "pool %s", pool_name(p, rrset_pool(s)));
		return;
	}
	buf_printf(out, "%" PRIu32, rrset_ttl(s));
	for (size_t pos = 0; rrset_next(s, &pos, &r);) {
		if (out->len - start > TEXT_MAX) {
			buf_str(out, " ...");
			return;
		}
		buf_str(out, pos == 12u + r.len ? " " : ", ");
		rdata_write(rrset_type(s), r.data, r.len, out);
	}
}

static void
write_owner(const struct node *node, const struct rrset *s, struct buf *out)
{
	char name[NAME_TEXT_MAX], type[RDATA_TYPE_TEXT_MAX];

	name_write_plain(node_name(node), name);
	rdata_type_write(rrset_type(s), type);
	buf_printf(out, "%s %s ", name, type);
}

/* RDATA can be as long as a message. */
static void
add(struct plan_kind *k, char sign, struct buf *text)
{
	if (text->len > 3 * TEXT_MAX) {
		char *cut = mem_strn(buf_text(text), 3 * TEXT_MAX);

		buf_clear(text);
		buf_printf(text, "%s ...", cut);
		mem_free(cut);
	}
	plan_kind_add(k, sign, buf_text(text));
	buf_fini(text);
}

static bool
may_show(const struct plan_kind *k)
{
	return k->count < k->plan->most && k->plan->left != 0;
}

static bool
same_rrset(const struct rrset *a, const struct rrset *b)
{
	return rrset_ttl(a) == rrset_ttl(b) && rrset_pool(a) == rrset_pool(b) &&
	       a->count == b->count && a->wire_len == b->wire_len &&
	       memcmp(a->wire, b->wire, a->wire_len) == 0;
}

static void
note_one(const struct difference *d, struct plan_kind *k, char sign,
    const struct node *node, const struct rrset *s)
{
	struct buf text = {0};

	if (!may_show(k)) {
		k->count++;
		return;
	}
	write_owner(node, s, &text);
	write_rrset(d->plan, s, &text);
	add(k, sign, &text);
}

/* In the old table: what goes. */
static int
look_for_removed(const struct node *node, void *ctx)
{
	struct difference *d = ctx;
	const struct node *twin = table_find_twin(d->other, node);

	for (const struct rrset *s = node_first(node); s != NULL; s = node_next(s))
		if (twin == NULL || node_rrset(twin, rrset_type(s)) == NULL)
			note_one(d, &d->removed, '-', node, s);
	return 0;
}

/* In the new one: what comes and what is another one. */
static int
look_for_new(const struct node *node, void *ctx)
{
	struct difference *d = ctx;
	const struct node *twin = table_find_twin(d->other, node);

	for (const struct rrset *s = node_first(node); s != NULL; s = node_next(s)) {
		const struct rrset *was =
		    twin != NULL ? node_rrset(twin, rrset_type(s)) : NULL;
		struct buf text = {0};

		if (was == NULL) {
			note_one(d, &d->added, '+', node, s);
		} else if (!same_rrset(was, s) && !may_show(&d->changed)) {
			d->changed.count++;
		} else if (!same_rrset(was, s)) {
			write_owner(node, s, &text);
			write_rrset(d->plan, was, &text);
			buf_str(&text, " -> ");
			write_rrset(d->plan, s, &text);
			add(&d->changed, '~', &text);
		}
	}
	return 0;
}

static void
compare_tables(struct difference *d, const struct table *was, const struct table *is)
{
	d->other = is;
	table_each(was, look_for_removed, d);
	d->other = was;
	table_each(is, look_for_new, d);
}

/* ---- settings ---- */

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
same_names(const struct config_zone *a, const struct config_zone *b)
{
	bool same = a->ns_count == b->ns_count;

	for (size_t i = 0; same && i < a->ns_count; i++)
		same = name_equal(a->ns[i].bytes, b->ns[i].bytes);
	return same;
}

static bool
same_peers(const struct config_peers *a, const struct config_peers *b)
{
	bool same = a->count == b->count;

	for (size_t i = 0; same && i < a->count; i++) {
		const struct config_peer *x = &a->list[i], *y = &b->list[i];

		same = x->prefix.ip.family == y->prefix.ip.family &&
		       x->prefix.len == y->prefix.len &&
		       ip_equal(&x->prefix.ip, &y->prefix.ip) &&
		       ip_equal(&x->address.ip, &y->address.ip) &&
		       x->address.port == y->address.port &&
		       x->key_name.len == y->key_name.len &&
		       memcmp(x->key_name.bytes, y->key_name.bytes, x->key_name.len) == 0;
	}
	return same;
}

static bool
write_settings(const struct plan *p, const struct config_zone *a,
    const struct config_zone *b, struct buf *out, struct json *j)
{
	const struct config *old = p->old->config, *next = p->next->config;
	const struct plan_setting settings[] = {
	    {"file", same_text(a->file, b->file)},
	    {"store", a->store == b->store},
	    {"ecs", a->ecs == b->ecs},
	    {"ns", same_names(a, b)},
	    {"transfer", same_peers(config_transfer(old, a), config_transfer(next, b))},
	    {"notify", same_peers(config_notify(old, a), config_notify(next, b))},
	    {"transfer_steered", a->transfer_all == b->transfer_all},
	};

	return plan_settings(
	    settings, sizeof(settings) / sizeof(*settings), out, j, "settings");
}

/* ---- zones ---- */

struct zone_at {
	const struct config_zone *zone;
	const struct zone_file *file; /* that is, or would be, served; NULL: none */
	const struct heldfile *held; /* the version that would be held; NULL: none */
};

static int
compare_zones(const void *a, const void *b)
{
	const struct zone_at *x = a, *y = b;

	return name_compare(x->zone->domain.bytes, y->zone->domain.bytes);
}

static struct zone_at *
sort_zones(const struct parts *p)
{
	struct zone_at *list = mem_array(p->config->zone_count, sizeof(*list));

	for (size_t i = 0; i < p->config->zone_count; i++) {
		list[i] = (struct zone_at){
		    .zone = &p->config->zones[i], .file = p->zone_files[i]};
		for (size_t k = 0; k < p->held_count; k++)
			if (name_equal(
			        p->held[k]->apex.bytes, list[i].zone->domain.bytes))
				list[i].held = p->held[k];
	}
	if (p->config->zone_count != 0)
		qsort(list, p->config->zone_count, sizeof(*list), compare_zones);
	return list;
}

/* "example.com: 12 RRsets, records of the store" */
static void
add_whole(struct plan_kind *k, char sign, const struct zone_at *z)
{
	char name[NAME_TEXT_MAX], *text;

	name_write_plain(z->zone->domain.bytes, name);
	if (!plan_kind_count(k))
		return;
	text = z->file != NULL ? mem_printf("%zu RRsets", z->file->table->rrset_count)
	                       : mem_str(z->zone->file != NULL ? "no good file" : "");
	buf_printf(&k->lines, "  %c zone %s: %s%s%s\n", sign, name, text,
	    text[0] != '\0' && z->zone->store ? ", " : "",
	    z->zone->store ? "records of the store" : "");
	json_push_str(k->list, name);
	mem_free(text);
}

static void
write_zone(struct plan *p, struct difference *d, struct json *j, const struct zone_at *is,
    const char *settings)
{
	char name[NAME_TEXT_MAX];

	name_write_plain(is->zone->domain.bytes, name);
	buf_printf(p->text, "  ~ zone %s: %zu RRsets come, %zu go, %zu change%s%s\n",
	    name, d->added.count, d->removed.count, d->changed.count,
	    settings[0] != '\0' ? "; other: " : "", settings);
	if (is->held != NULL)
		buf_printf(p->text, "      WOULD BE HELD: %s\n", is->held->why);
	json_set_str(j, "zone", name);
	json_set_str(j, "held", is->held != NULL ? is->held->why : NULL);
}

/* A zone that stays. What would be held is compared as if it were not. */
static void
compare_zone(struct plan *p, struct plan_kind *zones, const struct zone_at *was,
    const struct zone_at *is)
{
	static const struct table none;
	const struct zone_file *next = is->held != NULL ? is->held->file : is->file;
	struct difference d = {
	    .plan = p,
	    .added = plan_kind_begin(p),
	    .removed = plan_kind_begin(p),
	    .changed = plan_kind_begin(p),
	};
	struct buf settings = {0}, unseen = {0}, *out = p->text;
	struct json *j = json_object();
	bool set = write_settings(p, was->zone, is->zone, &settings, j), shown;

	if (was->file != next)
		compare_tables(&d, was->file != NULL ? was->file->table : &none,
		    next != NULL ? next->table : &none);
	shown = (set || d.added.count + d.removed.count + d.changed.count != 0) &&
	        plan_kind_count(zones);
	p->text = shown ? &zones->lines : &unseen;
	if (shown)
		write_zone(p, &d, j, is, buf_text(&settings));
	plan_kind_end(&d.added, j, "rrsets_added");
	plan_kind_end(&d.removed, j, "rrsets_removed");
	plan_kind_end(&d.changed, j, "rrsets_changed");
	p->text = out;
	if (shown)
		json_push(zones->list, j);
	else
		json_free(j);
	buf_fini(&settings);
	buf_fini(&unseen);
}

bool
plan_zones(struct plan *p)
{
	struct zone_at *was = sort_zones(p->old), *is = sort_zones(p->next);
	size_t old_count = p->old->config->zone_count,
	       next_count = p->next->config->zone_count, i = 0, k = 0;
	struct plan_kind added = plan_kind_begin(p), removed = plan_kind_begin(p),
	                 changed = plan_kind_begin(p);
	struct json *j = json_object();
	bool any;

	while (i < old_count || k < next_count) {
		int order = i == old_count    ? 1
		            : k == next_count ? -1
		                              : compare_zones(&was[i], &is[k]);

		if (order == 0)
			compare_zone(p, &changed, &was[i], &is[k]);
		else if (order < 0)
			add_whole(&removed, '-', &was[i]);
		else
			add_whole(&added, '+', &is[k]);
		i += order <= 0;
		k += order >= 0;
	}
	any = added.count + removed.count + changed.count != 0;
	buf_printf(p->text, "zones      %zu come, %zu go, %zu change\n", added.count,
	    removed.count, changed.count);
	plan_kind_end(&added, j, "added");
	plan_kind_end(&removed, j, "removed");
	plan_kind_end(&changed, j, "changed");
	json_set(p->data, "zones", j);
	mem_free(was);
	mem_free(is);
	return any;
}
