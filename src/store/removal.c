/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/removal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/event.h"
#include "base/log.h"
#include "base/mem.h"

/* ---- lists ---- */

static void
unlink_removal(struct removal *m)
{
	*m->at = m->next;
	if (m->next != NULL)
		m->next->at = m->at;
}

static void
link_removal(struct removal **list, struct removal *m)
{
	m->next = *list;
	if (m->next != NULL)
		m->next->at = &m->next;
	*list = m;
	m->at = list;
}

static void
move(struct removals *r, struct removal *m, enum removal_state state)
{
	unlink_removal(m);
	m->state = state;
	link_removal(&r->lists[state], m);
}

static void
free_removal(struct removal *m)
{
	unlink_removal(m);
	m->entry->removal = NULL;
	m->entry->flags &= (uint8_t)~ENTRY_REMOVAL;
	fields_fini(&m->fields);
	mem_free(m);
}

void
removals_fini(struct removals *r)
{
	for (unsigned s = 0; s < REMOVAL_HELD; s++)
		while (r->lists[s] != NULL)
			free_removal(r->lists[s]);
	for (size_t i = 0; i <= r->census->count; i++) {
		struct census_zone *z =
		    i < r->census->count ? r->census->zones[i] : &r->census->pools;

		while (z->held != NULL)
			free_removal(z->held);
	}
}

bool
removals_is_held(const struct entry *e, uint64_t sum)
{
	return (e->flags & ENTRY_REMOVAL) && e->removal->state == REMOVAL_HELD &&
	       e->removal->sum == sum;
}

void
removals_add(struct removals *r, struct entry *e, uint64_t sum, struct fields *fields,
    enum removal_state state)
{
	struct removal *m;

	removals_cancel(r, e);
	m = mem_new(sizeof(*m));
	m->entry = e;
	m->state = state;
	m->sum = sum;
	if (fields != NULL) {
		m->fields = *fields;
		*fields = (struct fields){0};
	}
	e->removal = m;
	e->flags |= ENTRY_REMOVAL;
	link_removal(&r->lists[state], m);
}

/* ---- held ones ---- */

/* Those that are left may be few enough by now: looked at when it is quiet. */
static void
note_shrunk(struct removals *r, struct census_zone *z, struct mono now)
{
	if (!z->shrunk)
		r->shrunk_count++;
	z->shrunk = true;
	z->held_changed = now;
}

static void
clear_shrunk(struct removals *r, struct census_zone *z)
{
	if (z->shrunk)
		r->shrunk_count--;
	z->shrunk = false;
}

static void
take_from_held(struct removals *r, struct removal *m)
{
	struct census_zone *z = m->zone;
	char zone[NAME_TEXT_MAX];

	census_stay(r->census, z, r->index, m->entry);
	(void)marks_add(r->marks, MARK_HELD, m->entry->key, NULL);
	z->held_count--;
	r->held_count--;
	note_shrunk(r, z, (struct mono){0});
	if (z->held_count != 0)
		return;
	clear_shrunk(r, z);
	census_write_zone(z, zone);
	log_notice("store removals are no longer held zone=%s", zone);
	event_good(EVENT_GUARD, zone, "nothing is held any more");
}

void
removals_cancel(struct removals *r, struct entry *e)
{
	if (!(e->flags & ENTRY_REMOVAL))
		return;
	if (e->removal->state == REMOVAL_HELD)
		take_from_held(r, e->removal);
	free_removal(e->removal);
}

static void
mark_held(struct removals *r, const struct removal *m)
{
	struct mark *mark = marks_add(r->marks, MARK_HELD, m->entry->key, m->zone->why);

	mark->number = m->number;
	mark->since_s = m->since_s;
	mark->sum = m->sum;
}

static void
hold(struct removals *r, struct removal *m, const char *why)
{
	struct census_zone *z = m->zone;

	unlink_removal(m);
	m->state = REMOVAL_HELD;
	link_removal(&z->held, m);
	if (z->held_count++ == 0 && m->number == 0)
		z->is_new_held = true;
	r->held_count++;
	if (z->why != why)
		snprintf(z->why, sizeof(z->why), "%s", why);
	if (m->number != 0)
		return; /* held before */
	m->number = ++r->number;
	m->since_s = wall_now_s();
	mark_held(r, m);
}

void
removals_restore(struct removals *r, struct entry *e, const struct mark *mark)
{
	struct census_zone *z = census_of_entry(r->census, e);
	struct removal *m;

	if (z == NULL || (e->flags & ENTRY_REMOVAL) || !(e->flags & ENTRY_ACCEPTED))
		return;
	removals_add(r, e, mark->sum, NULL, REMOVAL_READY);
	m = e->removal;
	m->zone = z;
	m->number = mark->number;
	m->since_s = mark->since_s;
	if (mark->number > r->number)
		r->number = mark->number;
	census_go(r->census, z, r->index, e);
	hold(r, m, mark->note);
}

/* ---- deciding ---- */

void
removals_swept(struct removals *r, bool complete, size_t accepted)
{
	size_t gone = r->held_count;
	struct removal *m, *next;

	for (m = r->lists[REMOVAL_SWEPT]; m != NULL; m = next) {
		next = m->next;
		gone++;
		if (complete)
			move(r, m, REMOVAL_READY);
		else
			free_removal(m);
	}
	r->emptied = complete && gone >= accepted;
}

void
removals_lost(struct removals *r)
{
	while (r->lists[REMOVAL_WAITING] != NULL)
		free_removal(r->lists[REMOVAL_WAITING]);
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
has_sibling(const struct removals *r, const struct entry *e, bool cname)
{
	const struct entry *s = index_sibling(r->index, e, true);

	for (; s != NULL; s = index_sibling(r->index, s, false))
		if (s != e && (s->flags & ENTRY_ACCEPTED) &&
		    (!(s->flags & ENTRY_REMOVAL) || s->removal->state == REMOVAL_HELD) &&
		    (!cname || is_cname(s) || is_cname(e)))
			return true;
	return false;
}

/* Those that have waited long enough, or need not, are ready. */
static int64_t
end_waiting(struct removals *r, struct mono now)
{
	struct removal *m, *next;
	int64_t soonest = -1;

	for (m = r->lists[REMOVAL_WAITING]; m != NULL; m = next) {
		bool seen = !mono_is_never(m->due);
		int64_t left;

		next = m->next;
		if (!seen)
			m->due = mono_add_ms(now, REMOVAL_WAIT_MS);
		left = mono_diff_ms(m->due, now);
		if (left <= 0 || has_sibling(r, m->entry, seen))
			move(r, m, REMOVAL_READY);
		else if (soonest < 0 || left < soonest)
			soonest = left;
	}
	return soonest;
}

void
removals_reconsider(struct removals *r, struct census_zone *z)
{
	clear_shrunk(r, z);
	while (z->held != NULL) {
		struct removal *m = z->held;

		census_stay(r->census, z, r->index, m->entry);
		z->held_count--;
		r->held_count--;
		move(r, m, REMOVAL_READY);
	}
}

/* Zones that have got back a part of what is held, and then no more for a while. */
static int64_t
end_quiet(struct removals *r, struct mono now)
{
	int64_t soonest = -1;

	for (size_t i = 0; r->shrunk_count != 0 && i <= r->census->count; i++) {
		struct census_zone *z =
		    i < r->census->count ? r->census->zones[i] : &r->census->pools;
		int64_t left;

		if (!z->shrunk)
			continue;
		if (mono_is_never(z->held_changed))
			z->held_changed = now;
		left = REMOVAL_QUIET_MS - mono_diff_ms(now, z->held_changed);
		if (left <= 0)
			removals_reconsider(r, z);
		else if (soonest < 0 || left < soonest)
			soonest = left;
	}
	return soonest;
}

/* Every zone is judged once, by all that wants to go of it. */
static void
judge(struct removals *r, struct mono now, struct buf *endpoints)
{
	struct buf why = {0};

	for (struct removal *m = r->lists[REMOVAL_READY]; m != NULL; m = m->next) {
		m->zone = census_of_entry(r->census, m->entry);
		if (m->zone == NULL)
			continue;
		m->zone->verdict_is_due = true;
		census_go(r->census, m->zone, r->index, m->entry);
	}
	(void)census_judge_endpoints(r->census, now, endpoints);
	for (struct removal *m = r->lists[REMOVAL_READY]; m != NULL; m = m->next) {
		struct census_zone *z = m->zone;

		if (z == NULL || !z->verdict_is_due)
			continue;
		z->verdict_is_due = false;
		buf_clear(&why);
		z->verdict = census_judge(r->census, z, now, &why);
		if (z->verdict != GUARD_PASS)
			snprintf(z->why, sizeof(z->why), "%s", buf_text(&why));
	}
	buf_fini(&why);
}

/* Once for each zone of which something is held that had nothing so before. */
static void
tell_held(struct removals *r)
{
	for (size_t i = 0; i <= r->census->count; i++) {
		struct census_zone *z =
		    i < r->census->count ? r->census->zones[i] : &r->census->pools;
		char zone[NAME_TEXT_MAX];

		if (!z->is_new_held)
			continue;
		z->is_new_held = false;
		census_write_zone(z, zone);
		log_error("store removals are held zone=%s count=%zu reason=\"%s\" "
		          "hint=\"see sextantctl held\"",
		    zone, z->held_count, z->why);
		event_bad(EVENT_GUARD, EVENT_WARNING, zone,
		    "%zu records are held back: %s", z->held_count, z->why);
	}
}

void
removals_tell_restored(const struct removals *r)
{
	for (size_t i = 0; i <= r->census->count; i++) {
		const struct census_zone *z =
		    i < r->census->count ? r->census->zones[i] : &r->census->pools;
		char zone[NAME_TEXT_MAX];

		if (z->held_count == 0)
			continue;
		census_write_zone(z, zone);
		event_bad(EVENT_GUARD, EVENT_WARNING, zone,
		    "%zu records are held back: %s", z->held_count, z->why);
	}
}

static void
carry_out(struct removals *r, struct removal *m)
{
	struct fields fields = m->fields;
	struct entry *e = m->entry;
	uint64_t sum = m->sum;

	if (m->number != 0)
		(void)marks_add(r->marks, MARK_HELD, e->key, NULL);
	if (m->zone != NULL)
		census_stay(r->census, m->zone, r->index, e);
	m->fields = (struct fields){0};
	free_removal(m);
	r->go(r->ctx, e, sum, &fields);
	fields_fini(&fields);
}

/* The guard's word on one; NULL: it may go. */
static const char *
find_reason(
    const struct removals *r, const struct removal *m, const struct buf *endpoints)
{
	const struct census_zone *z = m->zone;

	if (z == NULL || z->deleted || !(m->entry->flags & ENTRY_EMITTED))
		return NULL;
	if (r->emptied)
		return "the store came back empty";
	if (z == &r->census->pools)
		return "a pool would be empty";
	if (endpoints->len != 0 && m->entry->endpoints != 0)
		return buf_text(endpoints);
	/* of a version that was held before a restart nothing is known yet */
	if (z->verdict != GUARD_PASS || (m->sum != 0 && m->fields.count == 0))
		return z->why;
	return NULL;
}

int64_t
removals_run(struct removals *r, struct mono now)
{
	int64_t next = end_waiting(r, now), quiet = end_quiet(r, now);
	struct buf endpoints = {0};
	struct removal *m, *after;
	size_t held = r->held_count;

	if (r->lists[REMOVAL_READY] != NULL)
		judge(r, now, &endpoints);
	for (m = r->lists[REMOVAL_READY]; m != NULL; m = after) {
		const char *why = find_reason(r, m, &endpoints);

		after = m->next;
		if (why != NULL)
			hold(r, m, why);
	}
	while (r->lists[REMOVAL_READY] != NULL)
		carry_out(r, r->lists[REMOVAL_READY]);
	r->emptied = false;
	if (r->held_count != held)
		tell_held(r);
	buf_fini(&endpoints);
	return next < 0 || (quiet >= 0 && quiet < next) ? quiet : next;
}

enum err
removals_accept(
    struct removals *r, struct census_zone *z, uint64_t number, struct mono now)
{
	struct removal *m, *next;
	bool any = false;

	if (number > r->number)
		return ERR_MISSING; /* nobody was told such a number */
	for (m = z->held; m != NULL; m = m->next) {
		if (m->number > number)
			continue;
		any = true;
		if (m->sum != 0 && m->fields.count == 0)
			return ERR_BUSY;
	}
	if (!any)
		return ERR_MISSING;
	for (m = z->held; m != NULL; m = next) {
		next = m->next;
		if (m->number > number)
			continue;
		z->held_count--;
		r->held_count--;
		carry_out(r, m);
	}
	census_accept(r->census, z, now);
	/* by the new measure what came later may be little */
	removals_reconsider(r, z);
	return OK;
}
