/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/rescan.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "store/backoff.h"

void
rescan_stop(struct rescan *r)
{
	loop_timer_clear(r->timer);
	replica_names_fini(&r->missing);
	r->state = RESCAN_OFF;
}

void
rescan_rest(struct rescan *r, int64_t interval_ms)
{
	int64_t spread = interval_ms / 10;

	rescan_stop(r);
	r->state = RESCAN_RESTING;
	r->interval_ms = interval_ms;
	/* up to a tenth earlier, so that nodes that began together do not stay so */
	loop_timer_set_ms(r->timer,
	    interval_ms - (int64_t)(((uint64_t)backoff_dice() * (uint64_t)spread) >> 32));
}

static void
begin(struct rescan *r)
{
	r->state = RESCAN_PAGES;
	r->over = false;
	r->seen = 0;
	r->began = mono_now();
	r->hooks->begin(r->ctx);
	reader_scan(r->reader, true, RESCAN_PAGE_NAMES);
}

static void
end(struct rescan *r)
{
	log_debug("store rescan is through names=%zu missing=%zu ms=%" PRId64, r->seen,
	    r->missing.count, mono_diff_ms(mono_now(), r->began));
	rescan_rest(r, r->interval_ms);
	r->hooks->end(r->ctx);
}

static void
give(struct rescan *r, const struct replica_name *name)
{
	replica_named(r->replica, name->text, name->len);
}

static void
give_missing(struct rescan *r)
{
	size_t count = 0;

	while (count++ < RESCAN_PAGE_NAMES && r->missing_at < r->missing.count)
		give(r, &r->missing.list[r->missing_at++]);
	loop_timer_set_ms(r->timer, RESCAN_PAUSE_MS);
	r->hooks->go(r->ctx);
}

static void
on_timer(void *ctx)
{
	struct rescan *r = ctx;

	if (r->state == RESCAN_RESTING) {
		begin(r);
	} else if (!replica_is_idle(r->replica)) {
		loop_timer_set_ms(r->timer, RESCAN_PAUSE_MS);
	} else if (r->state == RESCAN_PAGES && !r->over) {
		reader_scan(r->reader, false, RESCAN_PAGE_NAMES);
	} else if (r->state == RESCAN_PAGES) {
		r->state = RESCAN_MISSING;
		r->missing_at = 0;
		r->hooks->sweep(r->ctx, &r->missing);
		give_missing(r);
	} else if (r->state == RESCAN_MISSING && r->missing_at < r->missing.count) {
		give_missing(r);
	} else if (r->state == RESCAN_MISSING) {
		end(r);
	}
}

void
rescan_took(struct rescan *r, const struct replica_names *names, bool over)
{
	if (r->state != RESCAN_PAGES)
		return;
	r->over = over;
	r->seen += names->count;
	for (size_t i = 0; i < names->count; i++)
		give(r, &names->list[i]);
	loop_timer_set_ms(r->timer, RESCAN_PAUSE_MS);
	r->hooks->go(r->ctx);
}

void
rescan_init(struct rescan *r, struct loop *loop, struct reader *reader,
    struct replica *replica, const struct rescan_hooks *hooks, void *ctx)
{
	memset(r, 0, sizeof(*r));
	r->reader = reader;
	r->replica = replica;
	r->hooks = hooks;
	r->ctx = ctx;
	r->timer = loop_timer_new(loop, on_timer, r);
}

void
rescan_fini(struct rescan *r)
{
	rescan_stop(r);
	loop_timer_free(r->timer);
	r->timer = NULL;
}
