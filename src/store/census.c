/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/census.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/log.h"
#include "base/mem.h"

/* A zone with fewer RRsets may change as a whole. */
enum { WINDOW_LEAST = 10 };

/* ---- zones ---- */

static int
compare_zones(const void *a, const void *b)
{
	const struct census_zone *const *za = a, *const *zb = b;

	return name_compare((*za)->cfg->domain.bytes, (*zb)->cfg->domain.bytes);
}

struct census_zone *
census_find(const struct census *c, const struct name *zone)
{
	size_t low = 0, high = c->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int d = name_compare(c->zones[mid]->cfg->domain.bytes, zone->bytes);

		if (d == 0)
			return c->zones[mid];
		if (d < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

struct census_zone *
census_of_key(const struct census *c, const struct record_key *key)
{
	/* the pools are no part of the constness: they are found like the zones */
	return key->kind == RECORD_POOL ? (struct census_zone *)(uintptr_t)&c->pools
	                                : census_find(c, &key->zone);
}

struct census_zone *
census_of_entry(const struct census *c, const struct entry *e)
{
	struct buf why = {0};
	struct census_zone *z = NULL;
	struct record_key key;

	if (record_key_parse(e->key, e->key_len, &key, &why) == OK)
		z = census_of_key(c, &key);
	buf_fini(&why);
	return z;
}

static size_t
count_endpoints(const struct config *cfg)
{
	size_t count = 0;

	for (size_t i = 0; i < cfg->pool_count; i++) {
		const struct config_pool *p = &cfg->pools[i];

		count += p->dflt_count + p->rescue_count;
		for (size_t n = 0; n < p->region_count; n++)
			count += p->regions[n].endpoint_count;
	}
	return count;
}

void
census_begin(struct census *c, const struct config *cfg)
{
	for (size_t i = 0; i < c->count; i++)
		c->zones[i]->leaves = true;
	c->next = mem_array(cfg->zone_count + 1, sizeof(struct census_zone *));
	c->next_count = 0;
	for (size_t i = 0; i < cfg->zone_count; i++) {
		struct census_zone *z;

		if (!cfg->zones[i].store)
			continue;
		z = census_find(c, &cfg->zones[i].domain);
		if (z == NULL) {
			z = mem_new(sizeof(*z));
			z->ttl = CENSUS_TTL_DEFAULT;
		}
		z->leaves = false;
		/* not yet its cfg: by the old one it is found until the end */
		if (z->cfg == NULL)
			z->cfg = &cfg->zones[i];
		c->next[c->next_count++] = z;
	}
}

void
census_finish(struct census *c, const struct config *cfg)
{
	for (size_t i = 0; i < c->count; i++) {
		if (!c->zones[i]->leaves)
			continue;
		c->frozen_count -= c->zones[i]->frozen;
		mem_free(c->zones[i]);
	}
	mem_free(c->zones);
	c->zones = c->next;
	c->count = c->next_count;
	c->next = NULL;
	for (size_t i = 0, n = 0; i < cfg->zone_count; i++)
		if (cfg->zones[i].store)
			c->zones[n++]->cfg = &cfg->zones[i];
	qsort(c->zones, c->count, sizeof(struct census_zone *), compare_zones);
	c->config_endpoints = count_endpoints(cfg);
	/* the configuration's own loss is the reload's to judge */
	c->peak = (struct guard_peak){0};
}

void
census_init(struct census *c, const struct config *cfg)
{
	*c = (struct census){0};
	census_begin(c, cfg);
	census_finish(c, cfg);
}

void
census_fini(struct census *c)
{
	for (size_t i = 0; i < c->count; i++)
		mem_free(c->zones[i]);
	mem_free(c->zones);
	*c = (struct census){0};
}

void
census_write_zone(const struct census_zone *z, char out[NAME_TEXT_MAX])
{
	if (z->cfg == NULL)
		snprintf(out, NAME_TEXT_MAX, "!pool");
	else
		name_write_plain(z->cfg->domain.bytes, out);
}

/* ---- counts ---- */

/* The part of a key behind the zone: ":www:A"; "" for a zone's own. */
static const char *
behind_zone(const struct entry *e)
{
	const char *brace = strchr(e->key, '}');

	return brace == NULL ? "" : brace + 1;
}

static bool
is_acme(const struct entry *e)
{
	static const char label[] = ":_acme-challenge", type[] = ":TXT";
	const char *rest = behind_zone(e);
	size_t len = strlen(rest), label_len = sizeof(label) - 1;

	return strncmp(rest, label, label_len) == 0 &&
	       (rest[label_len] == '.' || rest[label_len] == ':') &&
	       len > sizeof(type) - 1 &&
	       strcmp(rest + len - (sizeof(type) - 1), type) == 0;
}

static bool
is_at_apex(const struct census_zone *z, const struct entry *e)
{
	return z->cfg != NULL && strncmp(behind_zone(e), ":@:", 3) == 0;
}

/* A zone's own record, without which the zone has no name servers. */
static bool
is_ground(const struct census_zone *z, const struct entry *e)
{
	return z->needs_record && *behind_zone(e) == '\0';
}

/* Is another RRset of its owner counted; with `staying`, only of those that stay? */
static bool
has_other(const struct index *x, const struct entry *e, bool staying)
{
	const struct entry *s = index_sibling(x, e, true);

	for (; s != NULL; s = index_sibling(x, s, false))
		if (s != e && (s->flags & ENTRY_COUNTED) &&
		    !(staying && (s->flags & ENTRY_GOING)))
			return true;
	return false;
}

/* The name of this entry is one more that goes, or one less. */
static void
add_going(struct census_zone *z, const struct entry *e, bool goes)
{
	z->going += goes ? 1 : (size_t)-1;
	if (is_at_apex(z, e))
		z->apex_goes = goes;
}

void
census_serve(struct census *c, struct census_zone *z, const struct index *x,
    struct entry *e, size_t endpoints)
{
	if (endpoints > UINT16_MAX)
		endpoints = UINT16_MAX;
	c->endpoints += endpoints - e->endpoints;
	e->endpoints = (uint16_t)endpoints;
	if ((e->flags & ENTRY_COUNTED) || *behind_zone(e) == '\0' || is_acme(e))
		return;
	z->rrsets++;
	if (!has_other(x, e, false))
		z->names++;
	else if (!has_other(x, e, true))
		add_going(z, e, false); /* all its others want to go: the name stays */
	e->flags |= ENTRY_COUNTED;
}

void
census_unserve(
    struct census *c, struct census_zone *z, const struct index *x, struct entry *e)
{
	census_stay(c, z, x, e);
	c->endpoints -= e->endpoints;
	e->endpoints = 0;
	if (!(e->flags & ENTRY_COUNTED))
		return;
	e->flags &= (uint8_t)~ENTRY_COUNTED;
	z->rrsets--;
	if (!has_other(x, e, false))
		z->names--;
	else if (!has_other(x, e, true))
		add_going(z, e, true);
}

void
census_go(struct census *c, struct census_zone *z, const struct index *x, struct entry *e)
{
	if (e->flags & ENTRY_GOING)
		return;
	e->flags |= ENTRY_GOING;
	c->going_endpoints += e->endpoints;
	if (is_ground(z, e))
		z->apex_goes = true;
	if ((e->flags & ENTRY_COUNTED) && !has_other(x, e, true))
		add_going(z, e, true);
}

void
census_stay(
    struct census *c, struct census_zone *z, const struct index *x, struct entry *e)
{
	if (!(e->flags & ENTRY_GOING))
		return;
	e->flags &= (uint8_t)~ENTRY_GOING;
	c->going_endpoints -= e->endpoints;
	if (is_ground(z, e))
		z->apex_goes = false;
	if ((e->flags & ENTRY_COUNTED) && !has_other(x, e, true))
		add_going(z, e, false);
}

/* ---- verdicts ---- */

static size_t
all_endpoints(const struct census *c)
{
	return c->config_endpoints + c->endpoints;
}

void
census_note(struct census *c, struct census_zone *z, struct mono now)
{
	size_t was = guard_peak_get(&z->peak, now);

	guard_peak_note(&z->peak, z->names, now);
	if (guard_peak_get(&z->peak, now) != was)
		z->peak_changed = c->peaks_changed = true;
	guard_peak_note(&c->peak, all_endpoints(c), now);
}

enum guard_verdict
census_judge(struct census *c, struct census_zone *z, struct mono now, struct buf *why)
{
	struct guard_zone g = {
	    .names = z->names,
	    .going = z->going,
	    .apex_goes = z->apex_goes,
	    .has_file = z->cfg != NULL && z->cfg->file != NULL,
	};
	enum guard_verdict v;

	census_note(c, z, now);
	if (z->cfg == NULL || z->deleted)
		return GUARD_PASS;
	if (g.going > g.names)
		g.going = g.names;
	g.peak = guard_peak_get(&z->peak, now);
	v = guard_zone(&g);
	guard_write(v, g.names, g.going, g.peak, why);
	return v;
}

enum guard_verdict
census_judge_endpoints(struct census *c, struct mono now, struct buf *why)
{
	size_t all = all_endpoints(c), peak;
	enum guard_verdict v;

	guard_peak_note(&c->peak, all, now);
	peak = guard_peak_get(&c->peak, now);
	v = guard_endpoints(all, c->going_endpoints, peak);
	guard_write(v, all, c->going_endpoints, peak, why);
	return v;
}

void
census_accept(struct census *c, struct census_zone *z, struct mono now)
{
	guard_peak_reset(&z->peak, z->names, now);
	z->peak_changed = c->peaks_changed = true;
	guard_peak_reset(&c->peak, all_endpoints(c), now);
}

static const char *
subject_of(const char *zone, char out[EVENT_SUBJECT_MAX])
{
	snprintf(out, EVENT_SUBJECT_MAX, "changes of %.300s", zone);
	return out;
}

void
census_changed(struct census_zone *z, struct entry *e, struct mono now)
{
	char zone[NAME_TEXT_MAX], subject[EVENT_SUBJECT_MAX];

	if (z->cfg == NULL || !(e->flags & ENTRY_COUNTED))
		return;
	guard_window_open(&z->window, z->rrsets, now);
	if (e->window == z->window.number)
		return;
	e->window = z->window.number;
	if (!guard_window_note(&z->window) || z->window.size < WINDOW_LEAST)
		return;
	census_write_zone(z, zone);
	log_warning("store changes fast zone=%s changed=%zu rrsets=%zu within_s=%d", zone,
	    z->window.changed, z->window.size, GUARD_WINDOW_MS / 1000);
	event_bad(EVENT_STORE, EVENT_WARNING, subject_of(zone, subject),
	    "%zu of %zu records changed within %d s", z->window.changed, z->window.size,
	    GUARD_WINDOW_MS / 1000);
	z->is_fast = true;
}

void
census_calm(struct census *c, struct mono now)
{
	char zone[NAME_TEXT_MAX], subject[EVENT_SUBJECT_MAX];

	for (size_t i = 0; i < c->count; i++) {
		struct census_zone *z = c->zones[i];

		if (!z->is_fast || !guard_window_is_calm(&z->window, now))
			continue;
		z->is_fast = false;
		census_write_zone(z, zone);
		event_good(EVENT_STORE, subject_of(zone, subject),
		    "it does not change fast any more");
	}
}
