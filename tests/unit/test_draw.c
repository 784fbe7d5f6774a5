/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <math.h>

#include "pool_make.h"
#include "serve/draw.h"

enum { DRAWS = 100000, MOST = 8 };

static uint64_t state64 = UINT64_C(0x9e3779b97f4a7c15);

/* As serve/answer.c draws its words. */
static uint32_t
next_word(void)
{
	state64 ^= state64 >> 12;
	state64 ^= state64 << 25;
	state64 ^= state64 >> 27;
	return (uint32_t)(state64 * UINT64_C(0x2545f4914f6cdd1d) >> 32);
}

static struct pool *
make(const char *endpoints, bool sticky, uint32_t max_answers)
{
	struct config_pool *s = spec_new("drawn");

	spec_default(s, endpoints);
	s->sticky = sticky;
	s->max_answers = max_answers;
	return pool_make(s, geo);
}

static struct choice *
choose(const struct pool *p, const char *standings)
{
	uint16_t room[MOST];
	uint8_t s[MOST] = {0};
	struct pick pick = {.endpoints = room};

	for (size_t i = 0; standings[i] != '\0'; i++)
		s[i] = (uint8_t)(strchr("u?hDd", standings[i]) - "u?hDd");
	ladder_pick(p, 0, FAMILY_4, s, &pick);
	return choice_make(p, 0, FAMILY_4, s, &pick, (struct mono){0});
}

/* The first endpoint that comes, by its number in the pool. */
static uint16_t
first_of(const struct choice *c, uint32_t random, uint64_t client)
{
	const struct draw_seed seed = {random, client};
	struct draw d;

	draw_begin(&d, c, &seed);
	return c->endpoints[draw_next(&d)];
}

/* One answer a query: each share within a percentage point. */
static void
shares_by_weight(void **state)
{
	static const struct {
		const char *endpoints;
		double share[3];
	} cases[] = {
	    {"192.0.2.1*5 192.0.2.2*3 192.0.2.3*2", {50, 30, 20}},
	    {"192.0.2.1*1 192.0.2.2*98 192.0.2.3*1", {1, 98, 1}},
	    {"192.0.2.1*65535 192.0.2.2*65535 192.0.2.3*1", {50, 50, 0}},
	    {"192.0.2.1 192.0.2.2 192.0.2.3", {33.33, 33.33, 33.33}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pool *p = make(cases[i].endpoints, false, 1);
		struct choice *c = choose(p, "uuu");
		unsigned got[3] = {0};

		for (unsigned n = 0; n < DRAWS; n++)
			got[first_of(c, next_word(), 0)]++;
		for (unsigned k = 0; k < 3; k++)
			assert_true(fabs(got[k] * 100.0 / DRAWS - cases[i].share[k]) < 1);
		choice_free(c);
		pool_free(p);
	}
}

/* Over 10,000 answers, whatever chance says, and over the loss of another. */
static void
a_sticky_client_stays(void **state)
{
	struct pool *p = make("192.0.2.1*3 192.0.2.2*2 192.0.2.3", true, 0);
	struct choice *all = choose(p, "uuu");
	unsigned got[3] = {0};

	(void)state;
	assert_int_equal(all->take, 1);
	for (unsigned n = 0; n < 10000; n++) {
		uint64_t client = (uint64_t)next_word() << 32 | next_word();
		uint16_t mine = first_of(all, next_word(), client);

		got[mine]++;
		for (unsigned k = 0; n % 100 == 0 && k < 100; k++)
			assert_int_equal(first_of(all, next_word(), client), mine);
		for (uint16_t lost = 0; n % 10 == 0 && lost < 3; lost++) {
			char standings[] = "uuu";
			struct choice *rest;

			standings[lost] = 'd';
			rest = choose(p, standings);
			if (lost != mine)
				assert_int_equal(first_of(rest, 1, client), mine);
			else
				assert_int_not_equal(first_of(rest, 1, client), mine);
			choice_free(rest);
		}
	}
	assert_true(fabs(got[0] / 100.0 - 50) < 2);
	assert_true(fabs(got[2] / 100.0 - 100 / 6.0) < 2);
	choice_free(all);
	pool_free(p);
}

/* Each comes once, be it by chance, by weight, or by client. */
static void
none_comes_twice(void **state)
{
	static const struct {
		const char *endpoints;
		bool sticky;
	} cases[] = {
	    {"192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4", false},
	    {"192.0.2.1*9 192.0.2.2 192.0.2.3*2 192.0.2.4*7", false},
	    {"192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4", true},
	    {"192.0.2.1*9 192.0.2.2 192.0.2.3*2 192.0.2.4*7", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pool *p = make(cases[i].endpoints, cases[i].sticky, 4);
		struct choice *c = choose(p, "uuuu");

		for (unsigned n = 0; n < 1000; n++) {
			const struct draw_seed seed = {next_word(), next_word()};
			unsigned seen = 0;
			struct draw d;

			draw_begin(&d, c, &seed);
			for (unsigned k = 0; k < 4; k++)
				seen |= 1u << draw_next(&d);
			assert_int_equal(seen, 15);
		}
		choice_free(c);
		pool_free(p);
	}
}

/* What is served when all is down is all there is, the client's own first. */
static void
all_of_a_sticky_choice(void **state)
{
	struct pool *p = make("192.0.2.1 192.0.2.2*0 192.0.2.3", true, 0);
	struct choice *up = choose(p, "udu"), *down = choose(p, "ddd");

	(void)state;
	assert_int_equal(down->take, 3);
	for (unsigned n = 0; n < 1000; n++) {
		uint64_t client = (uint64_t)next_word() << 32 | next_word();
		uint16_t mine = first_of(up, 1, client),
		         first = first_of(down, 1, client);

		if (first != 1) /* which was not there before */
			assert_int_equal(first, mine);
	}
	choice_free(up);
	choice_free(down);
	pool_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(shares_by_weight),
	    cmocka_unit_test(a_sticky_client_stays),
	    cmocka_unit_test(none_comes_twice),
	    cmocka_unit_test(all_of_a_sticky_choice),
	};

	return cmocka_run_group_tests(tests, geo_begin, geo_end);
}
