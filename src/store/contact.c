/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/contact.h"

#include <stdio.h>
#include <string.h>

#include "base/event.h"
#include "base/log.h"

enum { SAVE_MS = 10000 };

void
contact_init(struct contact *c, bool redis)
{
	memset(c, 0, sizeof(*c));
	c->redis = redis;
	c->since_wall_s = wall_now_s();
	if (redis)
		snprintf(c->reason, sizeof(c->reason), "not tried yet");
}

void
contact_state(
    struct contact *c, enum follow_state state, enum fault fault, const char *reason)
{
	bool was = c->state != FOLLOW_DOWN, is = state != FOLLOW_DOWN;

	c->state = state;
	c->tried = c->tried || !is;
	if (was != is)
		c->since_wall_s = wall_now_s();
	if (is && !was) {
		log_notice("store is connected");
	} else if (fault == FAULT_CHANGED) {
		log_notice("store connects anew reason=\"%s\"", reason);
	} else if (!is && (was || strcmp(reason, c->reason) != 0)) {
		log_warning("store is not connected fault=%s reason=\"%s\"",
		    fault_name(fault), reason);
	}
	c->fault = fault;
	snprintf(c->reason, sizeof(c->reason), "%s", reason);
}

void
contact_refused(struct contact *c, enum fault fault, const char *reason)
{
	if (fault == c->refused)
		return;
	if (fault != FAULT_NONE) {
		log_warning("store writes are refused fault=%s reason=\"%s\"",
		    fault_name(fault), reason);
		event_bad(EVENT_STORE, EVENT_WARNING, "writes", "refused: %s", reason);
	} else {
		log_notice("store writes are taken again");
		event_good(EVENT_STORE, "writes", "taken again");
	}
	c->refused = fault;
	snprintf(c->refused_reason, sizeof(c->refused_reason), "%s", reason);
}

void
contact_confirm(struct contact *c)
{
	c->last = mono_now();
	c->wall_s = wall_now_s();
}

bool
contact_is_due(const struct contact *c)
{
	return mono_diff_ms(c->last, c->saved) >= SAVE_MS;
}

enum store_sync
contact_sync(const struct contact *c, int64_t fresh_for_ms, struct mono now)
{
	if (!c->redis)
		return STORE_FRESH;
	if (!mono_is_never(c->last) && mono_diff_ms(now, c->last) <= fresh_for_ms)
		return STORE_FRESH;
	if (c->state == FOLLOW_LOADING)
		return STORE_SYNCING;
	/* a start alone is no outage: the first try has fresh_for to come through */
	if (mono_is_never(c->last) && !c->tried &&
	    (mono_is_never(c->started) || mono_diff_ms(now, c->started) <= fresh_for_ms))
		return STORE_SYNCING;
	return STORE_STALE;
}

bool
contact_is_expired(
    const struct contact *c, const struct config_store *cfg, struct mono now)
{
	struct mono from = mono_is_never(c->last) ? c->started : c->last;

	if (!c->redis || cfg->max_stale_ms == CONFIG_FOREVER || mono_is_never(from) ||
	    contact_sync(c, cfg->fresh_for_ms, now) != STORE_STALE)
		return false;
	return mono_diff_ms(now, from) > cfg->max_stale_ms;
}

void
contact_write(const struct contact *c, int64_t fresh_for_ms, struct store_status *out)
{
	struct mono now = mono_now();

	out->kind = c->redis ? STORE_REDIS : STORE_EMBEDDED;
	out->sync = contact_sync(c, fresh_for_ms, now);
	out->connected = !c->redis || c->state != FOLLOW_DOWN;
	out->since_wall_s = c->since_wall_s;
	out->contact_wall_s = c->wall_s;
	out->contact_age_ms = mono_is_never(c->last) ? -1 : mono_diff_ms(now, c->last);
	snprintf(out->source, sizeof(out->source), "%s", c->source);
	if (c->refused != FAULT_NONE) {
		snprintf(out->refused, sizeof(out->refused), "%s", c->refused_reason);
		snprintf(out->refused_fault, sizeof(out->refused_fault), "%s",
		    fault_name(c->refused));
	}
	if (out->connected)
		return;
	snprintf(out->reason, sizeof(out->reason), "%s", c->reason);
	snprintf(out->fault, sizeof(out->fault), "%s", fault_name(c->fault));
}
