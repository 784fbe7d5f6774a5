/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "store/batch.h"
#include "store/store_inside.h"
#include "store/unseen.h"

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
	unsigned ours = scribe_saw(s->scribe, key, len, fields, why);
	bool live = s->contact.state == FOLLOW_LIVE;

	s->ledger.now = mono_now();
	if (why != NULL)
		ledger_put_bad(&s->ledger, key, len, why);
	else if (fields->count == 0)
		/* what we have deleted ourselves need not wait for what comes after it */
		ledger_drop(&s->ledger, key, len,
		    live && (!(ours & UNSEEN_DELETED) || s->ledger.reading));
	else
		ledger_put(&s->ledger, key, len, fields, false);
	if (ours & UNSEEN_FORCED)
		ledger_force(&s->ledger, key, len, s->ledger.now);
}

static void
follow_flush(void *ctx)
{
	struct store *s = ctx;

	store_flush_and_rescan(s);
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
	if (state != FOLLOW_LOADING) {
		store_flush(s);
		scribe_flushed(s->scribe);
	}
	if (state == FOLLOW_LIVE)
		scribe_live(s->scribe);
	store_tell(s, false);
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
	store_tell(s, false);
}

static void
follow_refused(void *ctx, const char *reason)
{
	struct store *s = ctx;

	/* that it can be read again says nothing of other refusals */
	if (reason[0] != '\0')
		contact_refused(&s->contact, FAULT_DISK, reason);
	else if (s->contact.refused == FAULT_DISK)
		contact_refused(&s->contact, FAULT_NONE, "");
}

/* Writing to Redis. */

static void
scribe_refused(void *ctx, enum fault fault, const char *reason)
{
	struct store *s = ctx;

	contact_refused(&s->contact, fault, reason);
}

static bool
scribe_find(void *ctx, struct ip_port *out)
{
	const struct store *s = ctx;

	return follow_get_address(s->follow, out);
}

static enum err
scribe_check(void *ctx, const char *key, const struct fields *fields, struct buf *why)
{
	struct store *s = ctx;

	return fields == NULL ? OK
	                      : ledger_check(&s->ledger, key, strlen(key), fields, why);
}

static enum err
scribe_check_batch(void *ctx, struct store_batch *b, struct buf *why)
{
	struct store *s = ctx;

	return batch_check(b, &s->ledger, why);
}

static enum err
scribe_guard(void *ctx, const struct disk_row *rows, size_t count, struct buf *why)
{
	struct store *s = ctx;

	return ledger_guard(&s->ledger, rows, count, mono_now(), why);
}

static void
scribe_touch(void *ctx, const char *key, size_t len)
{
	struct store *s = ctx;

	follow_touch(s->follow, key, len);
}

void
store_open_redis(struct store *s)
{
	struct follow_hooks follow_hooks = {follow_begin, follow_rescan, follow_row,
	    follow_flush, follow_sweep, follow_state, follow_source, follow_contact,
	    follow_refused, s};
	struct scribe_hooks scribe_hooks = {scribe_find, scribe_check, scribe_check_batch,
	    scribe_guard, scribe_refused, scribe_touch, s};

	s->follow = follow_new(s->loop, &s->cfg->store, &follow_hooks);
	s->scribe = scribe_new(s->loop, &s->cfg->store, &scribe_hooks);
}
