/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/ledger_inside.h"

/* What a row would take away of what its entry serves. */
struct loss {
	struct entry *entry;
	struct census_zone *zone;
	size_t fewer; /* endpoints alone */
	size_t hides; /* names below it; with neither all of it goes */
};

static void
judge_version(struct ledger *l, const struct record *record, struct loss *m, bool *loses)
{
	const struct entry *e = m->entry;
	bool is_served = e != NULL && (e->flags & ENTRY_EMITTED);

	m->hides = ledger_hides(l, e, record);
	if (is_served && ledger_endpoints(record) < e->endpoints)
		m->fewer = e->endpoints - ledger_endpoints(record);
	*loses = m->hides + m->fewer != 0 || (is_served && ledger_gives_nothing(record));
	if (ledger_gives_nothing(record))
		m->fewer = 0; /* all of it */
}

static bool
find_loss(struct ledger *l, const struct disk_row *row, struct loss *out)
{
	struct entry *e = index_find(&l->index, row->key, strlen(row->key));
	struct record *record = NULL;
	struct buf why = {0};
	struct record_key key;
	bool loses = false;

	*out = (struct loss){.entry = e};
	if (e != NULL && (e->flags & ENTRY_GOING))
		return false;
	if (row->fields.count == 0)
		loses = e != NULL && (e->flags & ENTRY_EMITTED);
	else if (ledger_compile(l, row->key, strlen(row->key), &row->fields, &key,
	             &record, &why) == OK &&
	         record != NULL) /* else it is refused anyway */
		judge_version(l, record, out, &loses);
	if (loses && e != NULL)
		out->zone = census_of_entry(&l->census, e);
	else if (loses)
		out->zone = census_of_key(&l->census, &record->key);
	record_free(record);
	buf_fini(&why);
	return out->zone != NULL;
}

/* Counts it as what wants to go, or not any more. */
static void
count_loss(struct ledger *l, const struct loss *m, bool goes)
{
	if (m->hides != 0)
		m->zone->going += goes ? m->hides : -m->hides;
	else if (m->fewer != 0)
		l->census.going_endpoints += goes ? m->fewer : -m->fewer;
	else if (goes)
		census_go(&l->census, m->zone, &l->index, m->entry);
	else
		census_stay(&l->census, m->zone, &l->index, m->entry);
}

static enum err
judge_loss(struct ledger *l, const struct loss *m, struct mono now, struct buf *why)
{
	struct census_zone *z = m->zone;

	if (m->fewer == 0 && z == &l->census.pools) {
		buf_str(why, "a pool would be empty");
		return ERR_DENIED;
	}
	if (z->deleted)
		return OK;
	if (m->fewer == 0)
		(void)census_judge(&l->census, z, now, why);
	if (why->len == 0)
		(void)census_judge_endpoints(&l->census, now, why);
	return why->len == 0 ? OK : ERR_DENIED;
}

enum err
ledger_guard(struct ledger *l, const struct disk_row *rows, size_t count, struct mono now,
    struct buf *why)
{
	struct loss *losses = mem_array(count + 1, sizeof(*losses));
	const struct loss *last = NULL;
	size_t n = 0;
	enum err e = OK;

	for (size_t i = 0; i < count; i++) {
		if (rows[i].fields.count == 0 &&
		    ledger_is_frozen(l, rows[i].key, strlen(rows[i].key))) {
			buf_str(why, "the zone is frozen: its own record says so");
			e = ERR_DENIED;
		}
		if (find_loss(l, &rows[i], &losses[n]))
			count_loss(l, &losses[n++], true);
	}
	for (size_t i = 0; e == OK && i < n; last = &losses[i++])
		if (last == NULL || losses[i].zone != last->zone ||
		    losses[i].fewer != last->fewer)
			e = judge_loss(l, &losses[i], now, why);
	while (n != 0)
		count_loss(l, &losses[--n], false);
	mem_free(losses);
	return e;
}

void
ledger_force(struct ledger *l, const char *key, size_t len, struct mono now)
{
	struct buf why = {0};
	struct record_key parsed;
	struct census_zone *z;

	if (record_key_parse(key, len, &parsed, &why) == OK) {
		z = census_of_key(&l->census, &parsed);
		if (z != NULL)
			census_accept(&l->census, z, now);
	}
	buf_fini(&why);
}

static struct census_zone *
zone_by_text(struct ledger *l, const char *zone)
{
	struct name name, lower;

	if (strcmp(zone, "!pool") == 0)
		return &l->census.pools;
	if (name_parse(zone, strlen(zone), &name_root, &name) != OK)
		return NULL;
	lower.len = name.len;
	name_lower(lower.bytes, name.bytes, name.len);
	return census_find(&l->census, &lower);
}

enum err
ledger_accept(
    struct ledger *l, const char *zone, uint64_t number, struct mono now, bool *more)
{
	struct census_zone *z = zone_by_text(l, zone);

	return z == NULL ? ERR_MISSING
	                 : removals_accept(&l->removals, z, number, now, more);
}

void
ledger_restore(struct ledger *l, const struct mark *m, struct mono now)
{
	struct entry *e = index_find(&l->index, m->key, strlen(m->key));
	struct census_zone *z;

	switch (m->kind) {
	case MARK_HELD:
		if (e != NULL)
			removals_restore(&l->removals, e, m);
		return;
	case MARK_REJECTED:
		if (strlen(m->key) > UINT16_MAX || (e != NULL && entry_reject(e) != NULL))
			return;
		e = index_get(&l->index, m->key, strlen(m->key));
		if (e->flags & ENTRY_REMOVAL)
			return;
		/* no sum: another version of this program may find it good */
		index_reject(&l->index, e, 0, m->note);
		e->reject->since_s = m->since_s;
		return;
	case MARK_MASS:
		z = zone_by_text(l, m->key);
		if (z != NULL)
			removals_restore_mass(&l->removals, z, m);
		return;
	case MARK_SIZE:
		z = zone_by_text(l, m->key);
		if (z != NULL)
			(void)guard_peak_read(
			    &z->peak, m->note, (wall_now_s() - m->since_s) * 1000, now);
		return;
	}
}

/* ---- over a restart ---- */

void
ledger_save_marks(struct ledger *l, struct disk *disk)
{
	for (size_t i = 0; i < l->marks.count; i++) {
		char *name, *value;

		mark_write(&l->marks.list[i], &name, &value);
		disk_meta_put(disk, name, value);
		mem_free(name);
		mem_free(value);
	}
	marks_fini(&l->marks);
}

struct loading {
	struct ledger *ledger;
	enum mark_kind kind;
	struct mono now;
};

static void
load_mark(void *ctx, const char *name, const char *value)
{
	const struct loading *g = ctx;
	struct mark m;

	if (mark_parse(g->kind, name, value, &m) == OK)
		ledger_restore(g->ledger, &m, g->now);
}

void
ledger_load_marks(struct ledger *l, struct disk *disk, struct mono now)
{
	for (unsigned kind = 0; kind < MARK_KINDS; kind++) {
		struct loading g = {l, (enum mark_kind)kind, now};

		if (disk_meta_each(disk, mark_prefix(g.kind), load_mark, &g) != OK)
			log_warning("store does not know what was held before the start");
	}
	removals_tell_restored(&l->removals);
	if (l->removals.held_count != 0)
		log_warning("store removals are held still count=%zu "
		            "hint=\"see sextantctl held\"",
		    l->removals.held_count);
}

/* ---- for people ---- */

void
ledger_each_held(
    const struct ledger *l, void (*fn)(void *ctx, const struct ledger_held *h), void *ctx)
{
	for (size_t i = 0; i <= l->census.count; i++) {
		const struct census_zone *z =
		    i < l->census.count ? l->census.zones[i] : &l->census.pools;
		struct ledger_held h = {.why = z->why};
		char zone[NAME_TEXT_MAX];

		if (z->held == NULL)
			continue;
		census_write_zone(z, zone);
		h.zone = zone;
		h.count = z->held_count;
		for (const struct removal *m = z->held; m != NULL; m = m->next) {
			if (m->number > h.number)
				h.number = m->number;
			if (h.since_s == 0 || m->since_s < h.since_s)
				h.since_s = m->since_s;
			if (h.example_count < LEDGER_EXAMPLES)
				h.examples[h.example_count++] = m->entry->key;
		}
		fn(ctx, &h);
	}
}

void
ledger_each_rejected(const struct ledger *l,
    void (*fn)(void *ctx, const char *key, const struct reject *r, bool kept), void *ctx)
{
	const struct entry *e = NULL;

	for (size_t at = 0; (e = index_next(&l->index, &at, e)) != NULL;)
		if (entry_reject(e) != NULL)
			fn(ctx, e->key, e->reject, e->flags & ENTRY_ACCEPTED);
}
