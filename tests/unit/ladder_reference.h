/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ladder a second time, as sextant-steering(7) words it: naive, slow, over sets, for
 * one client whose fallback with shares is tried in an order of its own.
 */
#ifndef LADDER_REFERENCE_H
#define LADDER_REFERENCE_H

#include "steer/ladder.h"

typedef uint64_t set_of; /* endpoints of the pool, by bit */

enum { RUNGS_MAX = 32 };

struct expected {
	enum pick_kind kind;
	int rung;
	bool sufficient;
	set_of set;
};

static inline unsigned
set_size(set_of s)
{
	return (unsigned)__builtin_popcountll(s);
}

static inline set_of
set_configured(const struct pool *p, const struct rung *r, unsigned family)
{
	set_of s = 0;

	for (unsigned i = 0; i < r->count; i++) {
		uint16_t e = p->order[r->first + i];

		if (p->endpoints[e].family == family || p->is_names)
			s |= UINT64_C(1) << e;
	}
	return s;
}

/* Of a set, those of some standings. */
static inline set_of
set_standing(set_of s, const uint8_t *standings, const char *which)
{
	set_of out = 0;

	for (unsigned e = 0; e < 64; e++)
		if ((s >> e & 1) && strchr(which, "u?hDd"[standings[e]]) != NULL)
			out |= UINT64_C(1) << e;
	return out;
}

static inline set_of
set_weighty(const struct pool *p, set_of s, bool weighty)
{
	set_of out = 0;

	for (unsigned e = 0; e < p->endpoint_count; e++)
		if ((s >> e & 1) && (p->endpoints[e].weight != 0) == weighty)
			out |= UINT64_C(1) << e;
	return out;
}

static inline unsigned
reference_needed(const struct pool *p, set_of configured)
{
	unsigned have = set_size(configured), need = p->spec->min_healthy;

	if (p->spec->min_healthy_percent)
		need = (have * need + 99) / 100;
	if (need > have)
		need = have;
	return need < 1 ? 1 : need;
}

static inline bool
reference_is_sufficient(const struct pool *p, set_of configured, const uint8_t *standings)
{
	return configured != 0 && set_size(set_standing(configured, standings, "u?h")) >=
	                              reference_needed(p, configured);
}

/* What of a rung with something healthy is served. */
static inline set_of
reference_served(const struct pool *p, set_of configured, const uint8_t *standings)
{
	set_of healthy = set_standing(configured, standings, "u?h"), up, held;

	/* weight 0 only where nothing else is healthy */
	if (set_weighty(p, healthy, true) != 0)
		healthy = set_weighty(p, healthy, true);
	up = set_standing(healthy, standings, "u");
	held = set_standing(healthy, standings, "h");
	/* held ones are passed over where enough others are up */
	if (set_size(up) >= reference_needed(p, configured))
		return up;
	/* unknown ones only where nothing was seen working */
	return (up | held) != 0 ? up | held : healthy;
}

static inline set_of
reference_rescue(const struct pool *p, unsigned family)
{
	set_of s = 0;

	for (unsigned e = 0; e < p->endpoint_count; e++)
		if (p->endpoints[e].group == GROUP_RESCUE &&
		    (p->endpoints[e].family == family || p->is_names))
			s |= UINT64_C(1) << e;
	return s;
}

/* Is anything healthy on a rung before this one, those of its own split apart? */
static inline bool
reference_is_healthy_before(const struct pool *p, const struct ladder *l,
    const unsigned *order, unsigned at, unsigned family, const uint8_t *standings)
{
	for (unsigned i = 0; i < at; i++) {
		const struct rung *r = &l->rungs[order[i]];

		if (r->share != 0 && l->rungs[order[at]].share != 0)
			continue;
		if (set_standing(set_configured(p, r, family), standings, "u?h") != 0)
			return true;
	}
	return false;
}

static inline bool
reference_has_lost(
    const struct pool *p, const struct rung *r, unsigned family, const uint8_t *standings)
{
	set_of mine = set_configured(p, r, family), other = set_configured(p, r, !family);

	return p->spec->lost_family_nodata && mine != 0 &&
	       set_standing(mine, standings, "u?h") == 0 &&
	       reference_is_sufficient(p, other, standings);
}

static inline struct expected
reference_all_down(const struct pool *p, const struct ladder *l, unsigned family)
{
	set_of rescue = reference_rescue(p, family);

	if (rescue != 0)
		return (struct expected){PICK_RESCUE, -1, false, rescue};
	if (p->spec->when_all_down == ALL_DOWN_CNAME)
		return (struct expected){PICK_CNAME, -1, false, 0};
	if (p->spec->when_all_down == ALL_DOWN_EMPTY)
		return (struct expected){PICK_EMPTY, -1, false, 0};
	return (struct expected){
	    PICK_ALL, 0, false, set_configured(p, &l->rungs[0], family)};
}

/* order: the rungs as this client tries them. */
static inline struct expected
reference_pick(const struct pool *p, const struct ladder *l, const unsigned *order,
    unsigned family, const uint8_t *standings)
{
	const unsigned count = (unsigned)l->count;
	unsigned most = 0, best = 0;

	if (count == 0) {
		set_of rescue = reference_rescue(p, family);

		return (struct expected){
		    rescue != 0 ? PICK_RESCUE : PICK_NO_FAMILY, -1, false, rescue};
	}
	if (set_configured(p, &l->rungs[0], family) == 0)
		return (struct expected){PICK_NO_FAMILY, -1, false, 0};
	for (unsigned i = 0; i < count; i++) {
		const struct rung *r = &l->rungs[order[i]];
		set_of s = set_configured(p, r, family);

		if (reference_is_sufficient(p, s, standings))
			return (struct expected){PICK_RUNG, (int)order[i], true,
			    reference_served(p, s, standings)};
		if (reference_has_lost(p, r, family, standings) &&
		    !reference_is_healthy_before(p, l, order, i, family, standings))
			return (struct expected){PICK_EMPTY, -1, false, 0};
	}
	for (unsigned i = 0; i < count; i++) {
		set_of s = set_configured(p, &l->rungs[order[i]], family);

		if (set_size(set_standing(s, standings, "u?h")) > most) {
			most = set_size(set_standing(s, standings, "u?h"));
			best = order[i];
		}
	}
	if (most != 0)
		return (struct expected){PICK_RUNG, (int)best, false,
		    reference_served(
		        p, set_configured(p, &l->rungs[best], family), standings)};
	for (unsigned i = 0; i < count; i++) {
		set_of s = set_standing(
		    set_configured(p, &l->rungs[order[i]], family), standings, "D");

		if (s == 0)
			continue;
		return (struct expected){PICK_DRAINED, (int)order[i], false,
		    set_weighty(p, s, true) != 0 ? set_weighty(p, s, true) : s};
	}
	return reference_all_down(p, l, family);
}

/* What ladder_pick() says for a client that tries the rungs in this order. */
static inline void
pick_for(const struct pool *p, unsigned ladder, const unsigned *order, unsigned family,
    const uint8_t *standings, struct expected *out)
{
	uint16_t room[64];
	struct pick k = {.endpoints = room};

	ladder_pick(p, ladder, family, standings, &k);
	for (unsigned i = 0; k.split != 0 && i < p->ladders[ladder].count; i++) {
		unsigned rung = order[i];

		if (rung < k.split_first || rung - k.split_first >= 32 ||
		    !(k.split >> (rung - k.split_first) & 1))
			continue;
		ladder_pick_rung(p, ladder, family, standings, rung, &k);
		break;
	}
	*out = (struct expected){k.kind, k.rung, k.sufficient, 0};
	for (size_t i = 0; i < k.count; i++) {
		assert_false(out->set >> room[i] & 1); /* no endpoint twice */
		out->set |= UINT64_C(1) << room[i];
	}
}

/* The rungs as they stand, with those of a split turned by so many. */
static inline void
order_turned(const struct ladder *l, unsigned turn, unsigned order[RUNGS_MAX])
{
	unsigned first = 0, end;

	assert_true(l->count <= RUNGS_MAX);
	for (unsigned i = 0; i < l->count; i++)
		order[i] = i;
	while (first < l->count && l->rungs[first].share == 0)
		first++;
	for (end = first; end < l->count && l->rungs[end].share != 0; end++)
		continue;
	for (unsigned i = first; i < end; i++)
		order[i] = first + (i - first + turn) % (end - first);
}

#endif
