/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/ledger_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

/* Each is a walk through its zone, 50 ms of a million names: no more at once. */
enum { CUTS_COUNTED = 20 };
enum { REJECTS_LOGGED = 100, OTHERS_LOGGED = 100 };

void
ledger_fini(struct ledger *l)
{
	for (size_t i = 0; i < l->change_count; i++)
		record_free(l->changes[i].record);
	for (size_t i = 0; i < l->row_count; i++) {
		mem_free(l->rows[i].key);
		fields_fini(&l->rows[i].fields);
	}
	for (size_t i = 0; i < l->other_count; i++)
		mem_free(l->others[i]);
	mem_free(l->changes);
	mem_free(l->rows);
	mem_free(l->others);
	removals_fini(&l->removals);
	census_fini(&l->census);
	marks_fini(&l->marks);
	pending_fini(&l->pending);
	index_fini(&l->index);
	memset(l, 0, sizeof(*l));
}

/* Said once for each such zone: a configuration may be about to name it. */
static void
log_other(struct ledger *l, const struct name *zone)
{
	char text[NAME_TEXT_MAX];

	name_write_plain(zone->bytes, text);
	for (size_t i = 0; i < l->other_count; i++)
		if (strcmp(l->others[i], text) == 0)
			return;
	if (l->other_count == OTHERS_LOGGED)
		return;
	l->others =
	    mem_grow(l->others, l->other_count, &l->other_cap, sizeof(*l->others));
	l->others[l->other_count++] = mem_str(text);
	log_info(
	    "store holds records of a zone that is not served from it zone=%s", text);
}

static void
add_change(struct ledger *l, const struct record_key *key, struct record *record)
{
	l->changes =
	    mem_grow(l->changes, l->change_count, &l->change_cap, sizeof(*l->changes));
	l->changes[l->change_count].key = *key;
	l->changes[l->change_count++].record = record;
}

/* Takes the fields; NULL: the row is to be deleted. */
static void
add_row(struct ledger *l, const struct entry *e, struct fields *fields)
{
	struct disk_row *row;

	l->rows = mem_grow(l->rows, l->row_count, &l->row_cap, sizeof(*l->rows));
	row = &l->rows[l->row_count++];
	memset(row, 0, sizeof(*row));
	row->key = mem_strn(e->key, e->key_len);
	if (fields == NULL)
		return;
	row->fields = *fields;
	memset(fields, 0, sizeof(*fields));
}

void
ledger_take_back(struct ledger *l, struct entry *e)
{
	struct buf why = {0};
	struct record_key key;

	/* it was accepted, so it parses */
	if ((e->flags & ENTRY_EMITTED) &&
	    record_key_parse(e->key, e->key_len, &key, &why) == OK)
		add_change(l, &key, NULL);
	e->flags &= (uint8_t)~ENTRY_EMITTED;
	buf_fini(&why);
}

static void
set_zone_ttl(struct ledger *l, struct census_zone *z, uint32_t ttl)
{
	if (z == NULL || z->ttl == ttl)
		return;
	z->ttl = ttl;
	l->ttl_changed = true;
}

static void
clear_reject(struct ledger *l, struct entry *e)
{
	if (entry_reject(e) == NULL)
		return;
	index_reject(&l->index, e, 0, NULL);
	(void)marks_add(&l->marks, MARK_REJECTED, e->key, NULL);
}

/* For good: from what is visible, from the index and, unless it is gone from there
 * already, from disk. */
static void
take_out(struct ledger *l, struct entry *e, bool stored)
{
	struct census_zone *z = NULL;
	struct buf why = {0};
	struct record_key key;

	removals_cancel(&l->removals, e);
	if (e->reject != NULL)
		pending_remove(&l->pending, e->key, e->key_len);
	if (record_key_parse(e->key, e->key_len, &key, &why) == OK)
		z = census_of_key(&l->census, &key);
	if (z != NULL && key.kind == RECORD_ZONE) {
		set_zone_ttl(l, z, CENSUS_TTL_DEFAULT);
		z->deleted = z->needs_record = false;
		ledger_freeze(l, z, false);
	}
	if (z != NULL) {
		z->waiting -= (e->flags & ENTRY_WAITS) != 0;
		census_changed(z, e, l->now);
		census_unserve(&l->census, z, &l->index, e);
	}
	buf_fini(&why);
	ledger_take_back(l, e);
	if (!stored && (e->flags & ENTRY_ACCEPTED))
		add_row(l, e, NULL);
	if (e->flags & ENTRY_ACCEPTED)
		l->accepted--;
	clear_reject(l, e);
	index_remove(&l->index, e);
}

static void
reject(struct ledger *l, struct entry *e, uint64_t sum, const char *why)
{
	struct reject *was = entry_reject(e);
	int64_t since = was != NULL ? was->since_s : wall_now_s();

	if (e->flags & ENTRY_REMOVAL)
		return; /* what is served is older still, and stays until it may go */
	if (was == NULL || strcmp(was->why, why) != 0)
		marks_add(&l->marks, MARK_REJECTED, e->key, why)->since_s = since;
	index_reject(&l->index, e, sum, why);
	e->reject->since_s = since;
	if (l->reject_logged == REJECTS_LOGGED)
		log_notice("store more rejected records are not logged");
	else if (l->reject_logged < REJECTS_LOGGED)
		log_notice("store record is rejected key=\"%s\" reason=\"%s\" kept=%s",
		    e->key, why, e->flags & ENTRY_ACCEPTED ? "last-good" : "none");
	l->reject_logged++;
}

static void
accept(struct ledger *l, struct entry *e, uint64_t sum, const struct record_key *key,
    struct record *record)
{
	/* not when it is read again under another configuration, or in doubt of the disk
	 */
	bool is_other = e->sum != sum && e->sum != 0;
	struct census_zone *z;

	if (!(e->flags & ENTRY_ACCEPTED)) {
		l->accepted++;
		l->pools_came |= key->kind == RECORD_POOL;
	}
	e->flags = (uint8_t)((e->flags & ~ENTRY_STEERED) | ENTRY_ACCEPTED);
	e->sum = sum;
	clear_reject(l, e);
	if (record == NULL) {
		log_other(l, &key->zone);
		return;
	}
	if (record->pool != NULL || record->pool_name != NULL)
		e->flags |= ENTRY_STEERED;
	if (key->kind == RECORD_POOL)
		l->pools_changed = true;
	z = census_of_key(&l->census, key);
	if (record->zone != NULL) {
		set_zone_ttl(l, z, record->zone->ttl);
		z->deleted = record->zone->state == ZONE_DELETED;
		if (z->deleted)
			removals_reconsider(&l->removals, z);
		ledger_freeze(l, z, record->zone->state == ZONE_FROZEN);
		z->needs_record = record->zone->ns_count != 0 && z->cfg->file == NULL &&
		                  z->cfg->ns_count == 0;
	}
	if (is_other)
		census_changed(z, e, l->now);
	if (ledger_gives_nothing(record))
		census_unserve(&l->census, z, &l->index, e);
	else
		census_serve(&l->census, z, &l->index, e, ledger_endpoints(record));
	e->flags |= ENTRY_EMITTED;
	add_change(l, key, record);
}

/* The version that is there already, accepted or rejected. */
static bool
is_known(struct ledger *l, struct entry *e, uint64_t sum)
{
	const struct reject *r = entry_reject(e);

	if (r != NULL && r->sum == sum)
		return true;
	if (!(e->flags & ENTRY_ACCEPTED) || e->sum != sum)
		return false;
	clear_reject(l, e);
	return true;
}

/* How many endpoints of what is served this version does not have. */
static uint16_t
count_fewer(const struct entry *e, const struct record *record)
{
	size_t left = ledger_endpoints(record);

	return left < e->endpoints ? (uint16_t)(e->endpoints - left) : 0;
}

uint32_t
ledger_hides(struct ledger *l, const struct entry *e, const struct record *record)
{
	const struct census_zone *z;
	size_t count;

	if (l->count_below == NULL || record->rrset == NULL ||
	    (record->key.type != TYPE_NS && record->key.type != TYPE_DNAME) ||
	    (e != NULL && (e->flags & ENTRY_EMITTED)))
		return 0;
	z = census_of_key(&l->census, &record->key);
	if (z == NULL || (l->reading && z->fills))
		return 0; /* in what order a zone is filled is nobody's fault */
	if (l->cuts_counted++ >= CUTS_COUNTED)
		return 0;
	count = l->count_below(l->below_ctx, &record->key.zone, &record->key.owner);
	return count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
}

/* A version that takes away what is served, or some of its endpoints: the guard's to
 * decide. The fields are taken. */
static bool
put_off(struct ledger *l, struct entry *e, uint64_t sum, struct fields *fields,
    const struct record *record)
{
	struct removal *m;
	uint16_t fewer = 0;
	uint32_t hides = 0;

	if (record == NULL)
		return false;
	if (!ledger_gives_nothing(record)) {
		fewer = count_fewer(e, record);
		hides = ledger_hides(l, e, record);
		if (fewer == 0 && hides == 0)
			return false;
	} else if (!(e->flags & ENTRY_COUNTED) && e->endpoints == 0) {
		return false;
	}
	clear_reject(l, e);
	m = removals_add(
	    &l->removals, e, sum, fields, l->reading ? REMOVAL_SWEPT : REMOVAL_READY);
	m->fewer = fewer;
	m->hides = hides;
	return true;
}

/* Held since before a restart, and read for the first time since. */
static void
know_held(struct ledger *l, struct entry *e, struct fields *fields)
{
	struct record *record = NULL;
	struct buf why = {0};
	struct record_key key;

	if (ledger_compile(l, e->key, e->key_len, fields, &key, &record, &why) == OK &&
	    record != NULL)
		removals_know(&l->removals, e, fields,
		    ledger_gives_nothing(record) ? 0 : count_fewer(e, record));
	record_free(record);
	buf_fini(&why);
}

bool
ledger_judge(struct ledger *l, struct entry *e, uint64_t sum, struct fields *fields,
    enum ledger_mode mode)
{
	struct record *record = NULL;
	struct buf why = {0};
	struct record_key key;
	enum err was;

	was = ledger_compile(l, e->key, e->key_len, fields, &key, &record, &why);
	/* without room its version is not known: the next full read tries it again */
	if (was == ERR_MISSING && !pending_put(&l->pending, e->key, e->key_len, fields))
		sum = 0;
	if (was == OK && mode == LEDGER_NEW && put_off(l, e, sum, fields, record)) {
		record_free(record);
		was = ERR_BUSY;
	} else if (was == OK) {
		accept(l, e, sum, &key, record);
	} else {
		reject(l, e, sum, buf_text(&why));
	}
	buf_fini(&why);
	return was == OK;
}

static void
carry_out(void *ctx, struct entry *e, uint64_t sum, struct fields *fields)
{
	struct ledger *l = ctx;

	if (sum == 0)
		take_out(l, e, false);
	else if (ledger_judge(l, e, sum, fields, LEDGER_SETTLED))
		add_row(l, e, fields);
}

void
ledger_init(struct ledger *l, const struct config *cfg)
{
	memset(l, 0, sizeof(*l));
	l->cfg = cfg;
	census_init(&l->census, cfg);
	l->removals = (struct removals){
	    .census = &l->census,
	    .index = &l->index,
	    .marks = &l->marks,
	    .go = carry_out,
	    .ctx = l,
	};
}
void
ledger_put(
    struct ledger *l, const char *key, size_t len, struct fields *fields, bool stored)
{
	uint64_t sum = fields_keep_sum(key, len, fields);
	struct entry *e;

	if (len > UINT16_MAX) {
		log_notice("store record is rejected reason=\"its key is too long\"");
		return;
	}
	e = index_get(&l->index, key, len);
	if (removals_is_held(e, sum)) {
		if (removals_is_unknown(e))
			know_held(l, e, fields);
		return;
	}
	if (!stored && ledger_waits(l, e, sum))
		return;
	removals_cancel(&l->removals, e);
	if (e->reject != NULL && l->pending.count != 0 && e->reject->sum != sum)
		pending_remove(&l->pending, key, len);
	if (is_known(l, e, sum))
		return;
	if (ledger_judge(l, e, sum, fields, stored ? LEDGER_SETTLED : LEDGER_NEW) &&
	    !stored)
		add_row(l, e, fields);
}

void
ledger_put_bad(struct ledger *l, const char *key, size_t len, const char *why)
{
	struct entry *e;

	if (len > UINT16_MAX)
		return;
	e = index_get(&l->index, key, len);
	removals_cancel(&l->removals, e);
	if (e->reject == NULL || strcmp(e->reject->why, why) != 0)
		reject(l, e, 0, why);
}

void
ledger_drop(struct ledger *l, const char *key, size_t len, bool live)
{
	enum removal_state state = live ? REMOVAL_WAITING : REMOVAL_READY;
	struct entry *e = index_find(&l->index, key, len);

	if (e == NULL || ledger_waits(l, e, 0))
		return;
	if (!(e->flags & ENTRY_ACCEPTED)) {
		take_out(l, e, false);
		return;
	}
	if ((e->flags & ENTRY_REMOVAL) && e->removal->sum == 0)
		return;
	removals_cancel(&l->removals, e);
	clear_reject(l, e);
	pending_remove(&l->pending, key, len);
	if (l->reading || (l->sweeping && e->generation != l->index.generation))
		state = REMOVAL_SWEPT;
	removals_add(&l->removals, e, 0, NULL, state);
}

void
ledger_delete(struct ledger *l, const char *key, size_t len)
{
	struct entry *e = index_find(&l->index, key, len);

	if (e != NULL)
		take_out(l, e, true);
}

int64_t
ledger_leave(struct ledger *l, struct mono now)
{
	l->now = now;
	return removals_run(&l->removals, now);
}

/* Those that named a pool which was not there, now that others are. */
static void
retry_pending(struct ledger *l)
{
	struct pending again = l->pending;

	l->wants_read |= again.overflowed && l->pools_came;
	memset(&l->pending, 0, sizeof(l->pending));
	l->pending.overflowed = again.overflowed && !l->pools_came;
	l->pools_changed = l->pools_came = false;
	for (size_t i = 0; i < again.count; i++) {
		struct pending_record *r = &again.list[i];
		struct entry *e = index_find(&l->index, r->key, r->len);

		if (e == NULL || entry_reject(e) == NULL)
			continue;
		e->reject->sum = 0;
		ledger_put(l, r->key, r->len, &r->fields, false);
	}
	pending_fini(&again);
}

/* How large zones were at most, for the next start. */
static void
mark_sizes(struct ledger *l)
{
	if (!l->census.peaks_changed)
		return;
	l->census.peaks_changed = false;
	for (size_t i = 0; i < l->census.count; i++) {
		struct census_zone *z = l->census.zones[i];
		char zone[NAME_TEXT_MAX];
		struct buf text = {0};

		if (!z->peak_changed)
			continue;
		z->peak_changed = false;
		census_write_zone(z, zone);
		guard_peak_write(&z->peak, &text);
		marks_add(&l->marks, MARK_SIZE, zone, buf_text(&text))->since_s =
		    wall_now_s();
		buf_fini(&text);
	}
}

int64_t
ledger_flush(struct ledger *l, struct mono now, struct store_change **changes,
    size_t *change_count, struct disk_row **rows, size_t *row_count)
{
	int64_t next;

	if (l->pools_changed)
		retry_pending(l);
	next = ledger_leave(l, now);
	mark_sizes(l);
	l->cuts_counted = 0;
	*changes = l->changes;
	*change_count = l->change_count;
	*rows = l->rows;
	*row_count = l->row_count;
	l->changes = NULL;
	l->change_count = l->change_cap = 0;
	l->rows = NULL;
	l->row_count = l->row_cap = 0;
	return next;
}
