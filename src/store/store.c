/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/inhand.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/batch.h"
#include "store/contact.h"
#include "store/disk.h"
#include "store/follow.h"
#include "store/ledger.h"
#include "store/scribe.h"
#include "store/writes.h"

enum { TICK_MS = 250, LOAD_BATCH = 20000, SCAN_ROWS = 1000 };
/* How soon all is written again after the disk has failed. */
enum { DOUBT_MS = 30000 };
enum { REOPEN_MS = 5000 };

struct store {
	struct loop *loop;
	const struct config *cfg;
	struct store_hooks hooks;
	struct disk *disk;
	struct disk_health health; /* as it was found */
	struct mono disk_tried; /* the last time, while it is off */
	bool doubted; /* it lacks what could not be written */
	struct ledger ledger;
	struct follow *follow; /* NULL: embedded */
	struct scribe *scribe; /* NULL too */
	struct loop_timer *tick;
	struct loop_timer *leave;
	struct contact contact;
	uint64_t changes;
	uint64_t resyncs;
	enum store_sync told_sync;
	bool told_connected;
	bool told_expired;
	bool scanning; /* records are read from disk to be judged anew */
	bool scan_again;
	bool loading; /* from disk, at the start */
	bool closing;
	struct writes writes;
};

static bool
is_redis(const struct store *s)
{
	return s->follow != NULL;
}

/* What people are told. */

static void
get_status(struct store *s, struct store_status *out)
{
	memset(out, 0, sizeof(*out));
	contact_write(&s->contact, s->cfg->store.fresh_for_ms, out);
	out->disk_on = disk_is_on(s->disk);
	out->expired = contact_is_expired(&s->contact, &s->cfg->store, mono_now());
	out->safe_mode = inhand_is_safe_mode();
	out->records = s->ledger.accepted;
	out->rejected = s->ledger.index.reject_count;
	out->changes = s->changes;
	out->damaged = s->health.damaged;
	out->lost = s->health.lost;
	out->resyncs = s->resyncs;
	if (is_redis(s))
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

/* Tells the hook when the whole is another than it was told last. */
static void
tell(struct store *s, bool always)
{
	struct store_status status;

	get_status(s, &status);
	if (!always && status.sync == s->told_sync &&
	    status.connected == s->told_connected && status.expired == s->told_expired)
		return;
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
	tell(s, false);
	get_status(s, out);
}

void
store_each_zone(
    struct store *s, void (*fn)(void *ctx, const struct store_zone *zone), void *ctx)
{
	for (size_t i = 0; i < s->ledger.census.count; i++) {
		const struct census_zone *z = s->ledger.census.zones[i];

		fn(ctx, &(struct store_zone){
		            &z->cfg->domain, z->names, z->rrsets, z->held_count});
	}
}

static void
flush(struct store *s);

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
	flush(s);
	if (!is_redis(s))
		return;
	ledger_doubt(&s->ledger);
	follow_resync_in(s->follow, 0);
}

static void
on_tick(void *ctx)
{
	struct store *s = ctx;

	if (contact_is_due(&s->contact))
		save_contact(s);
	if (!disk_is_on(s->disk) && mono_diff_ms(mono_now(), s->disk_tried) >= REOPEN_MS)
		reopen_disk(s);
	if (s->doubted && disk_is_well(s->disk)) {
		s->doubted = false;
		if (is_redis(s))
			follow_resync_in(s->follow, 0);
	}
	tell(s, false);
	loop_timer_set_ms(s->tick, TICK_MS);
}

/* What the ledger has gathered: to the readers at once, to the disk behind them. */

static void
on_written(void *ctx, enum err e)
{
	struct store *s = ctx;

	if (e == OK || s->closing || !disk_is_on(s->disk))
		return;
	/* memory is right and the disk is not: write all again with a full read */
	s->doubted = true;
	ledger_doubt(&s->ledger);
	if (s->follow != NULL)
		follow_resync_in(s->follow, DOUBT_MS);
}

static void
flush(struct store *s)
{
	struct store_change *changes;
	size_t change_count, row_count;
	struct disk_row *rows;
	int64_t next;

	ledger_flush(&s->ledger, mono_now(), &changes, &change_count, &rows, &row_count);
	next = ledger_leave(&s->ledger, mono_now());
	if (next >= 0)
		loop_timer_set_ms(s->leave, next);
	s->changes += change_count;
	if (!s->loading) /* a write would end the time in which the database is read */
		ledger_save_marks(&s->ledger, s->disk);
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
	flush(ctx);
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
	flush(s);
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

static void
flush_and_rescan(void *ctx)
{
	struct store *s = ctx;

	flush(s);
	if (s->ledger.ttl_changed && disk_is_on(s->disk))
		rescan(s);
}

/* Redis. */

static void
follow_begin(void *ctx)
{
	struct store *s = ctx;

	s->resyncs++;
	ledger_begin(&s->ledger);
}

static void
follow_row(void *ctx, const char *key, size_t len, struct fields *fields, const char *why)
{
	struct store *s = ctx;

	bool ours = scribe_saw(s->scribe, key, len, fields, why);

	s->ledger.now = mono_now();
	if (why != NULL)
		ledger_put_bad(&s->ledger, key, len, why);
	else if (fields->count == 0)
		ledger_drop(
		    &s->ledger, key, len, !ours && s->contact.state == FOLLOW_LIVE);
	else
		ledger_put(&s->ledger, key, len, fields, false);
}

static void
follow_flush(void *ctx)
{
	struct store *s = ctx;

	flush_and_rescan(s);
	scribe_flushed(s->scribe);
}

static void
follow_sweep(void *ctx, struct replica_names *missing)
{
	struct store *s = ctx;

	ledger_sweep(&s->ledger, missing);
}

static void
follow_state(void *ctx, enum follow_state state, enum fault fault, const char *reason)
{
	struct store *s = ctx;

	contact_state(&s->contact, state, fault, reason);
	if (state != FOLLOW_LOADING)
		ledger_end(&s->ledger, state == FOLLOW_LIVE);
	/* what a full read missed is decided now; and what was read before a loss is
	 * true, and no flush will come for it */
	if (state != FOLLOW_LOADING)
		flush(s);
	if (state == FOLLOW_LIVE)
		scribe_live(s->scribe);
	tell(s, false);
}

static void
follow_source(void *ctx, const char *text)
{
	struct store *s = ctx;

	log_notice("store source is now role=\"%s\"", text);
	snprintf(s->contact.source, sizeof(s->contact.source), "%s", text);
}

static void
follow_rescan(void *ctx)
{
	struct store *s = ctx;

	/* what it misses comes as deletions, one batch after the other */
	ledger_begin(&s->ledger);
	ledger_end(&s->ledger, true);
}

static void
follow_contact(void *ctx)
{
	struct store *s = ctx;

	contact_confirm(&s->contact);
	tell(s, false);
}

/* Writing to Redis. */

static bool
scribe_find(void *ctx, struct ip_port *out)
{
	const struct store *s = ctx;

	return follow_get_address(s->follow, out);
}

static enum err
scribe_check(void *ctx, const char *key, const struct fields *fields, struct buf *why)
{
	const struct store *s = ctx;

	return ledger_check(&s->ledger, key, strlen(key), fields, why);
}

static void
scribe_touch(void *ctx, const char *key, size_t len)
{
	struct store *s = ctx;

	follow_touch(s->follow, key, len);
}

/* Life. */

enum err
store_new(struct loop *loop, const struct config *cfg, const struct store_hooks *hooks,
    struct store **out)
{
	struct store *s = mem_new(sizeof(*s));
	bool redis = cfg->store.kind == STORE_REDIS;
	struct buf why = {0};
	struct follow_hooks follow_hooks = {follow_begin, follow_rescan, follow_row,
	    follow_flush, follow_sweep, follow_state, follow_source, follow_contact, s};

	struct scribe_hooks scribe_hooks = {scribe_find, scribe_check, scribe_touch, s};

	s->loop = loop;
	s->cfg = cfg;
	s->hooks = *hooks;
	contact_init(&s->contact, redis);
	s->tick = loop_timer_new(loop, on_tick, s);
	s->leave = loop_timer_new(loop, on_leave, s);
	ledger_init(&s->ledger, cfg);
	disk_open(cfg->server.state_dir, redis ? DISK_REPLICA : DISK_EMBEDDED, loop,
	    &s->disk, &why);
	buf_fini(&why);
	writes_init(&s->writes, s->disk, &s->ledger, flush_and_rescan, s);
	if (redis) {
		s->follow = follow_new(loop, &cfg->store, &follow_hooks);
		s->scribe = scribe_new(loop, &cfg->store, &scribe_hooks);
	}
	*out = s;
	return OK;
}

static void
load_row(void *ctx, const char *key, size_t len, struct fields *fields)
{
	struct store *s = ctx;

	ledger_put(&s->ledger, key, len, fields, true);
	if (s->ledger.change_count >= LOAD_BATCH)
		flush(s);
}

void
store_load(struct store *s)
{
	char *text;
	enum err e;

	ledger_begin(&s->ledger);
	s->loading = true;
	e = disk_load(s->disk, load_row, s, &s->health);
	ledger_end(&s->ledger, true);
	flush(s);
	/* a zone's own record comes before its others, so all have the right ttl */
	s->ledger.ttl_changed = false;
	if (disk_meta_get(s->disk, "contact", &text) == OK) {
		s->contact.wall_s = strtoll(text, NULL, 10);
		mem_free(text);
	}
	if (e == OK)
		ledger_load_marks(&s->ledger, s->disk, mono_now());
	s->loading = false;
	if (s->health.damaged + s->health.lost != 0 || e == ERR_CORRUPT)
		log_error("store disk was damaged rows_damaged=%zu rows_lost=%zu "
		          "reason=\"%s\"",
		    s->health.damaged, s->health.lost, s->health.reason);
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
	tell(s, true);
	loop_timer_set_ms(s->tick, TICK_MS);
	if (!is_redis(s) || inhand_is_safe_mode())
		return;
	follow_start(s->follow);
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
	flush(s);
	if (disk_is_on(s->disk))
		rescan(s);
	else
		ledger_doubt(&s->ledger);
	if (!is_redis(s))
		return;
	scribe_reconfigure(s->scribe, &cfg->store);
	follow_reconfigure(s->follow, &cfg->store);
	follow_resync_in(s->follow, 0); /* for what was rejected, and is not on disk */
}

struct ledger *
store_ledger(struct store *s)
{
	return &s->ledger;
}

enum err
store_accept(struct store *s, const char *zone, uint64_t number)
{
	enum err e = ledger_accept(&s->ledger, zone, number, mono_now());

	flush(s);
	return e;
}

/* Writing and reading for people. */

static bool
may_write(struct store *s, store_done *done, void *ctx)
{
	if (s->closing)
		done(ctx, ERR_CLOSED, "the server is stopping");
	else if (is_redis(s) && !s->cfg->store.writer.is_set)
		done(ctx, ERR_DENIED,
		    "the records are in Redis, and the configuration has no "
		    "store.writer: write them there (HSET, DEL)");
	else
		return true;
	return false;
}

void
store_set(struct store *s, const char *key, const struct fields *fields, unsigned how,
    store_done *done, void *ctx)
{
	if (!may_write(s, done, ctx))
		return;
	if (fields->count == 0)
		done(ctx, ERR_SYNTAX, "no fields were given");
	else if (is_redis(s))
		scribe_set(s->scribe, key, fields, how & STORE_REPLACE, done, ctx);
	else
		writes_set(&s->writes, key, fields, how, done, ctx);
}

void
store_delete(struct store *s, const char *key, unsigned how, store_done *done, void *ctx)
{
	if (!may_write(s, done, ctx))
		return;
	if (is_redis(s))
		scribe_delete(s->scribe, key, done, ctx);
	else
		writes_delete(&s->writes, key, how, done, ctx);
}

struct reading {
	store_got *got;
	void *ctx;
};

static void
on_read(void *ctx, enum err e, const char *key, const struct fields *fields)
{
	struct reading *r = ctx;

	r->got(r->ctx, e, key, fields,
	    e == OK ? "" : (e == ERR_MISSING ? "there is no such record" : err_text(e)));
	mem_free(r);
}

void
store_get(struct store *s, const char *key, store_got *got, void *ctx)
{
	struct reading *r = mem_new(sizeof(*r));

	r->got = got;
	r->ctx = ctx;
	disk_read(s->disk, key, on_read, r);
}

void
store_scan(struct store *s, const char *after, size_t count, disk_page *page, void *ctx)
{
	if (s->closing || !disk_is_on(s->disk))
		page(ctx, s->closing ? ERR_CLOSED : ERR_IO, NULL, 0);
	else
		disk_scan(s->disk, after, count, page, ctx);
}

void
store_write(struct store *s, struct store_batch *b)
{
	if (s->closing)
		b->done(b, ERR_CLOSED, "the server is stopping");
	else if (b->only_check || !is_redis(s))
		writes_batch(&s->writes, b);
	else
		batch_set_each(b, s);
}
