/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdio.h>

#include "ladder_reference.h"
#include "pool_make.h"

/* ---- every standing of small pools ---- */

/* What is varied beside health, each as the digits of one number. */
struct variant {
	unsigned min_healthy; /* 0..3 */
	unsigned all_down; /* 0..2 */
	unsigned shape; /* plain, fallback_only, spread: all, shares */
	bool weights, rescue, lost_family;
};

enum { SHAPES = 4, VARIANTS = 4 * 3 * SHAPES * 2 * 2 * 2 };

static struct variant
variant_of(unsigned n)
{
	struct variant v;

	v.min_healthy = n % 4;
	v.all_down = n / 4 % 3;
	v.shape = n / 12 % SHAPES;
	v.weights = n / 48 % 2;
	v.rescue = n / 96 % 2;
	v.lost_family = n / 192 % 2;
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
	spec_region(s, "ceu", "192.0.2.3 2001:db8::3");
	spec_region(s, "nnam", "192.0.2.5 2001:db8::2");
	spec_default(s, "192.0.2.4");
	if (v->rescue)
		spec_rescue(s, "192.0.2.9 192.0.2.10*0");
	spec_fallback(s, "weu", v->shape == 3 ? "nnam=7 ceu=3" : "nnam");
	s->min_healthy = min_healthy[v->min_healthy].number;
	s->min_healthy_percent = min_healthy[v->min_healthy].percent;
	s->when_all_down = (enum all_down)v->all_down;
	s->fallback_only = v->shape == 1;
	s->spread_all = v->shape == 2;
	s->lost_family_nodata = v->lost_family;
	return pool_make(s, geo);
}

static void
complain_of(const struct pool *p, const char *what, unsigned ladder, unsigned family,
    const uint8_t *standings, const struct expected *got, const struct expected *want)
{
	fprintf(stderr, "%s, ladder %u, family %u, standings ", what, ladder, family);
	for (size_t i = 0; i < p->endpoint_count; i++)
		fputc("u?hDd"[standings[i]], stderr);
	fprintf(stderr, ": %s/%d/%d %#lx, not %s/%d/%d %#lx\n", pick_kind_text(got->kind),
	    got->rung, got->sufficient, (unsigned long)got->set,
	    pick_kind_text(want->kind), want->rung, want->sufficient,
	    (unsigned long)want->set);
	fail();
}

/* Each ladder, each family, and each region of a split first. */
static void
check_all(const struct pool *p, const uint8_t *standings, const char *what)
{
	for (unsigned ladder = 0; ladder <= p->region_count; ladder++)
		for (unsigned n = 0; n < FAMILY_COUNT * 2; n++) {
			const struct ladder *l = &p->ladders[ladder];
			unsigned order[RUNGS_MAX], family = n / 2;
			struct expected want, got;

			order_turned(l, n % 2, order);
			want = reference_pick(p, l, order, family, standings);
			pick_for(p, ladder, order, family, standings, &got);
			if (got.kind != want.kind || got.rung != want.rung ||
			    got.sufficient != want.sufficient || got.set != want.set)
				complain_of(
				    p, what, ladder, family, standings, &got, &want);
		}
}

/*
 * weu: 0 1 (IPv4) 2 (IPv6), ceu: 3 (4) 4 (6), nnam: 5 (4) 6 (6), default: 7; rescue.
 * IPv4 goes through all standings but for the last two endpoints; of IPv6, and there,
 * all that makes a difference between families: up, drained, down.
 */
static const unsigned standings_of[] = {5, 5, 3, 5, 3, 3, 3, 3};

static void
standings_by_code(unsigned code, uint8_t standings[16])
{
	static const uint8_t few[] = {STANDING_UP, STANDING_DRAINED, STANDING_DOWN};

	memset(standings, STANDING_DOWN, 16); /* rescue is never withheld */
	for (unsigned i = 0; i < COUNT(standings_of); i++) {
		unsigned digit = code % standings_of[i];

		standings[i] = standings_of[i] == 5 ? (uint8_t)digit : few[digit];
		code /= standings_of[i];
	}
}

/* LADDER_ALL=1: all of them (a minute); else every 41st, another one for each variant. */
static void
every_standing_of_small_pools(void **state)
{
	unsigned step = getenv("LADDER_ALL") != NULL ? 1 : 41, codes = 1;

	(void)state;
	for (unsigned i = 0; i < COUNT(standings_of); i++)
		codes *= standings_of[i];
	for (unsigned n = 0; n < VARIANTS; n++) {
		struct variant v = variant_of(n);
		struct pool *p = small_pool(&v);
		uint8_t standings[16];
		char what[32];

		snprintf(what, sizeof(what), "variant %u", n);
		for (unsigned code = n % step; code < codes; code += step) {
			standings_by_code(code, standings);
			check_all(p, standings, what);
		}
		pool_free(p);
	}
}

/* One region, up to four endpoints, each standing of each, each min_healthy. */
static void
every_standing_of_one_rung(void **state)
{
	static const char *const endpoints[] = {"192.0.2.1", "192.0.2.1 192.0.2.2*0",
	    "192.0.2.1 192.0.2.2 192.0.2.3*0", "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4"};

	(void)state;
	for (unsigned n = 0; n < COUNT(endpoints); n++)
		for (unsigned min = 1; min <= 5; min++) {
			struct config_pool *s = spec_new("rung");
			unsigned codes = 1;
			struct pool *p;

			s->min_healthy = min;
			spec_region(s, "weu", endpoints[n]);
			p = pool_make(s, geo);
			for (unsigned i = 0; i <= n; i++)
				codes *= 5;
			for (unsigned code = 0; code < codes; code++) {
				uint8_t standings[16] = {0};

				for (unsigned i = 0, rest = code; i <= n; i++, rest /= 5)
					standings[i] = (uint8_t)(rest % 5);
				check_all(p, standings, endpoints[n]);
			}
			pool_free(p);
		}
}

/* ---- cases by hand, as DESIGN words them ---- */

static void
expect(const struct pool *p, unsigned ladder, unsigned family, const char *standings,
    enum pick_kind kind, int rung, set_of set)
{
	unsigned order[RUNGS_MAX];
	uint8_t s[16] = {0};
	struct expected got;

	for (size_t i = 0; standings[i] != '\0'; i++)
		s[i] = (uint8_t)(strchr("u?hDd", standings[i]) - "u?hDd");
	order_turned(&p->ladders[ladder], 0, order);
	pick_for(p, ladder, order, family, s, &got);
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
	expect(p, 1, FAMILY_4, "duuuuu", PICK_RUNG, 0, 2);
	expect(p, 1, FAMILY_4, "Duuuuu", PICK_RUNG, 0, 2); /* drained is not healthy */
	expect(p, 1, FAMILY_4, "huuuuu", PICK_RUNG, 0, 2); /* held, and another is up */
	expect(p, 1, FAMILY_4, "hduuuu", PICK_RUNG, 0, 1); /* held alone is served */
	expect(p, 1, FAMILY_4, "h?uuuu", PICK_RUNG, 0, 1); /* seen before unseen */
	expect(p, 1, FAMILY_4, "dDdddd", PICK_DRAINED, 0, 2);
	expect(p, 1, FAMILY_4, "dddDDd", PICK_DRAINED, 1, 0x18);
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
	expect(p, 1, FAMILY_6, "dudud", PICK_RUNG, 0, 2);
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

static void
drained_before_rescue(void **state)
{
	struct config_pool *s = spec_new("drained");
	struct pool *p;

	(void)state;
	s->when_all_down = ALL_DOWN_EMPTY;
	spec_region(s, "weu", "192.0.2.1 192.0.2.2*0"); /* 0 1 */
	spec_default(s, "192.0.2.3"); /* 2 */
	spec_rescue(s, "192.0.2.9"); /* 3 */
	p = pool_make(s, geo);
	expect(p, 1, FAMILY_4, "DDDd", PICK_DRAINED, 0, 1); /* weight 0 is left */
	expect(p, 1, FAMILY_4, "dDDd", PICK_DRAINED, 0, 2);
	expect(p, 1, FAMILY_4, "ddDd", PICK_DRAINED, 1, 4);
	expect(p, 1, FAMILY_4, "dddd", PICK_RESCUE, -1, 8);
	expect(p, 1, FAMILY_4, "DDud", PICK_RUNG, 1, 4);
	pool_free(p);
}

static void
held_where_others_are_too_few(void **state)
{
	struct config_pool *s = spec_new("held");
	struct pool *p;

	(void)state;
	s->min_healthy = 2;
	spec_region(s, "weu", "192.0.2.1 192.0.2.2 192.0.2.3"); /* 0 1 2 */
	spec_region(s, "ceu", "192.0.2.4 192.0.2.5"); /* 3 4 */
	p = pool_make(s, geo);
	expect(p, 1, FAMILY_4, "uuhuu", PICK_RUNG, 0, 3);
	expect(p, 1, FAMILY_4, "uhhuu", PICK_RUNG, 0, 7); /* one is too few: all three */
	expect(p, 1, FAMILY_4, "udhuu", PICK_RUNG, 0, 5);
	expect(
	    p, 1, FAMILY_4, "hhduu", PICK_RUNG, 0, 3); /* held is healthy: no fallback */
	expect(p, 1, FAMILY_4, "hdduu", PICK_RUNG, 1, 0x18);
	pool_free(p);
}

/* An address of two regions is one record of the rung that spreads over both. */
static void
one_rung_holds_no_address_twice(void **state)
{
	struct config_pool *s = spec_new("twins");
	struct pool *p;

	(void)state;
	s->spread_all = true;
	spec_region(s, "weu", "192.0.2.1"); /* 0 */
	spec_region(s, "ceu", "192.0.2.2 192.0.2.3"); /* 1 2 */
	spec_region(s, "eeu", "192.0.2.3 192.0.2.4 192.0.2.2"); /* 3 4 5 */
	p = pool_make(s, geo);
	assert_int_equal(p->endpoints[3].twin, 2);
	assert_int_equal(p->endpoints[5].twin, 1);
	expect(p, 1, FAMILY_4, "duuuuu", PICK_RUNG, 1, 0x16);
	expect(p, 3, FAMILY_4, "uuuuuu", PICK_RUNG, 0, 0x38); /* its own are all there */
	pool_free(p);
}

static void
shares_split_the_clients(void **state)
{
	struct config_pool *s = spec_new("split");
	struct pick k = {.endpoints = (uint16_t[16]){0}};
	uint8_t standings[16] = {STANDING_DOWN};
	struct pool *p;

	(void)state;
	spec_region(s, "weu", "192.0.2.1");
	spec_region(s, "ceu", "192.0.2.2");
	spec_region(s, "eeu", "192.0.2.3");
	spec_region(s, "nnam", "192.0.2.4");
	spec_fallback(s, "weu", "ceu=5 eeu=3 nnam=2");
	p = pool_make(s, geo);
	assert_int_equal(p->ladders[1].rungs[1].share, 5);
	assert_int_equal(p->ladders[1].rungs[3].share, 2);
	ladder_pick(p, 1, FAMILY_4, standings, &k);
	assert_int_equal(k.split, 7);
	assert_int_equal(k.split_first, 1);
	standings[2] = STANDING_DOWN;
	ladder_pick(p, 1, FAMILY_4, standings, &k);
	assert_int_equal(k.split, 5);
	standings[1] = STANDING_DRAINED;
	ladder_pick(p, 1, FAMILY_4, standings, &k);
	assert_int_equal(k.split, 0); /* one is left */
	assert_int_equal(k.rung, 3);
	standings[0] = STANDING_UP;
	ladder_pick(p, 1, FAMILY_4, standings, &k);
	assert_int_equal(k.split, 0); /* the region itself is well */
	assert_int_equal(k.rung, 0);
	pool_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(by_hand),
	    cmocka_unit_test(lost_family_takes_what_is_left_of_it),
	    cmocka_unit_test(only_rescue),
	    cmocka_unit_test(drained_before_rescue),
	    cmocka_unit_test(held_where_others_are_too_few),
	    cmocka_unit_test(one_rung_holds_no_address_twice),
	    cmocka_unit_test(shares_split_the_clients),
	    cmocka_unit_test(every_standing_of_one_rung),
	    cmocka_unit_test(every_standing_of_small_pools),
	};

	return cmocka_run_group_tests(tests, geo_begin, geo_end);
}
