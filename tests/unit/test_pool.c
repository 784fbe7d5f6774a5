/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "base/buf.h"
#include "geo/country.h"
#include "pool_make.h"

/* "weu=0,1 ceu=2 default=4": the rungs of a ladder with what is on them. */
static char *
describe(const struct pool *p, unsigned ladder)
{
	const struct ladder *l = &p->ladders[ladder];
	struct buf b = {0};

	for (size_t i = 0; i < l->count; i++) {
		const struct rung *r = &l->rungs[i];

		buf_printf(&b, "%s%s=", i != 0 ? " " : "",
		    r->kind == RUNG_DEFAULT       ? "default"
		    : r->region < p->region_count ? p->regions[r->region].name
		                                  : "others");
		for (unsigned k = 0; k < r->count; k++)
			buf_printf(&b, "%s%u", k != 0 ? "," : "", p->order[r->first + k]);
	}
	return buf_take(&b);
}

static void
expect_ladder(const struct pool *p, unsigned ladder, const char *expected)
{
	char *text = describe(p, ladder);

	assert_string_equal(text != NULL ? text : "", expected);
	mem_free(text);
}

static struct config_pool *
four_regions(void)
{
	struct config_pool *s = spec_new("edge");

	spec_region(s, "weu", "192.0.2.1 192.0.2.2"); /* 0 1 */
	spec_region(s, "seas", "192.0.2.3"); /* 2 */
	spec_region(s, "nnam", "192.0.2.4"); /* 3 */
	spec_region(s, "ceu", "192.0.2.5 2001:db8::5"); /* 4 5 */
	spec_default(s, "192.0.2.6"); /* 6 */
	spec_rescue(s, "192.0.2.7"); /* 7 */
	return s;
}

static void
ladders_climb_by_distance(void **state)
{
	struct pool *p = pool_make(four_regions(), geo);

	(void)state;
	assert_int_equal(p->region_count, 4);
	assert_int_equal(p->endpoint_count, 8);
	/* nowhere: default, then the others as they were written */
	expect_ladder(p, 0, "default=6 weu=0,1 seas=2 nnam=3 ceu=4,5");
	expect_ladder(p, 1, "weu=0,1 default=6 ceu=4,5 nnam=3 seas=2");
	expect_ladder(p, 2, "seas=2 default=6 ceu=4,5 weu=0,1 nnam=3");
	expect_ladder(p, 4, "ceu=4,5 default=6 weu=0,1 nnam=3 seas=2");
	assert_int_equal(p->ladders[1].rungs[0].kind, RUNG_REGION);
	assert_int_equal(p->ladders[1].rungs[2].kind, RUNG_DISTANCE);
	assert_int_equal(p->endpoints[5].family, FAMILY_6);
	assert_int_equal(p->endpoints[4].family, FAMILY_4);
	assert_string_equal(pool_group_text(p, &p->endpoints[2]), "seas");
	assert_string_equal(pool_group_text(p, &p->endpoints[6]), "default");
	assert_string_equal(pool_group_text(p, &p->endpoints[7]), "rescue");
	pool_free(p);
}

static void
fallback_comes_before_default_and_once(void **state)
{
	struct config_pool *s = four_regions();
	struct pool *p;

	(void)state;
	/* itself, one twice, and regions that the pool or nobody has */
	spec_fallback(s, "weu", "nnam weu nnam oc atlantis seas");
	p = pool_make(s, geo);
	expect_ladder(p, 1, "weu=0,1 nnam=3 seas=2 default=6 ceu=4,5");
	assert_int_equal(p->ladders[1].rungs[1].kind, RUNG_FALLBACK);
	expect_ladder(p, 3, "nnam=3 default=6 weu=0,1 ceu=4,5 seas=2");
	pool_free(p);
}

static void
fallback_only_ends_the_ladder(void **state)
{
	struct config_pool *s = four_regions();
	struct pool *p;

	(void)state;
	s->fallback_only = true;
	spec_fallback(s, "weu", "ceu");
	p = pool_make(s, geo);
	expect_ladder(p, 0, "default=6 weu=0,1 seas=2 nnam=3 ceu=4,5");
	expect_ladder(p, 1, "weu=0,1 ceu=4,5");
	expect_ladder(p, 2, "seas=2");
	pool_free(p);
}

static void
spread_all_is_one_rung(void **state)
{
	struct config_pool *s = four_regions();
	struct pool *p;

	(void)state;
	s->spread_all = true;
	spec_fallback(s, "weu", "ceu");
	p = pool_make(s, geo);
	expect_ladder(p, 1, "weu=0,1 ceu=4,5 default=6 others=3,2");
	expect_ladder(p, 3, "nnam=3 default=6 others=0,1,4,5,2");
	pool_free(p);
}

static void
what_is_empty_or_unknown_is_left_out(void **state)
{
	struct config_pool *s = spec_new("edge");
	struct pool *p;

	(void)state;
	spec_region(s, "weu", "");
	spec_region(s, "atlantis", "192.0.2.1");
	spec_region(s, "ceu", "192.0.2.2");
	p = pool_make(s, geo);
	assert_int_equal(p->region_count, 1);
	assert_string_equal(p->regions[0].name, "ceu");
	assert_int_equal(p->endpoint_count, 1);
	expect_ladder(p, 0, "ceu=0");
	expect_ladder(p, 1, "ceu=0");
	pool_free(p);

	s = spec_new("rescue");
	spec_rescue(s, "192.0.2.2");
	p = pool_make(s, geo);
	expect_ladder(p, 0, "");
	pool_free(p);
}

static void
places_lead_to_ladders(void **state)
{
	static const struct {
		const char *client;
		unsigned ladder;
	} cases[] = {
	    {"10.2.3.4", 1}, /* weu */
	    {"10.1.2.3", 3}, /* nnam */
	    {"192.0.2.1", 0},
	    {"::ffff:10.1.0.1", 3},
	};
	struct pool *p = pool_make(four_regions(), geo);

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ip ip;
		uint8_t scope;
		uint16_t place;

		assert_int_equal(
		    ip_parse(cases[i].client, strlen(cases[i].client), &ip), OK);
		place = geo_find(geo, &ip, &scope);
		assert_int_equal(p->ladder_of_place[place], cases[i].ladder);
		assert_ptr_equal(pool_cell(p, place, FAMILY_6),
		    &p->cells[cases[i].ladder * FAMILY_COUNT + FAMILY_6]);
	}
	/* a place that is newer than the pool is nowhere */
	assert_ptr_equal(pool_cell(p, 65535, FAMILY_4), &p->cells[0]);
	pool_free(p);
}

static void
a_region_without_endpoints_sends_its_clients_nowhere(void **state)
{
	struct config_pool *s = spec_new("edge");
	struct ip ip = {4, {10, 2, 0, 1}};
	struct pool *p;
	uint8_t scope;

	(void)state;
	spec_region(s, "oc", "192.0.2.1");
	p = pool_make(s, geo);
	assert_int_equal(p->ladder_of_place[geo_find(geo, &ip, &scope)], 0);
	pool_free(p);
}

static void
names_are_told(void **state)
{
	struct config_pool *s = spec_new("cdn");
	struct pool *p;

	(void)state;
	spec_region(s, "weu", "=eu.cdn.example*3 =eu2.cdn.example");
	p = pool_make(s, geo);
	assert_true(p->is_names);
	assert_int_equal(p->endpoints[0].weight, 3);
	assert_int_equal(p->endpoints[0].name->len, 16);
	pool_free(p);
}

static void
too_many_endpoints_are_cut(void **state)
{
	struct config_pool *s = spec_new("large");
	struct config_endpoint *many;
	struct pool *p;

	(void)state;
	spec_region(s, "weu", "192.0.2.1");
	spec_region(s, "ceu", "192.0.2.2");
	many = mem_resize(s->regions[0].endpoints, POOL_ENDPOINTS_MAX + 9, sizeof(*many));
	for (size_t i = 1; i < POOL_ENDPOINTS_MAX + 9; i++)
		many[i] = many[0];
	s->regions[0].endpoints = many;
	s->regions[0].endpoint_count = POOL_ENDPOINTS_MAX + 9;
	p = pool_make(s, geo);
	assert_int_equal(p->endpoint_count, POOL_ENDPOINTS_MAX);
	/* ceu got none: it is no region of this pool */
	assert_int_equal(p->region_count, 1);
	assert_int_equal(p->ladders[0].rungs[0].count, POOL_ENDPOINTS_MAX);
	pool_free(p);
}

/* The configuration takes the codes of the countries that the geography knows. */
static void
countries_are_those_of_the_geography(void **state)
{
	unsigned count = 0;

	(void)state;
	for (char a = 'A'; a <= 'Z'; a++)
		for (char b = 'A'; b <= 'Z'; b++) {
			const char code[] = {a, b, '\0'};
			bool is_real = country_is_real(country_parse(code, 2));

			assert_int_equal(config_is_country(code), is_real);
			count += is_real;
		}
	assert_true(count > 240);
	assert_false(config_is_country("D "));
	assert_false(config_is_country(""));
	assert_false(config_is_country("DEU"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(countries_are_those_of_the_geography),
	    cmocka_unit_test(ladders_climb_by_distance),
	    cmocka_unit_test(fallback_comes_before_default_and_once),
	    cmocka_unit_test(fallback_only_ends_the_ladder),
	    cmocka_unit_test(spread_all_is_one_rung),
	    cmocka_unit_test(what_is_empty_or_unknown_is_left_out),
	    cmocka_unit_test(places_lead_to_ladders),
	    cmocka_unit_test(a_region_without_endpoints_sends_its_clients_nowhere),
	    cmocka_unit_test(names_are_told),
	    cmocka_unit_test(too_many_endpoints_are_cut),
	};

	return cmocka_run_group_tests(tests, geo_begin, geo_end);
}
