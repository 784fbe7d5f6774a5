/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

enum { TTL_DEFAULT = 300, REJECTS_LOGGED = 100, OTHERS_LOGGED = 100 };
/* A full read that lacks more than these is not believed. */
enum { MISSING_FEW = 2 };

static int
compare_zones(const void *a, const void *b)
{
	const struct ledger_zone *za = a, *zb = b;

	return name_compare(za->cfg->domain.bytes, zb->cfg->domain.bytes);
}

static struct ledger_zone *
find_zone(const struct ledger *l, const struct name *zone)
{
	size_t low = 0, high = l->zone_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int d = name_compare(l->zones[mid].cfg->domain.bytes, zone->bytes);

		if (d == 0)
			return &l->zones[mid];
		if (d < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* The ttl of a zone that stays is kept. The old configuration must still be there. */
static void
set_zones(struct ledger *l, const struct config *cfg)
{
	struct ledger_zone *zones = mem_array(cfg->zone_count + 1, sizeof(*zones));
	size_t count = 0;

	for (size_t i = 0; i < cfg->zone_count; i++) {
		const struct ledger_zone *old;

		if (!cfg->zones[i].store)
			continue;
		old = find_zone(l, &cfg->zones[i].domain);
		zones[count].cfg = &cfg->zones[i];
		zones[count++].ttl = old == NULL ? TTL_DEFAULT : old->ttl;
	}
	qsort(zones, count, sizeof(*zones), compare_zones);
	mem_free(l->zones);
	l->zones = zones;
	l->zone_count = count;
	l->cfg = cfg;
}

void
ledger_init(struct ledger *l, const struct config *cfg)
{
	memset(l, 0, sizeof(*l));
	set_zones(l, cfg);
}

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
	mem_free(l->leaving);
	mem_free(l->zones);
	pending_fini(&l->pending);
	index_fini(&l->index);
	memset(l, 0, sizeof(*l));
}

void
ledger_begin(struct ledger *l)
{
	l->index.generation++;
	l->reject_logged = 0;
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

/* A zone file's own: the store adds none of them to its zone. */
MUST_CHECK static enum err
check_zone(const struct ledger_zone *z, const struct record_key *key, struct buf *why)
{
	if (z->cfg->file == NULL || key->kind == RECORD_ZONE)
		return OK;
	switch (key->type) {
	case TYPE_SOA:
	case TYPE_NS:
	case TYPE_DS:
	case TYPE_DNSKEY:
	case TYPE_DNAME:
		buf_str(why, "the zone has a file, and to such a zone the store adds no "
		             "SOA, NS, DS, DNSKEY or DNAME");
		return ERR_DENIED;
	default:
		return OK;
	}
}

/* Has the store a pool of that name, or will it have by the batch that is checked? */
static bool
has_pool(void *ctx, const char *name)
{
	const struct ledger *l = ctx;
	char key[sizeof(RECORD_KEY_POOL) + RECORD_POOL_NAME_MAX];
	int len = snprintf(key, sizeof(key), RECORD_KEY_POOL "%s", name);
	const struct entry *e;

	if (len < 0 || (size_t)len >= sizeof(key))
		return false;
	for (size_t i = 0; i < l->coming_count; i++)
		if (strcmp(l->coming[i].key, key) == 0)
			return l->coming[i].fields.count != 0;
	e = index_find(&l->index, key, (size_t)len);
	return e != NULL && (e->flags & ENTRY_ACCEPTED) && !(e->flags & ENTRY_LEAVING);
}

/* *out is NULL for a record of a zone that is not ours; only its key has been read. */
MUST_CHECK static enum err
compile(const struct ledger *l, const char *text, size_t len, const struct fields *fields,
    struct record_key *key, struct record **out, struct buf *why)
{
	struct record_rules rules = {
	    .default_ttl = TTL_DEFAULT,
	    .config = l->cfg,
	    .has_pool = has_pool,
	    .ctx = (void *)(uintptr_t)l,
	};
	const struct ledger_zone *z;
	enum err e = record_key_parse(text, len, key, why);

	if (e != OK)
		return e;
	if (key->kind == RECORD_POOL)
		return record_compile(key, fields, &rules, out, why);
	z = find_zone(l, &key->zone);
	if (z == NULL) {
		*out = NULL;
		return OK;
	}
	e = check_zone(z, key, why);
	if (e != OK)
		return e;
	if (key->kind == RECORD_RRSET)
		rules.default_ttl = z->ttl;
	return record_compile(key, fields, &rules, out, why);
}

enum err
ledger_check(const struct ledger *l, const char *text, size_t len,
    const struct fields *fields, struct buf *why)
{
	struct record *r = NULL;
	struct record_key key;
	enum err e = compile(l, text, len, fields, &key, &r, why);

	if (e == OK && r == NULL) {
		buf_str(why, "no zone of that name has store: on in the configuration");
		e = ERR_DENIED;
	}
	record_free(r);
	return e;
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

static void
add_removal(struct ledger *l, struct entry *e)
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

/* Its place in the list is given up at the next settle(). */
static void
stay(struct ledger *l, struct entry *e)
{
	if (!(e->flags & ENTRY_LEAVING))
		return;
	e->flags &= (uint8_t)~ENTRY_LEAVING;
	l->leaving_stale = true;
}

/* Must come before an entry is freed, or leaves again. */
static void
settle(struct ledger *l)
{
	size_t kept = 0;

	if (!l->leaving_stale)
		return;
	for (size_t i = 0; i < l->leaving_count; i++)
		if (l->leaving[i].entry->flags & ENTRY_LEAVING)
			l->leaving[kept++] = l->leaving[i];
	l->leaving_count = kept;
	l->leaving_stale = false;
}

static void
set_zone_ttl(struct ledger *l, const struct name *zone, uint32_t ttl)
{
	struct ledger_zone *z = find_zone(l, zone);

	if (z == NULL || z->ttl == ttl)
		return;
	z->ttl = ttl;
	l->ttl_changed = true;
}

/* For good: from what is visible, from the index and, unless it is gone from there
 * already, from disk. */
static void
take_out(struct ledger *l, struct entry *e, bool stored)
{
	struct buf why = {0};
	struct record_key key;

	settle(l);
	if (e->reject != NULL)
		pending_remove(&l->pending, e->key, e->key_len);
	if (record_key_parse(e->key, e->key_len, &key, &why) == OK &&
	    key.kind == RECORD_ZONE)
		set_zone_ttl(l, &key.zone, TTL_DEFAULT);
	buf_fini(&why);
	add_removal(l, e);
	if (!stored && (e->flags & ENTRY_ACCEPTED))
		add_row(l, e, NULL);
	if (e->flags & ENTRY_ACCEPTED)
		l->accepted--;
	index_remove(&l->index, e);
}

static void
reject(struct ledger *l, struct entry *e, uint64_t sum, const char *why)
{
	index_reject(&l->index, e, sum, why);
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
	if (!(e->flags & ENTRY_ACCEPTED))
		l->accepted++;
	e->flags = (uint8_t)((e->flags & ENTRY_EMITTED) | ENTRY_ACCEPTED);
	e->sum = sum;
	index_reject(&l->index, e, 0, NULL);
	if (record == NULL) {
		log_other(l, &key->zone);
		return;
	}
	if (record->pool != NULL || record->pool_name != NULL)
		e->flags |= ENTRY_STEERED;
	if (key->kind == RECORD_POOL)
		l->pools_changed = true;
	if (record->zone != NULL)
		set_zone_ttl(l, &key->zone, record->zone->ttl);
	e->flags |= ENTRY_EMITTED;
	add_change(l, key, record);
}

/* The version that is there already, accepted or rejected. */
static bool
is_known(struct ledger *l, struct entry *e, uint64_t sum)
{
	if (e->reject != NULL && e->reject->sum == sum)
		return true;
	if (!(e->flags & ENTRY_ACCEPTED) || e->sum != sum)
		return false;
	index_reject(&l->index, e, 0, NULL);
	return true;
}

/* True when it is good; then its change is in the batch. */
static bool
judge(struct ledger *l, struct entry *e, uint64_t sum, const struct fields *fields)
{
	struct record *record = NULL;
	struct buf why = {0};
	struct record_key key;
	enum err was;

	was = compile(l, e->key, e->key_len, fields, &key, &record, &why);
	/* without room its version is not known: the next full read tries it again */
	if (was == ERR_MISSING && !pending_put(&l->pending, e->key, e->key_len, fields))
		sum = 0;
	if (was == OK)
		accept(l, e, sum, &key, record);
	else
		reject(l, e, sum, buf_text(&why));
	buf_fini(&why);
	return was == OK;
}

void
ledger_put(
    struct ledger *l, const char *key, size_t len, struct fields *fields, bool stored)
{
	uint64_t sum = fields_sum(key, len, fields);
	struct entry *e;

	if (len > UINT16_MAX) {
		log_notice("store record is rejected reason=\"its key is too long\"");
		return;
	}
	e = index_get(&l->index, key, len);
	stay(l, e);
	if (e->reject != NULL && l->pending.count != 0 && e->reject->sum != sum)
		pending_remove(&l->pending, key, len);
	if (!is_known(l, e, sum) && judge(l, e, sum, fields) && !stored)
		add_row(l, e, fields);
}

void
ledger_put_bad(struct ledger *l, const char *key, size_t len, const char *why)
{
	struct entry *e;

	if (len > UINT16_MAX)
		return;
	e = index_get(&l->index, key, len);
	stay(l, e);
	if (e->reject == NULL || strcmp(e->reject->why, why) != 0)
		reject(l, e, 0, why);
}

void
ledger_drop(struct ledger *l, const char *key, size_t len, bool live)
{
	struct entry *e = index_find(&l->index, key, len);

	if (e == NULL || (e->flags & ENTRY_LEAVING))
		return;
	if (!live || !(e->flags & ENTRY_ACCEPTED)) {
		take_out(l, e, false);
		return;
	}
	settle(l);
	e->flags |= ENTRY_LEAVING;
	l->leaving =
	    mem_grow(l->leaving, l->leaving_count, &l->leaving_cap, sizeof(*l->leaving));
	l->leaving[l->leaving_count++] = (struct ledger_leaving){.entry = e};
}

void
ledger_delete(struct ledger *l, const char *key, size_t len)
{
	struct entry *e = index_find(&l->index, key, len);

	if (e != NULL)
		take_out(l, e, true);
}

void
ledger_retry(struct ledger *l, const char *key, size_t len, const struct fields *fields)
{
	struct entry *e = index_find(&l->index, key, len);
	uint64_t sum = fields_sum(key, len, fields);

	/* gone, or a newer version has come under the new configuration */
	if (e == NULL || (e->flags & ENTRY_LEAVING) ||
	    ((e->flags & ENTRY_ACCEPTED) && e->sum != sum))
		return;
	if (!(e->flags & ENTRY_EMITTED) || (e->flags & ENTRY_STEERED) ||
	    fields_find(fields, "ttl") == NULL)
		(void)judge(l, e, sum, fields);
}

static bool
is_cname(const struct entry *e)
{
	static const char end[] = ":CNAME";
	size_t len = sizeof(end) - 1;

	return e->key_len > len && memcmp(e->key + e->key_len - len, end, len) == 0;
}

/* Is there a record of its owner that stays? cname: that can not stand beside it. */
static bool
has_sibling(const struct ledger *l, const struct entry *e, bool cname)
{
	const struct entry *s = index_sibling(&l->index, e, true);

	for (; s != NULL; s = index_sibling(&l->index, s, false))
		if (s != e && (s->flags & ENTRY_ACCEPTED) &&
		    !(s->flags & ENTRY_LEAVING) && (!cname || is_cname(s) || is_cname(e)))
			return true;
	return false;
}

int64_t
ledger_leave(struct ledger *l, struct mono now)
{
	size_t count, kept = 0;
	int64_t next = -1;

	settle(l);
	count = l->leaving_count;
	for (size_t i = 0; i < count; i++) {
		struct ledger_leaving g = l->leaving[i];
		bool decided = !mono_is_never(g.due);
		int64_t left;

		if (!decided)
			g.due = mono_add_ms(now, LEDGER_LEAVE_MS);
		left = mono_diff_ms(g.due, now);
		if (left <= 0 || has_sibling(l, g.entry, decided)) {
			take_out(l, g.entry, false);
			continue;
		}
		l->leaving[kept++] = g;
		if (next < 0 || left < next)
			next = left;
	}
	l->leaving_count = kept;
	return next;
}

/* Those that named a pool which was not there, now that others are. */
static void
retry_pending(struct ledger *l)
{
	struct pending again = l->pending;

	l->pools_changed = false;
	memset(&l->pending, 0, sizeof(l->pending));
	for (size_t i = 0; i < again.count; i++) {
		struct pending_record *r = &again.list[i];
		struct entry *e = index_find(&l->index, r->key, r->len);

		if (e == NULL || e->reject == NULL)
			continue;
		e->reject->sum = 0;
		ledger_put(l, r->key, r->len, &r->fields, false);
	}
	pending_fini(&again);
}

void
ledger_flush(struct ledger *l, struct mono now, struct store_change **changes,
    size_t *change_count, struct disk_row **rows, size_t *row_count)
{
	if (l->pools_changed)
		retry_pending(l);
	(void)ledger_leave(l, now);
	*changes = l->changes;
	*change_count = l->change_count;
	*rows = l->rows;
	*row_count = l->row_count;
	l->changes = NULL;
	l->change_count = l->change_cap = 0;
	l->rows = NULL;
	l->row_count = l->row_cap = 0;
}

void
ledger_sweep(struct ledger *l, struct replica_names *missing, struct buf *why)
{
	struct entry *e = NULL;
	size_t gone = 0;

	for (size_t at = 0; (e = index_next(&l->index, &at, e)) != NULL;)
		if (e->generation != l->index.generation && (e->flags & ENTRY_ACCEPTED))
			gone++;
	if (gone != 0 && gone == l->accepted)
		buf_printf(why, "the store came back empty; %zu records are kept", gone);
	else if (gone > MISSING_FEW && gone > l->accepted / 2)
		buf_printf(why,
		    "the store came back without %zu of %zu records; they are kept", gone,
		    l->accepted);
	if (why->len != 0)
		return;
	for (size_t at = 0; (e = index_next(&l->index, &at, e)) != NULL;)
		if (e->generation != l->index.generation && !(e->flags & ENTRY_LEAVING))
			replica_names_add(missing, e->key, e->key_len);
}

void
ledger_doubt(struct ledger *l)
{
	struct entry *e = NULL;

	for (size_t at = 0; (e = index_next(&l->index, &at, e)) != NULL;)
		e->sum = 0;
}

void
ledger_reconfigure(struct ledger *l, const struct config *cfg)
{
	struct entry *e = NULL;

	set_zones(l, cfg);
	l->reject_logged = 0;
	l->pools_changed = true;
	for (size_t at = 0; (e = index_next(&l->index, &at, e)) != NULL;) {
		struct buf why = {0};
		struct record_key key;

		if (e->reject != NULL)
			e->reject->sum = 0; /* not known any more: judged anew */
		if ((e->flags & ENTRY_EMITTED) &&
		    record_key_parse(e->key, e->key_len, &key, &why) == OK &&
		    key.kind != RECORD_POOL && find_zone(l, &key.zone) == NULL)
			add_removal(l, e);
		buf_fini(&why);
	}
}
