/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "dns/wire.h"
#include "pool_make.h"
#include "steer/choice.h"

static const struct mono never = {0};

/* The choice of ladder 1 with all endpoints in one state. */
static struct choice *
choose(
    const struct pool *p, unsigned family, const uint8_t *standings, struct mono pending)
{
	uint16_t room[64];
	struct pick pick = {.endpoints = room};

	ladder_pick(p, p->region_count != 0, family, standings, &pick);
	return choice_new(p, &pick, pending);
}

static struct pool *
pool_of(const char *weu, uint32_t max_answers)
{
	struct config_pool *s = spec_new("edge");

	spec_region(s, "weu", weu);
	s->max_answers = max_answers;
	return pool_make(s, geo);
}

static void
all_standings(uint8_t standings[64], enum standing s)
{
	memset(standings, (int)s, 64);
}

static void
rrs_stand_ready(void **state)
{
	static const uint8_t v4[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2,
	    1, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 2};
	static const uint8_t v6[] = {0xc0, 12, 0, 28, 0, 1, 0, 0, 0, 60, 0, 16, 0x20, 1,
	    0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5};
	struct pool *p = pool_of("192.0.2.1 192.0.2.2 2001:db8::5", 0);
	uint8_t standings[64];
	struct choice *c;

	(void)state;
	all_standings(standings, STANDING_UP);
	c = choose(p, FAMILY_4, standings, never);
	assert_int_equal(c->kind, CHOICE_ADDRESSES);
	assert_int_equal(c->count, 2);
	assert_int_equal(c->off[1], 16);
	assert_int_equal(c->off[2], sizeof(v4));
	assert_memory_equal(c->rr, v4, sizeof(v4));
	assert_false(c->weighted);
	assert_int_equal(c->endpoints[1], 1);
	choice_free(c);
	c = choose(p, FAMILY_6, standings, never);
	assert_int_equal(c->off[1], sizeof(v6));
	assert_memory_equal(c->rr, v6, sizeof(v6));
	assert_int_equal(c->endpoints[0], 2);
	choice_free(c);
	pool_free(p);
}

static void
how_many_are_taken(void **state)
{
	static const struct {
		const char *weu;
		uint32_t max;
		enum standing health;
		uint16_t count, take;
		bool weighted;
	} cases[] = {
	    {"192.0.2.1 192.0.2.2 192.0.2.3", 0, STANDING_UP, 3, 3, false},
	    {"192.0.2.1 192.0.2.2 192.0.2.3", 2, STANDING_UP, 3, 2, false},
	    {"192.0.2.1*2 192.0.2.2*2", 0, STANDING_UP, 2, 2, false}, /* alike */
	    {"192.0.2.1*2 192.0.2.2", 0, STANDING_UP, 2, 1, true},
	    {"192.0.2.1*2 192.0.2.2", 9, STANDING_UP, 2, 2, true},
	    /* weight 0 is not among those served, so the others do not differ */
	    {"192.0.2.1*0 192.0.2.2 192.0.2.3", 0, STANDING_UP, 2, 2, false},
	    /* serve-all gives all */
	    {"192.0.2.1*2 192.0.2.2 192.0.2.3", 1, STANDING_DOWN, 3, 3, true},
	    {"1.0.0.1 1.0.0.2 1.0.0.3 1.0.0.4 1.0.0.5 1.0.0.6 1.0.0.7 1.0.0.8 1.0.0.9", 0,
	        STANDING_UP, 9, 8, false},
	    {"1.0.0.1 1.0.0.2 1.0.0.3 1.0.0.4 1.0.0.5 1.0.0.6 1.0.0.7 1.0.0.8 1.0.0.9", 0,
	        STANDING_DOWN, 9, 9, false},
	    {"=a.example =b.example", 0, STANDING_UP, 2, 1, false}, /* RFC 2181 10.1 */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pool *p = pool_of(cases[i].weu, cases[i].max);
		uint8_t standings[64];
		struct choice *c;

		all_standings(standings, cases[i].health);
		c = choose(p, FAMILY_4, standings, never);
		assert_int_equal(c->count, cases[i].count);
		assert_int_equal(c->take, cases[i].take);
		assert_int_equal(c->weighted, cases[i].weighted);
		choice_free(c);
		pool_free(p);
	}
}

static void
weights_are_running_sums(void **state)
{
	struct pool *p = pool_of("192.0.2.1*3 192.0.2.2*65535 192.0.2.3*2", 0);
	uint8_t standings[64];
	struct choice *c;

	(void)state;
	all_standings(standings, STANDING_UP);
	c = choose(p, FAMILY_4, standings, never);
	assert_int_equal(c->weights[0], 3);
	assert_int_equal(c->weights[1], 65538);
	assert_int_equal(c->weights[2], 65540);
	choice_free(c);
	pool_free(p);
}

static void
what_is_left_when_all_is_down(void **state)
{
	struct config_pool *s = spec_new("edge");
	uint8_t standings[64];
	struct choice *c;
	struct pool *p;

	(void)state;
	all_standings(standings, STANDING_DOWN);
	spec_region(s, "weu", "192.0.2.1");
	s->when_all_down = ALL_DOWN_CNAME;
	assert_int_equal(
	    name_parse("old.example", 11, &name_root, &s->all_down_name), OK);
	p = pool_make(s, geo);
	c = choose(p, FAMILY_4, standings, never);
	assert_int_equal(c->kind, CHOICE_CNAME);
	assert_int_equal(c->take, 1);
	assert_int_equal(wire_get16(c->rr + 2), TYPE_CNAME);
	assert_memory_equal(c->rr + 10, "\0\x0d\3old\7example", 15);
	choice_free(c);
	/* a family that was never there has nothing to lose */
	c = choose(p, FAMILY_6, standings, never);
	assert_int_equal(c->kind, CHOICE_NODATA);
	assert_int_equal(c->count, 0);
	choice_free(c);
	p->spec->when_all_down = ALL_DOWN_EMPTY;
	c = choose(p, FAMILY_4, standings, never);
	assert_int_equal(c->kind, CHOICE_NODATA);
	choice_free(c);
	pool_free(p);
}

/* DESIGN "TTL": the pool's or the record's, the next change, 30 s when degraded. */
static void
ttl(void **state)
{
	static const struct {
		enum standing weu, ceu;
		uint32_t record_ttl;
		int64_t pending_ms; /* from now; 0: none */
		uint32_t ttl;
	} cases[] = {
	    {STANDING_UP, STANDING_UP, 0, 0, 60},
	    {STANDING_UP, STANDING_UP, 120, 0, 120},
	    {STANDING_UP, STANDING_UP, 5, 0, 5},
	    {STANDING_UP, STANDING_UP, 0, 25999, 25},
	    {STANDING_UP, STANDING_UP, 0, 90000, 60}, /* never above */
	    {STANDING_UP, STANDING_UP, 0, 10000, 10},
	    {STANDING_UP, STANDING_UP, 0, 9999, 10}, /* nor below ttl_min */
	    {STANDING_UP, STANDING_UP, 0, -500, 10}, /* overdue */
	    {STANDING_UP, STANDING_UP, 5, 1000, 5}, /* the record's own is below */
	    {STANDING_DOWN, STANDING_UP, 0, 0, 30}, /* second rung */
	    {STANDING_DOWN, STANDING_UP, 300, 0, 30},
	    {STANDING_DOWN, STANDING_UP, 20, 0, 20},
	    {STANDING_DOWN, STANDING_DOWN, 0, 0, 30}, /* all down */
	    {STANDING_DOWN, STANDING_UP, 0, 12000, 12},
	};
	struct config_pool *s = spec_new("edge");
	struct mono now = {1000000};
	struct pool *p;

	(void)state;
	spec_region(s, "weu", "192.0.2.1");
	spec_region(s, "ceu", "192.0.2.2");
	p = pool_make(s, geo);
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t standings[2] = {(uint8_t)cases[i].weu, (uint8_t)cases[i].ceu};
		struct mono at = cases[i].pending_ms != 0
		                     ? mono_add_ms(now, cases[i].pending_ms)
		                     : never;
		struct choice *c = choose(p, FAMILY_4, standings, at);

		assert_int_equal(choice_ttl(c, cases[i].record_ttl, now), cases[i].ttl);
		choice_free(c);
	}
	pool_free(p);
}

static void
equal_only_when_nobody_could_tell(void **state)
{
	struct pool *p = pool_of("192.0.2.1*2 192.0.2.2", 0);
	uint8_t up[2] = {STANDING_UP, STANDING_UP},
	        suspect[2] = {STANDING_UP, STANDING_UP},
	        one[2] = {STANDING_DOWN, STANDING_UP};
	struct choice *a = choose(p, FAMILY_4, up, never);
	struct choice *b = choose(p, FAMILY_4, suspect, never);
	struct choice *c = choose(p, FAMILY_4, suspect, (struct mono){5});
	struct choice *d = choose(p, FAMILY_4, one, never);

	(void)state;
	assert_true(choice_equal(a, b));
	assert_false(choice_equal(b, c)); /* the TTL differs */
	assert_false(choice_equal(a, d));
	choice_free(a);
	choice_free(b);
	choice_free(c);
	choice_free(d);
	pool_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rrs_stand_ready),
	    cmocka_unit_test(how_many_are_taken),
	    cmocka_unit_test(weights_are_running_sums),
	    cmocka_unit_test(what_is_left_when_all_is_down),
	    cmocka_unit_test(ttl),
	    cmocka_unit_test(equal_only_when_nobody_could_tell),
	};

	return cmocka_run_group_tests(tests, geo_begin, geo_end);
}
