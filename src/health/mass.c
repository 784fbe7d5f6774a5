/* SPDX-License-Identifier: BSD-2-Clause */
#include "health/mass.h"

#include <string.h>

enum { CANDIDATES = 64, NO_PLACE = 0xff, SWEEP_MS = 100 };

static void
count(const struct mass_member *t, uint32_t *counts, uint32_t step)
{
	for (unsigned i = 0; i < t->region_count; i++)
		if (t->regions[i] < MASS_REGIONS)
			counts[t->regions[i]] += step;
}

static void
set_up(struct mass *m, struct mass_member *t, bool is_up)
{
	if (t->is_up == is_up)
		return;
	t->is_up = is_up;
	m->up_count += is_up ? 1 : UINT32_MAX;
	count(t, m->up, is_up ? 1 : UINT32_MAX);
}

static void
set_doubted(struct mass *m, struct mass_member *t, bool is_doubted)
{
	if (t->is_doubted == is_doubted)
		return;
	t->is_doubted = is_doubted;
	m->doubted_count += is_doubted ? 1 : UINT32_MAX;
	count(t, m->doubted, is_doubted ? 1 : UINT32_MAX);
}

static void
set_failing(struct mass *m, struct mass_member *t, bool is_failing)
{
	if (t->is_failing == is_failing)
		return;
	t->is_failing = is_failing;
	count(t, m->failing, is_failing ? 1 : UINT32_MAX);
	if (is_failing) {
		m->failing_count++;
		t->prev = NULL;
		t->next = m->first;
		if (m->first != NULL)
			m->first->prev = t;
		m->first = t;
		return;
	}
	m->failing_count--;
	if (t->prev != NULL)
		t->prev->next = t->next;
	else
		m->first = t->next;
	if (t->next != NULL)
		t->next->prev = t->prev;
	t->next = t->prev = NULL;
}

void
mass_leave(struct mass *m, struct mass_member *t)
{
	set_failing(m, t, false);
	set_doubted(m, t, false);
	set_up(m, t, false);
	t->fell_ms = 0;
}

void
mass_place(struct mass *m, struct mass_member *t, const uint16_t *regions, size_t count_)
{
	bool is_up = t->is_up, is_failing = t->is_failing, is_doubted = t->is_doubted;
	int64_t fell_ms = t->fell_ms;

	mass_leave(m, t);
	t->region_count =
	    (uint8_t)(count_ < MASS_MEMBER_REGIONS ? count_ : MASS_MEMBER_REGIONS);
	memcpy(t->regions, regions, t->region_count * sizeof(*regions));
	set_up(m, t, is_up);
	set_doubted(m, t, is_doubted);
	set_failing(m, t, is_failing);
	t->fell_ms = fell_ms;
}

void
mass_note(struct mass *m, struct mass_member *t, bool is_up, uint32_t failures)
{
	set_doubted(m, t, is_up && failures != 0);
	if (!is_up && t->fell_ms != 0)
		return; /* forget() will see to it */
	t->fell_ms = 0;
	set_up(m, t, is_up);
	set_failing(m, t, is_up && failures >= MASS_ROW);
}

/* Those that fell too long ago to have to do with what falls now. */
static void
forget(struct mass *m, int64_t now_ms)
{
	struct mass_member *t = m->first, *next;

	if (now_ms - m->swept_ms < SWEEP_MS)
		return;
	m->swept_ms = now_ms;
	for (; t != NULL; t = next) {
		next = t->next;
		if (t->fell_ms != 0 && now_ms - t->fell_ms > MASS_WINDOW_MS)
			mass_leave(m, t);
	}
}

/* The regions of which at least half fails: each gets a place; how many. */
static unsigned
find_lost(const struct mass *m, uint8_t place[MASS_REGIONS])
{
	unsigned n = 0;

	for (unsigned r = 0; r < MASS_REGIONS; r++)
		place[r] =
		    n < CANDIDATES && m->failing[r] != 0 && 2 * m->failing[r] >= m->up[r]
		        ? (uint8_t)n++
		        : NO_PLACE;
	return n;
}

static uint64_t
places_of(const struct mass_member *t, const uint8_t place[MASS_REGIONS])
{
	uint64_t places = 0;

	for (unsigned i = 0; i < t->region_count; i++)
		if (t->regions[i] < MASS_REGIONS && place[t->regions[i]] != NO_PLACE)
			places |= UINT64_C(1) << place[t->regions[i]];
	return places;
}

/* Two regions of those lost, each of which lost something that is not in the other. */
static bool
has_two(const struct mass *m, const uint8_t place[MASS_REGIONS], unsigned n)
{
	uint64_t without[CANDIDATES] = {0}; /* of k: regions that some of k is not in */

	for (const struct mass_member *t = m->first; t != NULL; t = t->next) {
		uint64_t places = places_of(t, place);

		for (unsigned k = 0; k < n; k++)
			if (places >> k & 1)
				without[k] |= ~places;
	}
	for (unsigned a = 0; a < n; a++)
		for (unsigned b = a + 1; b < n; b++)
			if ((without[a] >> b & 1) && (without[b] >> a & 1))
				return true;
	return false;
}

/*
 * Looking costs as much as there fails, and is asked at each fall: what was found holds
 * for a while, the longer the more there is to look at.
 */
static bool
is_massive(struct mass *m, int64_t now_ms)
{
	uint8_t place[MASS_REGIONS];
	unsigned n;

	if (m->failing_count < MASS_TARGETS)
		return false;
	if (now_ms < m->looked_until_ms)
		return m->was_massive;
	n = find_lost(m, place);
	m->was_massive = n >= 2 && has_two(m, place, n);
	m->looked_until_ms = now_ms + m->failing_count / 16;
	return m->was_massive;
}

bool
mass_fall(struct mass *m, struct mass_member *t, bool may_wait, int64_t now_ms)
{
	forget(m, now_ms);
	if (!t->is_up)
		return false; /* never seen well: no loss */
	set_failing(m, t, true);
	if (may_wait && is_massive(m, now_ms))
		return true;
	t->fell_ms = now_ms;
	return false;
}

bool
mass_is_due_for_all(struct mass *m, const struct mass_member *t, int64_t now_ms)
{
	if (!t->is_doubted || m->doubted_count < 2 ||
	    m->doubted_count * MASS_FEW < m->up_count ||
	    (m->asked_ms != 0 && now_ms - m->asked_ms < MASS_ALL_MS))
		return false;
	/* a region that has all of them has this one too: its loss is no mass */
	for (unsigned i = 0; i < t->region_count; i++)
		if (t->regions[i] < MASS_REGIONS &&
		    m->doubted[t->regions[i]] == m->doubted_count)
			return false;
	m->asked_ms = now_ms;
	return true;
}
