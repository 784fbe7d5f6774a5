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

/* Nothing on any rung is healthy. */
static void
pick_all_down(const struct pool *p, const struct ladder *l, unsigned family,
    const uint8_t *standings, struct pick *out)
{
	out->sufficient = false;
	for (size_t i = 0; i < l->count; i++) {
		take_drained(p, &l->rungs[i], family, standings, out);
		if (out->count == 0)
			continue;
		out->kind = PICK_DRAINED;
		out->rung = (int)i;
		return;
	}
	out->rung = -1;
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

void
ladder_pick(const struct pool *p, unsigned ladder, unsigned family,
    const uint8_t *standings, struct pick *out)
{
	const struct ladder *l = &p->ladders[ladder];
	struct rung_view v, used = {0};
	int best = -1;

	*out = (struct pick){
	    .kind = PICK_NO_FAMILY, .rung = -1, .endpoints = out->endpoints};
	for (size_t i = 0; i < l->count; i++) {
		const struct rung *r = &l->rungs[i];

		ladder_view_rung(p, r, family, standings, &v);
		/* no dual-stack client is drawn to another continent by one family */
		if (i == 0 && v.configured == 0)
			return;
		if (v.configured != 0 && v.healthy >= v.needed) {
			best = (int)i;
			used = v;
			out->sufficient = true;
			break;
		}
		if (v.healthy > used.healthy) {
			best = (int)i;
			used = v;
		}
		if (best < 0 && p->spec->lost_family_nodata && v.configured != 0) {
			struct rung_view other;

			ladder_view_rung(p, r, !family, standings, &other);
			if (other.configured != 0 && other.healthy >= other.needed) {
				out->kind = PICK_EMPTY;
				return;
			}
		}
	}
	if (best >= 0) {
		out->kind = PICK_RUNG;
		out->rung = best;
		take_healthy(p, &l->rungs[best], family, standings, used.needed, out);
	} else if (l->count != 0) {
		pick_all_down(p, l, family, standings, out);
	} else {
		/* no rung at all: only rescue addresses were written */
		take_rescue(p, family, out);
		out->kind = out->count != 0 ? PICK_RESCUE : PICK_NO_FAMILY;
	}
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
	case PICK_NO_FAMILY:
		return "no-family";
	}
	return "?";
}
