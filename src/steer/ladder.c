/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/ladder.h"

static bool
is_of(const struct pool *p, uint16_t endpoint, unsigned family)
{
	return p->is_names || p->endpoints[endpoint].family == family;
}

void
ladder_view_rung(const struct pool *p, const struct rung *r, unsigned family,
    const uint8_t *states, struct rung_view *out)
{
	struct rung_view v = {0};
	unsigned needed = p->spec->min_healthy;

	for (unsigned i = 0; i < r->count; i++) {
		uint16_t e = p->order[r->first + i];

		if (!is_of(p, e, family))
			continue;
		v.configured++;
		if (health_is_healthy((enum health_state)states[e]))
			v.healthy++;
	}
	if (p->spec->min_healthy_percent)
		needed = (v.configured * needed + 99) / 100;
	/* a rung can not be asked for more than it has, nor be content with nothing */
	if (needed > v.configured)
		needed = v.configured;
	v.needed = needed != 0 ? needed : 1;
	*out = v;
}

/* Classes of endpoints in the order in which a rung prefers them. */
static bool
is_in_class(const struct endpoint *e, enum health_state state, unsigned class)
{
	bool seen = state == HEALTH_UP || state == HEALTH_SUSPECT;

	switch (class) {
	case 0:
		return seen && e->weight != 0;
	case 1:
		return state == HEALTH_UNKNOWN && e->weight != 0;
	case 2:
		return seen;
	default:
		return health_is_healthy(state);
	}
}

/*
 * The rung's healthy endpoints: those that have been seen working; only where there are
 * none, those not yet known; those of weight 0 only where there is no other.
 */
static void
take_healthy(const struct pool *p, const struct rung *r, unsigned family,
    const uint8_t *states, struct pick *out)
{
	out->count = 0;
	for (unsigned class = 0; class < 4 && out->count == 0; class ++) {
		for (unsigned i = 0; i < r->count; i++) {
			uint16_t e = p->order[r->first + i];

			if (is_of(p, e, family) &&
			    is_in_class(
			        &p->endpoints[e], (enum health_state)states[e], class))
				out->endpoints[out->count++] = e;
		}
	}
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
pick_all_down(
    const struct pool *p, const struct ladder *l, unsigned family, struct pick *out)
{
	out->rung = -1;
	out->sufficient = false;
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
ladder_pick(const struct pool *p, unsigned ladder, unsigned family, const uint8_t *states,
    struct pick *out)
{
	const struct ladder *l = &p->ladders[ladder];
	unsigned most = 0;
	int best = -1;

	*out = (struct pick){
	    .kind = PICK_NO_FAMILY, .rung = -1, .endpoints = out->endpoints};
	for (size_t i = 0; i < l->count; i++) {
		const struct rung *r = &l->rungs[i];
		struct rung_view v;

		ladder_view_rung(p, r, family, states, &v);
		/* no dual-stack client is drawn to another continent by one family */
		if (i == 0 && v.configured == 0)
			return;
		if (v.healthy > most) {
			most = v.healthy;
			best = (int)i;
		}
		if (v.configured != 0 && v.healthy >= v.needed) {
			best = (int)i;
			out->sufficient = true;
			break;
		}
		if (best < 0 && p->spec->lost_family_nodata && v.configured != 0 &&
		    v.healthy == 0) {
			struct rung_view other;

			ladder_view_rung(p, r, !family, states, &other);
			if (other.configured != 0 && other.healthy >= other.needed) {
				out->kind = PICK_EMPTY;
				return;
			}
		}
	}
	if (best >= 0) {
		out->kind = PICK_RUNG;
		out->rung = best;
		take_healthy(p, &l->rungs[best], family, states, out);
	} else if (l->count != 0) {
		pick_all_down(p, l, family, out);
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
