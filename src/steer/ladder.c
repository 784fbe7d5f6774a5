/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/ladder.h"

static bool
is_of(const struct pool *p, uint16_t endpoint, unsigned family)
{
	return p->is_names || p->endpoints[endpoint].family == family;
}

void
ladder_view_rung(const struct pool *p, const struct rung *r, unsigned family,
    const uint8_t *standings, struct rung_view *out)
{
	struct rung_view v = {0};
	unsigned needed = p->spec->min_healthy;

	for (unsigned i = 0; i < r->count; i++) {
		uint16_t e = p->order[r->first + i];

		if (!is_of(p, e, family))
			continue;
		v.configured++;
		if (standing_is_healthy((enum standing)standings[e]))
			v.healthy++;
		else if (standings[e] == STANDING_DRAINED)
			v.drained++;
	}
	if (p->spec->min_healthy_percent)
		needed = (v.configured * needed + 99) / 100;
	/* a rung can not be asked for more than it has, nor be content with nothing */
	if (needed > v.configured)
		needed = v.configured;
	v.needed = needed != 0 ? needed : 1;
	*out = v;
}

/* Adds a rung's endpoints of one standing that have a weight, or that have none. */
static void
take(const struct pool *p, const struct rung *r, unsigned family,
    const uint8_t *standings, enum standing wanted, bool weighty, struct pick *out)
{
	for (unsigned i = 0; i < r->count; i++) {
		uint16_t e = p->order[r->first + i];

		if (is_of(p, e, family) && standings[e] == wanted &&
		    (p->endpoints[e].weight != 0) == weighty)
			out->endpoints[out->count++] = e;
	}
}

/*
 * The rung's healthy endpoints: those that have been seen working, the held ones among
 * them only where the others are too few; only where there are none, those not yet known;
 * those of weight 0 only where there is no other.
 */
static void
take_healthy(const struct pool *p, const struct rung *r, unsigned family,
    const uint8_t *standings, unsigned needed, struct pick *out)
{
	out->count = 0;
	for (unsigned weighty = 2; weighty-- > 0 && out->count == 0;) {
		take(p, r, family, standings, STANDING_UP, weighty, out);
		if (out->count < needed)
			take(p, r, family, standings, STANDING_HELD, weighty, out);
		if (out->count == 0)
			take(p, r, family, standings, STANDING_UNKNOWN, weighty, out);
	}
}

static void
take_drained(const struct pool *p, const struct rung *r, unsigned family,
    const uint8_t *standings, struct pick *out)
{
	out->count = 0;
	take(p, r, family, standings, STANDING_DRAINED, true, out);
	if (out->count == 0)
		take(p, r, family, standings, STANDING_DRAINED, false, out);
}

static void
take_all(const struct pool *p, const struct rung *r, unsigned family, struct pick *out)
{
	out->count = 0;
	for (unsigned i = 0; i < r->count; i++) {
		uint16_t e = p->order[r->first + i];

		if (is_of(p, e, family))
			out->endpoints[out->count++] = e;
	}
}

static void
take_rescue(const struct pool *p, unsigned family, struct pick *out)
{
	out->count = 0;
	for (size_t i = 0; i < p->endpoint_count; i++)
		if (p->endpoints[i].group == GROUP_RESCUE &&
		    is_of(p, (uint16_t)i, family))
			out->endpoints[out->count++] = (uint16_t)i;
}

/* Nothing on any rung is healthy, nor drained. */
static void
pick_all_down(
    const struct pool *p, const struct ladder *l, unsigned family, struct pick *out)
{
	take_rescue(p, family, out);
	if (out->count != 0) {
		out->kind = PICK_RESCUE;
		return;
	}
	if (p->spec->when_all_down == ALL_DOWN_CNAME) {
		out->kind = PICK_CNAME;
		return;
	}
	if (p->spec->when_all_down == ALL_DOWN_EMPTY) {
		out->kind = PICK_EMPTY;
		return;
	}
	/* a wrong "down" must not become an outage */
	out->kind = PICK_ALL;
	out->rung = 0;
	take_all(p, &l->rungs[0], family, out);
}

/* Has this rung lost just this family, so that its clients stay without it? */
static bool
is_lost(const struct pool *p, const struct rung *r, unsigned family,
    const uint8_t *standings, const struct rung_view *v)
{
	struct rung_view other;

	if (!p->spec->lost_family_nodata || v->configured == 0 || v->healthy != 0)
		return false;
	ladder_view_rung(p, r, !family, standings, &other);
	return other.configured != 0 && other.healthy >= other.needed;
}

void
ladder_pick_rung(const struct pool *p, unsigned ladder, unsigned family,
    const uint8_t *standings, unsigned rung, struct pick *out)
{
	const struct rung *r = &p->ladders[ladder].rungs[rung];
	struct rung_view v;

	*out = (struct pick){
	    .kind = PICK_RUNG, .rung = (int)rung, .endpoints = out->endpoints};
	ladder_view_rung(p, r, family, standings, &v);
	out->sufficient = v.healthy >= v.needed;
	if (v.healthy != 0) {
		take_healthy(p, r, family, standings, v.needed, out);
	} else if (is_lost(p, r, family, standings, &v)) {
		out->kind = PICK_EMPTY;
		out->rung = -1;
	} else {
		out->kind = PICK_DRAINED;
		take_drained(p, r, family, standings, out);
	}
}

/* What is known of the ladder so far. */
struct climb {
	int best; /* the rung with most healthy endpoints; -1: none has any */
	int drained; /* the first rung that has such; -1: none */
	unsigned most;
};

/* Does the climb end at this rung? may_be_lost: nothing healthy was passed before it. */
static bool
climb_rung(const struct pool *p, const struct ladder *l, unsigned rung, unsigned family,
    const uint8_t *standings, bool may_be_lost, struct climb *c)
{
	const struct rung *r = &l->rungs[rung];
	struct rung_view v;

	ladder_view_rung(p, r, family, standings, &v);
	if (v.healthy >= v.needed ||
	    (may_be_lost && is_lost(p, r, family, standings, &v)))
		return true;
	if (v.healthy > c->most) {
		c->best = (int)rung;
		c->most = v.healthy;
	}
	if (v.drained != 0 && c->drained < 0)
		c->drained = (int)rung;
	return false;
}

static unsigned
split_first(const struct ladder *l, unsigned rung)
{
	while (rung > 0 && l->rungs[rung].share != 0 && l->rungs[rung - 1].share != 0)
		rung--;
	return rung;
}

unsigned
ladder_split_end(const struct ladder *l, unsigned rung)
{
	unsigned end = rung + 1;

	while (l->rungs[rung].share != 0 && end < l->count && l->rungs[end].share != 0)
		end++;
	return end;
}

/* Of the rungs with shares those that are as good as the one the climb came to. */
static uint32_t
split_of(const struct pool *p, const struct ladder *l, unsigned rung, unsigned family,
    const uint8_t *standings)
{
	unsigned first = split_first(l, rung), end = ladder_split_end(l, rung);
	struct rung_view v, w;
	uint32_t split = 0;

	if (l->rungs[rung].share == 0)
		return 0;
	ladder_view_rung(p, &l->rungs[rung], family, standings, &v);
	for (unsigned i = first; i < end; i++) {
		ladder_view_rung(p, &l->rungs[i], family, standings, &w);
		if (v.healthy != 0 ? w.healthy == v.healthy : w.drained != 0)
			split |= UINT32_C(1) << (i - first);
	}
	return split;
}

void
ladder_pick(const struct pool *p, unsigned ladder, unsigned family,
    const uint8_t *standings, struct pick *out)
{
	const struct ladder *l = &p->ladders[ladder];
	struct climb c = {.best = -1, .drained = -1};
	uint32_t split = 0;
	int rung = -1;
	struct rung_view v;

	*out = (struct pick){
	    .kind = PICK_NO_FAMILY, .rung = -1, .endpoints = out->endpoints};
	if (l->count == 0) {
		/* no rung at all: only rescue addresses were written */
		take_rescue(p, family, out);
		if (out->count != 0)
			out->kind = PICK_RESCUE;
		return;
	}
	/* no dual-stack client is drawn to another continent by one family */
	ladder_view_rung(p, &l->rungs[0], family, standings, &v);
	if (v.configured == 0)
		return;
	for (unsigned i = 0; i < l->count && rung < 0;) {
		unsigned first = i, end = ladder_split_end(l, i);
		bool may_be_lost = c.best < 0; /* whichever of the group comes first */

		for (; i < end; i++) {
			if (!climb_rung(p, l, i, family, standings, may_be_lost, &c))
				continue;
			rung = rung < 0 ? (int)i : rung;
			split |= UINT32_C(1) << (i - first);
		}
	}
	if (rung < 0) {
		rung = c.best >= 0 ? c.best : c.drained;
		if (rung < 0) {
			pick_all_down(p, l, family, out);
			return;
		}
		split = split_of(p, l, (unsigned)rung, family, standings);
	}
	ladder_pick_rung(p, ladder, family, standings, (unsigned)rung, out);
	if ((split & (split - 1)) == 0)
		return;
	out->split = split;
	out->split_first = split_first(l, (unsigned)rung);
}

const char *
pick_kind_text(enum pick_kind k)
{
	switch (k) {
	case PICK_RUNG:
		return "rung";
	case PICK_DRAINED:
		return "drained";
	case PICK_RESCUE:
		return "rescue";
	case PICK_ALL:
		return "serve-all";
	case PICK_CNAME:
		return "cname";
	case PICK_EMPTY:
		return "empty";
	case PICK_BLACKHOLE:
		return "blackhole";
	case PICK_NO_FAMILY:
		return "no-family";
	}
	return "?";
}
