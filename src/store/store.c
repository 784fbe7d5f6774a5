/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/inhand.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/store_inside.h"

/* A batch of a load stays in the processor's cache. */
enum { TICK_MS = 250, LOAD_BATCH = 64, SCAN_ROWS = 1000 };
/* How soon all is written again after the disk has failed. */
enum { DOUBT_MS = 30000 };
enum { REOPEN_MS = 5000 };
enum { TRIM_CHANGES = 50000 };

/* What people are told. */

static void
get_status(struct store *s, struct store_status *out)
{
	memset(out, 0, sizeof(*out));
	contact_write(&s->contact, s->cfg->store.fresh_for_ms, out);
	store_quorum_write(s, out);
	out->disk_on = disk_is_on(s->disk);
	out->expired = contact_is_expired(&s->contact, &s->cfg->store, mono_now());
	out->safe_mode = inhand_is_safe_mode();
	out->records = s->ledger.accepted;
	out->rejected = s->ledger.index.reject_count;
	out->changes = s->changes;
	out->damaged = s->health.damaged;
	out->lost = s->health.lost;
	out->resyncs = s->resyncs;
	if (store_is_redis(s))
		follow_write_address(s->follow, out->address, sizeof(out->address));
	else
		snprintf(
		    out->address, sizeof(out->address), "%s", s->cfg->server.state_dir);
	out->held = s->ledger.removals.held_count;
	disk_get_reason(s->disk, out->disk_reason, sizeof(out->disk_reason));
	snprintf(out->damage_reason, sizeof(out->damage_reason), "%s", s->health.reason);
}

static void
log_stale(const struct store *s, const struct store_status *status)
{
	char contact[WALL_TEXT_MAX] = "never";

	if (status->contact_wall_s != 0)
		wall_write(status->contact_wall_s, contact);
	log_warning("store is stale last_contact=%s fresh_for_ms=%" PRId64
	            " records=%zu effect=\"they are served on with at most %u s of TTL\"",
	    contact, s->cfg->store.fresh_for_ms, status->records,
	    s->cfg->store.stale_ttl);
}

/* Before the first contact of a start nothing is known yet. */
static void
tell_people(const struct store *s, const struct store_status *status)
{
	if (status->expired)
		event_bad(EVENT_STORE, EVENT_CRITICAL, "contact",
		    "no contact for longer than max_stale%s%s%s: SERVFAIL for names in "
		    "the store",
		    status->reason[0] != '\0' ? " (" : "", status->reason,
		    status->reason[0] != '\0' ? ")" : "");
	else if (status->sync == STORE_STALE)
		event_bad(EVENT_STORE, EVENT_WARNING, "contact",
		    "no contact%s%s%s: %zu records are served from the copy",
		    status->reason[0] != '\0' ? " (" : "", status->reason,
		    status->reason[0] != '\0' ? ")" : "", status->records);
	else if (status->sync == STORE_FRESH && s->told_sync != STORE_FRESH)
		event_good(EVENT_STORE, "contact", "the records are fresh");
}

void
store_tell(struct store *s, bool always)
{
	struct store_status status;

	get_status(s, &status);
	if (!always && status.sync == s->told_sync &&
	    status.connected == s->told_connected && status.expired == s->told_expired)
		return;
	tell_people(s, &status);
	if (status.expired && !s->told_expired)
		log_error("store records are too old max_stale_ms=%" PRId64
		          " effect=\"SERVFAIL for names that are in the store\"",
		    s->cfg->store.max_stale_ms);
	if (status.sync == STORE_STALE && (always || s->told_sync != STORE_STALE))
		log_stale(s, &status);
	else if (status.sync == STORE_FRESH && s->told_sync != STORE_FRESH)
		log_notice("store is fresh records=%zu", status.records);
	s->told_sync = status.sync;
	s->told_connected = status.connected;
	s->told_expired = status.expired;
	if (s->hooks.on_status != NULL)
		s->hooks.on_status(s->hooks.ctx, &status);
}

void
store_get_status(struct store *s, struct store_status *out)
{
	/* whoever is told that it is stale must find the answers so */
	store_tell(s, false);
	get_status(s, out);
}

void
store_each_zone(
    struct store *s, void (*fn)(void *ctx, const struct store_zone *zone), void *ctx)
{
	for (size_t i = 0; i < s->ledger.census.count; i++) {
		const struct census_zone *z = s->ledger.census.zones[i];

		fn(ctx, &(struct store_zone){.zone = &z->cfg->domain,
		            .names = z->names,
		            .rrsets = z->rrsets,
		            .held = z->held_count,
		            .frozen = z->frozen,
		            .waiting = z->waiting});
	}
}

static void
save_contact(struct store *s)
{
	char text[32];

	if (mono_is_never(s->contact.last))
		return;
	s->contact.saved = s->contact.last;
	snprintf(text, sizeof(text), "%" PRId64, s->contact.wall_s);
	disk_meta_put(s->disk, "contact", text);
}

/* Rows that are known already are the same, so nothing moves but the disk. */
static void
load_row(void *ctx, const char *key, size_t len, struct fields *fields);

static void
reopen_disk(struct store *s)
{
	s->disk_tried = mono_now();
	if (disk_reopen(s->disk, load_row, s, &s->health) == ERR_IO)
		return;
	store_flush(s);
	if (!store_is_redis(s))
		return;
	ledger_doubt(&s->ledger);
	follow_resync_in(s->follow, 0);
}

/* When a mass of changes is through, and written: what carried it goes back. */
static void
trim_memory(struct store *s)
{
	bool quiet = s->changes == s->seen_changes && s->writing == 0;

	s->seen_changes = s->changes;
	if (!quiet || s->changes - s->trimmed_changes < TRIM_CHANGES)
		return;
	s->trimmed_changes = s->changes;
	mem_trim();
}

static void
on_tick(void *ctx)
{
	struct store *s = ctx;

	if (contact_is_due(&s->contact))
		save_contact(s);
	if (!disk_is_on(s->disk) && mono_diff_ms(mono_now(), s->disk_tried) >= REOPEN_MS)
		reopen_disk(s);
	if (mono_diff_ms(mono_now(), s->retried) >= REOPEN_MS) {
		s->retried = mono_now();
		disk_retry(s->disk);
	}
	if (s->doubted && disk_is_well(s->disk)) {
		s->doubted = false;
		if (store_is_redis(s))
			follow_resync_in(s->follow, 0);
	}
	census_calm(&s->ledger.census, mono_now());
	trim_memory(s);
	store_tell(s, false);
	loop_timer_set_ms(s->tick, TICK_MS);
}

/* What the ledger has gathered: to the readers at once, to the disk behind them. */

static void
on_written(void *ctx, enum err e)
{
	struct store *s = ctx;

	s->writing--;
	if (e == OK || s->closing || !disk_is_on(s->disk))
		return;
	/* memory is right and the disk is not: write all again with a full read */
	s->doubted = true;
	ledger_doubt(&s->ledger);
	if (s->follow != NULL)
		follow_resync_in(s->follow, DOUBT_MS);
}

void
store_flush(struct store *s)
{
	struct store_change *changes;
	size_t change_count, row_count;
	struct disk_row *rows;
	int64_t next;

	next = ledger_flush(
	    &s->ledger, mono_now(), &changes, &change_count, &rows, &row_count);
	if (next >= 0)
		loop_timer_set_ms(s->leave, next);
	/* what waited is read again, as a whole; the end of a full read looks here too */
	if (s->ledger.wants_read && !s->ledger.reading) {
		if (store_is_redis(s))
			follow_resync_in(s->follow, 0);
		s->ledger.wants_read = false;
	}
	s->changes += change_count;
	if (!s->loading) /* a write would end the time in which the database is read */
		ledger_save_marks(&s->ledger, s->disk);
	s->writing += row_count != 0;
	if (row_count != 0)
		disk_write(s->disk, rows, row_count, on_written, s);
	else
		mem_free(rows);
	if (change_count != 0)
		s->hooks.on_changes(s->hooks.ctx, changes, change_count);
	else
		mem_free(changes);
}

static void
on_leave(void *ctx)
{
	store_flush(ctx);
}

/* Records that are on disk, judged anew: the configuration or a zone's ttl has changed.
 */

static void
rescan(struct store *s);

static void
on_page(void *ctx, enum err e, const struct disk_row *rows, size_t count)
{
	struct store *s = ctx;

	if (s->closing)
		return;
	for (size_t i = 0; i < count; i++)
		ledger_retry(
		    &s->ledger, rows[i].key, strlen(rows[i].key), &rows[i].fields);
	store_flush(s);
	if (e == OK && count != 0) {
		disk_scan(s->disk, rows[count - 1].key, SCAN_ROWS, on_page, s);
		return;
	}
	s->scanning = false;
	if (s->scan_again || s->ledger.ttl_changed)
		rescan(s);
}

static void
rescan(struct store *s)
{
	s->scan_again = s->scanning;
	if (s->scanning)
		return;
	s->ledger.ttl_changed = false;
	s->scanning = true;
	disk_scan(s->disk, "", SCAN_ROWS, on_page, s);
}

void
store_flush_and_rescan(void *ctx)
{
	struct store *s = ctx;

	store_flush(s);
	if (s->ledger.ttl_changed && disk_is_on(s->disk))
		rescan(s);
}

/* Life. */

enum err
store_new(struct loop *loop, const struct config *cfg, const struct store_hooks *hooks,
    struct store **out)
{
	struct store *s = mem_new(sizeof(*s));
	bool redis = cfg->store.kind == STORE_REDIS;
	struct buf why = {0};

	s->loop = loop;
	s->cfg = cfg;
	s->hooks = *hooks;
	contact_init(&s->contact, redis);
	s->tick = loop_timer_new(loop, on_tick, s);
	s->leave = loop_timer_new(loop, on_leave, s);
	ledger_init(&s->ledger, cfg);
	s->ledger.count_below = hooks->count_below;
	s->ledger.below_ctx = hooks->ctx;
	disk_open(cfg->server.state_dir, redis ? DISK_REPLICA : DISK_EMBEDDED, loop,
	    &s->disk, &why);
	buf_fini(&why);
	writes_init(&s->writes, s->disk, &s->ledger, store_flush_and_rescan, s);
	if (redis)
		store_open_redis(s);
	*out = s;
	return OK;
}

static void
load_row(void *ctx, const char *key, size_t len, struct fields *fields)
{
	struct store *s = ctx;

	ledger_put(&s->ledger, key, len, fields, true);
	if (s->ledger.change_count >= LOAD_BATCH)
		store_flush(s);
}

void
store_load(struct store *s)
{
	char *text;
	enum err e;

	index_reserve(&s->ledger.index, disk_count(s->disk));
	ledger_begin(&s->ledger);
	s->loading = true;
	e = disk_load(s->disk, load_row, s, &s->health);
	ledger_end(&s->ledger, true);
	store_flush(s);
	/* a zone's own record comes before its others, so all have the right ttl */
	s->ledger.ttl_changed = false;
	if (disk_meta_get(s->disk, "contact", &text) == OK) {
		s->contact.wall_s = strtoll(text, NULL, 10);
		mem_free(text);
	}
	if (e == OK)
		ledger_load_marks(&s->ledger, s->disk, mono_now());
	s->loading = false;
	if (s->health.damaged + s->health.lost != 0 || e == ERR_CORRUPT ||
	    s->health.reason[0] != '\0') {
		log_error("store disk was damaged rows_damaged=%zu rows_lost=%zu "
		          "reason=\"%s\"",
		    s->health.damaged, s->health.lost, s->health.reason);
		event_bad(EVENT_STATE, EVENT_WARNING, "damage",
		    "%s: %zu rows damaged, %zu lost",
		    s->health.reason[0] != '\0' ? s->health.reason : "rows are damaged",
		    s->health.damaged, s->health.lost);
	}
	log_info(
	    "store is loaded from disk records=%zu rejected=%zu damaged=%zu state=%s",
	    s->ledger.accepted, s->ledger.index.reject_count, s->health.damaged,
	    e == OK ? "good" : err_text(e));
}

void
store_start(struct store *s)
{
	s->contact.started = mono_now();
	s->disk_tried = s->contact.started;
	store_tell(s, true);
	loop_timer_set_ms(s->tick, TICK_MS);
	if (!store_is_redis(s) || inhand_is_safe_mode())
		return;
	follow_start(s->follow);
	store_quorum_apply(s);
}

void
store_free(struct store *s)
{
	if (s == NULL)
		return;
	s->closing = true;
	writes_close(&s->writes);
	save_contact(s);
	scribe_free(s->scribe);
	s->scribe = NULL;
	quorum_free(s->quorum);
	s->quorum = NULL;
	follow_free(s->follow);
	s->follow = NULL;
	disk_close(s->disk);
	writes_fini(&s->writes);
	loop_timer_free(s->tick);
	loop_timer_free(s->leave);
	ledger_fini(&s->ledger);
	mem_free(s);
}

void
store_reconfigure(struct store *s, const struct config *cfg)
{
	ledger_reconfigure(&s->ledger, cfg);
	s->cfg = cfg;
	store_flush(s);
	if (disk_is_on(s->disk))
		rescan(s);
	else
		ledger_doubt(&s->ledger);
	if (!store_is_redis(s))
		return;
	scribe_reconfigure(s->scribe, &cfg->store);
	follow_reconfigure(s->follow, &cfg->store);
	if (!inhand_is_safe_mode())
		store_quorum_apply(s);
	follow_resync_in(s->follow, 0); /* for what was rejected, and is not on disk */
}

struct ledger *
store_ledger(struct store *s)
{
	return &s->ledger;
}

enum err
store_accept(struct store *s, const char *zone, uint64_t number, bool *more)
{
	enum err e = ledger_accept(&s->ledger, zone, number, mono_now(), more);

	store_flush(s);
	return e;
}
