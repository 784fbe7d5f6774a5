/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/event.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/removal_inside.h"

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
drop_mass(struct removals *r, struct census_zone *z)
{
	char zone[NAME_TEXT_MAX];

	census_write_zone(z, zone);
	(void)marks_add(r->marks, MARK_MASS, zone, NULL);
	z->has_mass_mark = z->mass_is_due = false;
}

/* Nothing of the zone is held any more. */
static void
end_held(struct removals *r, struct census_zone *z)
{
	char zone[NAME_TEXT_MAX];

	clear_shrunk(r, z);
	census_write_zone(z, zone);
	if (z->has_mass_mark)
		drop_mass(r, z);
	log_notice("store removals are no longer held zone=%s", zone);
	event_good(EVENT_GUARD, zone, "nothing is held any more");
}

static void
take_from_held(struct removals *r, struct removal *m)
{
	struct census_zone *z = m->zone;

	removal_stay(r, m);
	removal_unmark(r, m);
	z->held_count--;
	r->held_count--;
	note_shrunk(r, z, (struct mono){0});
	if (z->held_count == 0)
		end_held(r, z);
}

void
removals_cancel(struct removals *r, struct entry *e)
{
	if (!(e->flags & ENTRY_REMOVAL))
		return;
	if (e->removal->state == REMOVAL_HELD)
		take_from_held(r, e->removal);
	removal_free(e->removal);
}

void
removal_unmark(struct removals *r, struct removal *m)
{
	if (!m->is_marked)
		return;
	m->is_marked = false;
	m->zone->marked--;
	(void)marks_add(r->marks, MARK_HELD, m->entry->key, NULL);
}

static void
mark_held(struct removals *r, struct removal *m)
{
	struct mark *mark;

	if (m->hides != 0)
		return; /* it is not served: the next full read finds it again */
	if (m->zone->marked >= REMOVAL_MARKED) {
		m->zone->mass_is_due = true;
		return;
	}
	m->is_marked = true;
	m->zone->marked++;
	mark = marks_add(r->marks, MARK_HELD, m->entry->key, m->zone->why);
	mark->number = m->number;
	mark->since_s = m->since_s;
	mark->sum = m->sum;
}

/* One for all that have none of their own. */
static void
mark_mass(struct removals *r, struct census_zone *z)
{
	char zone[NAME_TEXT_MAX];
	struct mark *mark;

	census_write_zone(z, zone);
	mark = marks_add(r->marks, MARK_MASS, zone, z->why);
	mark->number = z->mass_number;
	mark->since_s = z->mass_since_s;
	z->has_mass_mark = true;
	z->mass_is_due = false;
}

void
removals_restore_mass(struct removals *r, struct census_zone *z, const struct mark *m)
{
	z->has_mass_mark = z->mass_is_pending = true;
	z->mass_number = m->number;
	z->mass_since_s = m->since_s;
	if (m->number > r->number)
		r->number = m->number;
}

void
removals_hold(struct removals *r, struct removal *m, const char *why)
{
	struct census_zone *z = m->zone;

	removal_unlink(m);
	m->state = REMOVAL_HELD;
	removal_link(&z->held, m);
	if (z->held_count++ == 0 && m->number == 0)
		z->is_new_held = true;
	r->held_count++;
	if (z->why != why)
		snprintf(z->why, sizeof(z->why), "%s", why);
	if (m->number != 0) { /* held before */
		z->mass_is_due |= !m->is_marked;
		return;
	}
	/* one of those from before the restart */
	m->number = z->mass_is_pending ? z->mass_number : ++r->number;
	m->since_s = z->mass_is_pending ? z->mass_since_s : wall_now_s();
	if (z->held_count == 1 && !z->mass_is_pending)
		z->mass_since_s = m->since_s;
	z->mass_number = m->number;
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
	m->is_marked = true;
	z->marked++;
	removal_go(r, m);
	removals_hold(r, m, mark->note);
}

void
removals_reconsider(struct removals *r, struct census_zone *z)
{
	clear_shrunk(r, z);
	if (z->has_mass_mark && !z->mass_is_pending)
		drop_mass(r, z);
	while (z->held != NULL) {
		struct removal *m = z->held;

		removal_stay(r, m);
		z->held_count--;
		r->held_count--;
		removal_move(r, m, REMOVAL_READY);
	}
}

/* Zones that have got back a part of what is held, and then no more for a while. */
int64_t
removals_end_quiet(struct removals *r, struct mono now)
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

/* Once for each zone of which something is held that had nothing so before. */
void
removals_tell_held(struct removals *r)
{
	for (size_t i = 0; i <= r->census->count; i++) {
		struct census_zone *z =
		    i < r->census->count ? r->census->zones[i] : &r->census->pools;
		char zone[NAME_TEXT_MAX];

		if (z->mass_is_due)
			mark_mass(r, z);
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

/* All was read since the restart: what is not missing any more is not held either. */
void
removals_end_mass(struct removals *r)
{
	for (size_t i = 0; i <= r->census->count; i++) {
		struct census_zone *z =
		    i < r->census->count ? r->census->zones[i] : &r->census->pools;

		if (!z->mass_is_pending)
			continue;
		z->mass_is_pending = false;
		if (z->held_count == 0)
			end_held(r, z);
	}
}

/* Can those of a zone up to this number go? */
MUST_CHECK static enum err
check_accept(const struct removals *r, const struct census_zone *z, uint64_t number)
{
	bool any = false;

	if (number > r->number)
		return ERR_MISSING; /* nobody was told such a number */
	if (z->mass_is_pending)
		return ERR_BUSY;
	for (const struct removal *m = z->held; m != NULL; m = m->next) {
		if (m->number > number)
			continue;
		any = true;
		if (m->sum != 0 && m->fields.count == 0)
			return ERR_BUSY;
	}
	return any ? OK : ERR_MISSING;
}

enum err
removals_accept(struct removals *r, struct census_zone *z, uint64_t number,
    struct mono now, bool *more)
{
	enum err e = *more ? OK : check_accept(r, z, number);
	char zone[NAME_TEXT_MAX];
	struct removal *m, *next;
	size_t count = 0;

	if (e != OK)
		return e;
	for (m = z->held; m != NULL && count < REMOVAL_ACCEPTED; m = next) {
		next = m->next;
		if (m->number > number)
			continue;
		count++;
		z->held_count--;
		r->held_count--;
		removal_carry_out(r, m);
	}
	*more = count == REMOVAL_ACCEPTED;
	if (*more)
		return OK;
	if (z->held_count == 0 && z->has_mass_mark)
		drop_mass(r, z);
	if (z->held_count == 0) {
		census_write_zone(z, zone);
		event_good(EVENT_GUARD, zone, "what was held is accepted");
	}
	census_accept(r->census, z, now);
	/* by the new measure what came later may be little */
	removals_reconsider(r, z);
	return OK;
}
