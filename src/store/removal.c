/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/removal_inside.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

/* ---- lists ---- */

void
removal_unlink(struct removal *m)
{
	*m->at = m->next;
	if (m->next != NULL)
		m->next->at = m->at;
}

void
removal_link(struct removal **list, struct removal *m)
{
	m->next = *list;
	if (m->next != NULL)
		m->next->at = &m->next;
	*list = m;
	m->at = list;
}

void
removal_move(struct removals *r, struct removal *m, enum removal_state state)
{
	removal_unlink(m);
	m->state = state;
	removal_link(&r->lists[state], m);
}

void
removal_free(struct removal *m)
{
	removal_unlink(m);
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
			removal_free(r->lists[s]);
	for (size_t i = 0; i <= r->census->count; i++) {
		struct census_zone *z =
		    i < r->census->count ? r->census->zones[i] : &r->census->pools;

		while (z->held != NULL)
			removal_free(z->held);
	}
}

void
removal_go(struct removals *r, struct removal *m)
{
	if (m->fewer == 0 && m->hides == 0) {
		census_go(r->census, m->zone, r->index, m->entry);
	} else if (!m->is_going) {
		m->is_going = true;
		r->census->going_endpoints += m->fewer;
		m->zone->going += m->hides;
	}
}

void
removal_stay(struct removals *r, struct removal *m)
{
	if (m->fewer == 0 && m->hides == 0) {
		census_stay(r->census, m->zone, r->index, m->entry);
	} else if (m->is_going) {
		r->census->going_endpoints -= m->fewer;
		m->zone->going -= m->hides;
	}
	m->is_going = false;
}

bool
removals_is_unknown(const struct entry *e)
{
	return (e->flags & ENTRY_REMOVAL) && e->removal->sum != 0 &&
	       e->removal->fields.count == 0;
}

void
removals_know(struct removals *r, struct entry *e, struct fields *fields, uint16_t fewer)
{
	struct removal *m = e->removal;

	removal_stay(r, m);
	m->fewer = fewer;
	m->fields = *fields;
	*fields = (struct fields){0};
	removal_go(r, m);
}

bool
removals_is_held(const struct entry *e, uint64_t sum)
{
	return (e->flags & ENTRY_REMOVAL) && e->removal->state == REMOVAL_HELD &&
	       e->removal->sum == sum;
}

struct removal *
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
	removal_link(&r->lists[state], m);
	return m;
}

/* ---- deciding ---- */

void
removals_swept(struct removals *r, bool complete, size_t accepted)
{
	struct removal *m, *next;

	for (m = r->lists[REMOVAL_SWEPT]; m != NULL; m = next) {
		next = m->next;
		if (complete)
			removal_move(r, m, REMOVAL_GATHERED);
		else
			removal_free(m);
	}
	if (!complete)
		return;
	if (!r->gathered)
		r->gathered_due = (struct mono){0};
	r->gathered = true;
	r->accepted = accepted;
}

static void
free_all(struct removals *r, enum removal_state state)
{
	while (r->lists[state] != NULL)
		removal_free(r->lists[state]);
}

void
removals_lost(struct removals *r)
{
	free_all(r, REMOVAL_WAITING);
	free_all(r, REMOVAL_GATHERED);
	r->gathered = false;
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
			removal_move(r, m, REMOVAL_READY);
		else if (soonest < 0 || left < soonest)
			soonest = left;
	}
	return soonest;
}

/* What a full read missed is ready all at once. */
static int64_t
end_gathering(struct removals *r, struct mono now)
{
	size_t gone = r->held_count;
	int64_t left;

	if (!r->gathered)
		return -1;
	if (mono_is_never(r->gathered_due))
		r->gathered_due = mono_add_ms(now, REMOVAL_WAIT_MS);
	left = mono_diff_ms(r->gathered_due, now);
	if (left > 0 && r->lists[REMOVAL_GATHERED] != NULL)
		return left;
	while (r->lists[REMOVAL_GATHERED] != NULL) {
		struct removal *m = r->lists[REMOVAL_GATHERED];

		gone += m->fewer == 0 && m->hides == 0;
		removal_move(r, m, REMOVAL_READY);
	}
	r->emptied = gone >= r->accepted;
	r->gathered = false;
	r->read_again = true;
	return -1;
}

static int64_t
sooner(int64_t a, int64_t b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
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
		removal_go(r, m);
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

void
removal_carry_out(struct removals *r, struct removal *m)
{
	struct fields fields = m->fields;
	struct entry *e = m->entry;
	uint64_t sum = m->sum;

	removal_unmark(r, m);
	if (m->zone != NULL)
		removal_stay(r, m);
	m->fields = (struct fields){0};
	removal_free(m);
	r->go(r->ctx, e, sum, &fields);
	fields_fini(&fields);
}

/* The guard's word on one; NULL: it may go. */
static const char *
find_reason(
    const struct removals *r, const struct removal *m, const struct buf *endpoints)
{
	const struct census_zone *z = m->zone;

	if (z == NULL || z->deleted)
		return NULL;
	if (m->hides != 0)
		return z->verdict != GUARD_PASS ? z->why : NULL;
	if (!(m->entry->flags & ENTRY_EMITTED))
		return NULL;
	if (m->fewer != 0)
		return endpoints->len != 0 ? buf_text(endpoints) : NULL;
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
	int64_t next = sooner(end_waiting(r, now), end_gathering(r, now));
	int64_t quiet = removals_end_quiet(r, now);
	struct buf endpoints = {0};
	struct removal *m, *after;
	size_t held = r->held_count;

	if (r->lists[REMOVAL_READY] != NULL)
		judge(r, now, &endpoints);
	for (m = r->lists[REMOVAL_READY]; m != NULL; m = after) {
		const char *why = find_reason(r, m, &endpoints);

		after = m->next;
		if (why != NULL)
			removals_hold(r, m, why);
	}
	while (r->lists[REMOVAL_READY] != NULL)
		removal_carry_out(r, r->lists[REMOVAL_READY]);
	r->emptied = false;
	if (r->held_count != held)
		removals_tell_held(r);
	if (r->read_again)
		removals_end_mass(r);
	r->read_again = false;
	buf_fini(&endpoints);
	return sooner(next, quiet);
}
