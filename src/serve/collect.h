/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Puts RRsets into a decision: what all who decide (decide.c, steered.c, additional.c)
 * have in common.
 *
 * Shape: a decision's items grow at the end, and are never taken out but all together.
 * Owner: the caller's decision.
 * Threads: any reader that has the world pinned; no allocation.
 * Errors: what has no room is left out; when the response is wrong without it, the
 * decision says so (is_incomplete).
 * Source: RFC 2308 3 and 5 (negative TTL); DESIGN "Staleness".
 */
#ifndef SERVE_COLLECT_H
#define SERVE_COLLECT_H

#include "serve/decide.h"

enum { NEGATIVE_STEERED_TTL = 30, STALE_STEERED_TTL = 30 };

/* Puts it in, or returns NULL when there is no room. */
static inline struct item *
collect(struct decision *d, const struct item *item)
{
	if (d->item_count == DECISION_ITEMS_MAX) {
		d->is_incomplete |= item->section != SECTION_ADDITIONAL || item->required;
		return NULL;
	}
	d->items[d->item_count] = *item;
	return &d->items[d->item_count++];
}

/* Stale records go out with a TTL that lets the world notice when the store is back. */
static inline uint32_t
collect_ttl(const struct decide_input *in, struct decision *d, const struct rrset *s,
    uint32_t ttl)
{
	uint32_t cap = s->steered ? STALE_STEERED_TTL : in->stale_ttl;

	if (!s->from_store || in->stale_ttl == 0)
		return ttl;
	d->is_stale = true;
	return ttl < cap ? ttl : cap;
}

/* owner NULL: the question's name. */
static inline struct item *
collect_rrset(const struct decide_input *in, struct decision *d, enum section section,
    const uint8_t *owner, const struct rrset *s)
{
	uint32_t ttl = collect_ttl(in, d, s, rrset_ttl(s));
	struct item *item;

	/* what is required of the additional section the caller says, and sees to */
	if (d->item_count == DECISION_ITEMS_MAX) {
		d->is_incomplete |= section != SECTION_ADDITIONAL;
		return NULL;
	}
	item = &d->items[d->item_count++];
	*item = (struct item){.section = section, .ttl = ttl, .owner = owner, .rrset = s};
	return item;
}

/* The SOA of a negative answer, with this TTL at most. */
void
collect_negative(const struct decide_input *in, struct decision *d, uint32_t cap);

/* Nothing that was found on the way here is worth more than trying again. */
void
collect_servfail(struct decision *d);

/* Is this RRset in the response already? */
bool
collect_has(const struct decision *d, const struct rrset *s);

#endif
