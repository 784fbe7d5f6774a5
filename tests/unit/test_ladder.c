/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdio.h>

#include "pool_make.h"
#include "steer/ladder.h"

static struct geo *geo;

/* ---- what DESIGN says, written a second time, as sets ---- */

struct expected {
	enum pick_kind kind;
	int rung;
	bool sufficient;
	uint64_t set; /* endpoints, by bit */
};

static bool
healthy(uint8_t s)
{
	return s == HEALTH_UNKNOWN || s == HEALTH_UP || s == HEALTH_SUSPECT;
}

static uint64_t
configured_set(const struct pool *p, const struct rung *r, unsigned family)
{
	uint64_t set = 0;

	for (unsigned i = 0; i < r->count; i++) {
		uint16_t e = p->order[r->first + i];

		if (p->endpoints[e].family == family)
			set |= UINT64_C(1) << e;
	}
	return set;
}

static uint64_t
healthy_set(uint64_t set, const uint8_t *states)
{
	for (unsigned e = 0; e < 64; e++)
		if ((set >> e & 1) && !healthy(states[e]))
			set &= ~(UINT64_C(1) << e);
	return set;
}

static unsigned
size(uint64_t set)
{
	return (unsigned)__builtin_popcountll(set);
}

static bool
is_sufficient(const struct pool *p, uint64_t configured, const uint8_t *states)
{
	unsigned need = p->spec->min_healthy, have = size(configured);

	if (have == 0)
		return false;
	if (p->spec->min_healthy_percent)
		need = (have * need + 99) / 100;
	if (need > have)
		need = have;
	if (need == 0)
		need = 1;
	return size(healthy_set(configured, states)) >= need;
}

/* Of a rung's healthy: no weight 0 beside others, then no unknown beside known. */
static uint64_t
served_set(const struct pool *p, uint64_t set, const uint8_t *states)
{
	uint64_t weighty = 0, known = 0;

	for (unsigned e = 0; e < p->endpoint_count; e++)
		if ((set >> e & 1) && p->endpoints[e].weight != 0)
			weighty |= UINT64_C(1) << e;
	if (weighty != 0)
		set = weighty;
	for (unsigned e = 0; e < p->endpoint_count; e++)
		if ((set >> e & 1) && states[e] != HEALTH_UNKNOWN)
			known |= UINT64_C(1) << e;
	return known != 0 ? known : set;
}

static uint64_t
rescue_set(const struct pool *p, unsigned family)
{
	uint64_t set = 0;

	for (unsigned e = 0; e < p->endpoint_count; e++)
		if (p->endpoints[e].group == GROUP_RESCUE &&
		    p->endpoints[e].family == family)
			set |= UINT64_C(1) << e;
	return set;
}

static struct expected
expect_all_down(const struct pool *p, uint64_t first, unsigned family)
{
	struct expected x = {.rung = -1, .set = rescue_set(p, family)};

	x.kind = PICK_RESCUE;
	if (x.set != 0)
		return x;
	switch (p->spec->when_all_down) {
	case ALL_DOWN_CNAME:
		x.kind = PICK_CNAME;
		break;
	case ALL_DOWN_EMPTY:
		x.kind = PICK_EMPTY;
		break;
	case ALL_DOWN_SERVE_ALL:
		x = (struct expected){PICK_ALL, 0, false, first};
		break;
	}
	return x;
}

/* lost_family: nodata: a rung lost this family alone before this family found one. */
static bool
has_lost_family(
    const struct pool *p, const struct ladder *l, unsigned family, const uint8_t *states)
{
	for (size_t i = 0; i < l->count; i++) {
		uint64_t mine = configured_set(p, &l->rungs[i], family);
		uint64_t other = configured_set(p, &l->rungs[i], !family);

		if (healthy_set(mine, states) != 0)
			return false;
		if (mine != 0 && is_sufficient(p, other, states))
			return true;
	}
	return false;
}

static struct expected
expect_pick(const struct pool *p, unsigned ladder, unsigned family, const uint8_t *states)
{
	const struct ladder *l = &p->ladders[ladder];
	uint64_t first = configured_set(p, &l->rungs[0], family);
	struct expected x = {PICK_RUNG, -1, false, 0};
	unsigned most = 0;

	if (first == 0)
		return (struct expected){PICK_NO_FAMILY, -1, false, 0};
	if (p->spec->lost_family_nodata && has_lost_family(p, l, family, states))
		return (struct expected){PICK_EMPTY, -1, false, 0};
	for (size_t i = 0; i < l->count && !x.sufficient; i++)
		if (is_sufficient(p, configured_set(p, &l->rungs[i], family), states)) {
			x.rung = (int)i;
			x.sufficient = true;
		}
	for (size_t i = 0; i < l->count && !x.sufficient; i++) {
		unsigned n =
		    size(healthy_set(configured_set(p, &l->rungs[i], family), states));

		if (n > most) {
			most = n;
			x.rung = (int)i;
		}
	}
	if (x.rung < 0)
		return expect_all_down(p, first, family);
	x.set = served_set(
	    p, healthy_set(configured_set(p, &l->rungs[x.rung], family), states), states);
	return x;
}

static void
pick(const struct pool *p, unsigned ladder, unsigned family, const uint8_t *states,
    struct expected *out)
{
	uint16_t room[64];
	uint8_t standings[64];
	struct pick k = {.endpoints = room};

	for (size_t i = 0; i < p->endpoint_count; i++)
		standings[i] = (uint8_t)standing_of(
		    (enum health_state)states[i], false, OVERRIDE_AUTO);
	ladder_pick(p, ladder, family, standings, &k);
	*out = (struct expected){k.kind, k.rung, k.sufficient, 0};
	for (size_t i = 0; i < k.count; i++) {
		assert_false(out->set >> room[i] & 1); /* no endpoint twice */
		out->set |= UINT64_C(1) << room[i];
	}
}

/* ---- every state of small pools ---- */

/* What is varied beside health, each as the digits of one number. */
struct variant {
	unsigned min_healthy; /* 0..3 */
	unsigned all_down; /* 0..2 */
	unsigned shape; /* plain, fallback_only, spread: all */
	bool weights, rescue, lost_family;
};

enum { VARIANTS = 4 * 3 * 3 * 2 * 2 * 2, VARIED = 6 };

static struct variant
variant_of(unsigned n)
{
	struct variant v;

	v.min_healthy = n % 4;
	v.all_down = n / 4 % 3;
	v.shape = n / 12 % 3;
	v.weights = n / 36 % 2;
	v.rescue = n / 72 % 2;
	v.lost_family = n / 144 % 2;
	return v;
}

static struct pool *
small_pool(const struct variant *v)
{
	static const struct {
		uint32_t number;
		bool percent;
	} min_healthy[] = {{1, false}, {2, false}, {50, true}, {100, true}};
	struct config_pool *s = spec_new("small");

	spec_region(s, "weu",
	    v->weights ? "192.0.2.1 192.0.2.2*0 2001:db8::1"
	               : "192.0.2.1 192.0.2.2 2001:db8::1");
	spec_region(s, "ceu", "192.0.2.3");
	spec_region(s, "nnam", "2001:db8::2");
	spec_default(s, "192.0.2.4");
	if (v->rescue)
		spec_rescue(s, "192.0.2.9 192.0.2.10*0");
	spec_fallback(s, "weu", "nnam");
	s->min_healthy = min_healthy[v->min_healthy].number;
	s->min_healthy_percent = min_healthy[v->min_healthy].percent;
	s->when_all_down = (enum all_down)v->all_down;
	s->fallback_only = v->shape == 1;
	s->spread_all = v->shape == 2;
	s->lost_family_nodata = v->lost_family;
	return pool_make(s, geo);
}

static void
check_all(const struct pool *p, const uint8_t *states, const char *what)
{
	for (unsigned ladder = 0; ladder <= p->region_count; ladder++)
		for (unsigned family = 0; family < FAMILY_COUNT; family++) {
			struct expected want = expect_pick(p, ladder, family, states);
			struct expected got;

			pick(p, ladder, family, states, &got);
			if (got.kind == want.kind && got.rung == want.rung &&
			    got.sufficient == want.sufficient && got.set == want.set)
				continue;
			fprintf(stderr, "%s, ladder %u, family %u, states", what, ladder,
			    family);
			for (size_t i = 0; i < p->endpoint_count; i++)
				fprintf(stderr, " %u", states[i]);
			fprintf(stderr, ": %s/%d %#lx, not %s/%d %#lx\n",
			    pick_kind_text(got.kind), got.rung, (unsigned long)got.set,
			    pick_kind_text(want.kind), want.rung,
			    (unsigned long)want.set);
			fail();
		}
}

static void
every_state_of_small_pools(void **state)
{
	static const uint8_t of[] = {HEALTH_DOWN, HEALTH_UNKNOWN, HEALTH_UP};

	(void)state;
	for (unsigned n = 0; n < VARIANTS; n++) {
		struct variant v = variant_of(n);
		struct pool *p = small_pool(&v);
		uint8_t states[8] = {0};
		char what[32];

		snprintf(what, sizeof(what), "variant %u", n);
		for (unsigned code = 0; code < 729; code++) {
			for (unsigned i = 0, rest = code; i < VARIED; i++, rest /= 3)
				states[i] = of[rest % 3];
			states[6] = states[7] = HEALTH_DOWN; /* rescue is never withheld
			                                      */
			check_all(p, states, what);
		}
		pool_free(p);
	}
}

/* ---- cases by hand, as DESIGN words them ---- */

static void
expect(const struct pool *p, unsigned ladder, unsigned family, const char *states,
    enum pick_kind kind, int rung, uint64_t set)
{
	uint8_t s[16] = {0};
	struct expected got;

	for (size_t i = 0; states[i] != '\0'; i++)
		s[i] = states[i] == 'u'   ? HEALTH_UP
		       : states[i] == 's' ? HEALTH_SUSPECT
		       : states[i] == '?' ? HEALTH_UNKNOWN
		       : states[i] == 'r' ? HEALTH_RECOVERING
		                          : HEALTH_DOWN;
	pick(p, ladder, family, s, &got);
	assert_int_equal(got.kind, kind);
	assert_int_equal(got.rung, rung);
	assert_int_equal(got.set, set);
}

static void
by_hand(void **state)
{
	struct config_pool *s = spec_new("hand");
	struct pool *p;

	(void)state;
	spec_region(s, "weu", "192.0.2.1 192.0.2.2 2001:db8::1"); /* 0 1 2 */
	spec_region(s, "ceu", "192.0.2.3 192.0.2.4 2001:db8::2"); /* 3 4 5 */
	p = pool_make(s, geo);
	expect(p, 1, FAMILY_4, "uuuuuu", PICK_RUNG, 0, 3);
	expect(p, 1, FAMILY_4, "suuuuu", PICK_RUNG, 0, 3); /* suspect is served */
	expect(p, 1, FAMILY_4, "ruuuuu", PICK_RUNG, 0, 2); /* recovering is not */
	expect(p, 1, FAMILY_4, "?uuuuu", PICK_RUNG, 0, 2); /* unknown beside up */
	expect(p, 1, FAMILY_4, "?duuuu", PICK_RUNG, 0, 1); /* unknown alone */
	expect(p, 1, FAMILY_4, "dduuuu", PICK_RUNG, 1, 0x18);
	expect(p, 2, FAMILY_4, "uuuddd", PICK_RUNG, 1, 3);
	/* a region that has lost only IPv6 keeps its IPv4 clients */
	expect(p, 1, FAMILY_6, "uuduuu", PICK_RUNG, 1, 0x20);
	expect(p, 1, FAMILY_4, "uuduuu", PICK_RUNG, 0, 3);
	expect(p, 1, FAMILY_4, "dddddd", PICK_ALL, 0, 3);
	expect(p, 1, FAMILY_6, "dddddd", PICK_ALL, 0, 4);
	pool_free(p);
}

static void
lost_family_takes_what_is_left_of_it(void **state)
{
	struct config_pool *s = spec_new("hand");
	struct pool *p;

	(void)state;
	s->lost_family_nodata = true;
	s->min_healthy = 2;
	spec_region(s, "weu", "192.0.2.1 2001:db8::1 2001:db8::2"); /* 0 1 2 */
	spec_region(s, "ceu", "192.0.2.3 2001:db8::3"); /* 3 4 */
	p = pool_make(s, geo);
	expect(p, 1, FAMILY_6, "uddud", PICK_EMPTY, -1, 0);
	expect(p, 1, FAMILY_6, "ddduu", PICK_RUNG, 1, 0x10);
	/* one of two is not sufficient, but better than nothing */
	expect(p, 1, FAMILY_6, "duduD", PICK_RUNG, 0, 2);
	pool_free(p);
}

static void
only_rescue(void **state)
{
	struct config_pool *s = spec_new("rescue");
	struct pool *p;

	(void)state;
	spec_rescue(s, "192.0.2.1");
	p = pool_make(s, geo);
	expect(p, 0, FAMILY_4, "d", PICK_RESCUE, -1, 1);
	expect(p, 0, FAMILY_6, "d", PICK_NO_FAMILY, -1, 0);
	pool_free(p);
}

/* ---- properties of random pools ---- */

static uint64_t seed;

static unsigned
draw(unsigned below)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (unsigned)((seed * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % below;
}

/* Up to `most` endpoints, each with an address of its own. */
static const char *
draw_endpoints(unsigned most, unsigned *next, char *room, size_t len)
{
	unsigned n = draw(most + 1);
	size_t at = 0;

	room[0] = '\0';
	for (unsigned i = 0; i < n; i++, (*next)++)
		at += (size_t)snprintf(room + at, len - at,
		    draw(3) != 0 ? "192.0.2.%u*%u " : "2001:db8::%u*%u ", *next + 1,
		    draw(4));
	return room;
}

static struct pool *
draw_pool(void)
{
	static const char *const regions[] = {"weu", "ceu", "nnam", "seas", "oc", "saf"};
	struct config_pool *s = spec_new("drawn");
	unsigned next = 0;
	char room[512];

	for (size_t i = 0; i < COUNT(regions); i++) {
		char to[64];

		if (draw(2) == 0)
			continue;
		spec_region(s, regions[i], draw_endpoints(4, &next, room, sizeof(room)));
		snprintf(to, sizeof(to), "%s %s", regions[draw(6)], regions[draw(6)]);
		if (draw(2) == 0)
			spec_fallback(s, regions[i], to);
	}
	if (draw(2) == 0)
		spec_default(s, draw_endpoints(3, &next, room, sizeof(room)));
	if (draw(3) == 0)
		spec_rescue(s, draw_endpoints(2, &next, room, sizeof(room)));
	s->min_healthy_percent = draw(2) == 0;
	s->min_healthy = 1 + draw(s->min_healthy_percent ? 100 : 4);
	s->when_all_down = (enum all_down)draw(3);
	s->fallback_only = draw(4) == 0;
	s->spread_all = draw(3) == 0;
	s->lost_family_nodata = draw(6) == 0;
	return pool_make(s, geo);
}

static bool
is_empty(const struct expected *x)
{
	return x->set == 0 && x->kind != PICK_CNAME;
}

/* Health alone never empties, and nothing dead is served while something lives. */
static void
check_served(const struct pool *p, unsigned ladder, unsigned family,
    const uint8_t *states, const struct expected *x)
{
	const struct ladder *l = &p->ladders[ladder];
	uint64_t alive = 0;

	for (size_t i = 0; i < l->count; i++)
		alive |= healthy_set(configured_set(p, &l->rungs[i], family), states);
	if (is_empty(x)) {
		bool never_had =
		    l->count == 0 || configured_set(p, &l->rungs[0], family) == 0;

		assert_true(never_had || p->spec->lost_family_nodata ||
		            (p->spec->when_all_down == ALL_DOWN_EMPTY && alive == 0));
	}
	if (x->kind == PICK_RUNG) {
		assert_true(x->rung >= 0);
		assert_int_equal(x->set & ~alive, 0);
		assert_int_equal(
		    x->set & ~configured_set(p, &l->rungs[x->rung], family), 0);
	} else if (l->count != 0 && configured_set(p, &l->rungs[0], family) != 0 &&
	           !p->spec->lost_family_nodata) {
		assert_int_equal(alive, 0);
	}
}

/* One endpoint comes back: DESIGN 3, the invariant. */
static void
check_recovery(const struct pool *p, unsigned ladder, unsigned family,
    const struct expected *before, const uint8_t *states, uint16_t back)
{
	struct expected after;
	uint64_t rung;

	pick(p, ladder, family, states, &after);
	if (!is_empty(before))
		assert_false(is_empty(&after));
	if (after.kind == before->kind && after.rung == before->rung)
		return;
	assert_int_equal(after.kind, PICK_RUNG);
	rung = configured_set(p, &p->ladders[ladder].rungs[after.rung], family);
	assert_true(rung >> back & 1);
}

static void
check_states(const struct pool *p, uint8_t *states)
{
	uint16_t back = (uint16_t)draw((unsigned)p->endpoint_count);
	uint8_t was = states[back];

	for (unsigned ladder = 0; ladder <= p->region_count; ladder++)
		for (unsigned family = 0; family < FAMILY_COUNT; family++) {
			struct expected x;

			pick(p, ladder, family, states, &x);
			check_served(p, ladder, family, states, &x);
			/* who stays without a family that was lost has asked for that */
			if (healthy(was) || p->spec->lost_family_nodata)
				continue;
			states[back] = HEALTH_UP;
			check_recovery(p, ladder, family, &x, states, back);
			states[back] = was;
		}
}

static void
properties_of_random_pools(void **state)
{
	uint64_t began = seed = UINT64_C(0x5e87a47);

	(void)state;
	print_message("seed %#lx\n", (unsigned long)began);
	for (unsigned n = 0; n < 10000; n++) {
		struct pool *p = draw_pool();
		uint8_t states[64];

		for (unsigned k = 0; k < 10 && p->endpoint_count != 0; k++) {
			unsigned bad = draw(6); /* of five, so many are down */

			for (size_t i = 0; i < p->endpoint_count; i++)
				states[i] = draw(5) < bad ? (draw(2) ? HEALTH_DOWN
				                                     : HEALTH_RECOVERING)
				                          : (uint8_t)draw(3);
			check_states(p, states);
		}
		pool_free(p);
	}
}

static int
begin(void **state)
{
	(void)state;
	/* the five states by number, as they are drawn above */
	assert_true(HEALTH_UNKNOWN == 0 && HEALTH_UP == 1 && HEALTH_SUSPECT == 2);
	geo = geo_small();
	return 0;
}

static int
end(void **state)
{
	(void)state;
	geo_free(geo);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(by_hand),
	    cmocka_unit_test(lost_family_takes_what_is_left_of_it),
	    cmocka_unit_test(only_rescue),
	    cmocka_unit_test(every_state_of_small_pools),
	    cmocka_unit_test(properties_of_random_pools),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
