/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Properties of a million random worlds: a pool, the standing of each endpoint, a client.
 * LADDER_WORLDS is how many, LADDER_SEED the seed.
 */
#include "unit.h"

#include <stdio.h>

#include "ladder_reference.h"
#include "pool_make.h"
#include "serve/draw.h"
#include "steer/choice.h"
#include "steer/rendezvous.h"

enum { STANDINGS_OF_A_POOL = 200 };

static uint64_t seed;

static unsigned
draw(unsigned below)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (unsigned)((seed * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % below;
}

static uint64_t
number_of(const char *variable, uint64_t dflt)
{
	const char *text = getenv(variable);

	return text != NULL ? strtoull(text, NULL, 0) : dflt;
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

static const char *const regions[] = {"weu", "ceu", "nnam", "seas", "oc", "saf"};

/* Some of the other regions, in order, or with shares. */
static void
draw_fallback(struct config_pool *s, const char *region)
{
	bool shares = draw(2) == 0;
	unsigned turn = draw(COUNT(regions));
	char to[128] = "";
	size_t at = 0;

	for (unsigned i = 0; i < COUNT(regions); i++) {
		const char *other = regions[(i + turn) % COUNT(regions)];

		if (other == region || draw(2) == 0)
			continue;
		at += (size_t)snprintf(to + at, sizeof(to) - at, "%s", other);
		if (shares)
			at += (size_t)snprintf(
			    to + at, sizeof(to) - at, "=%u", 1 + draw(100));
		at += (size_t)snprintf(to + at, sizeof(to) - at, " ");
	}
	if (at != 0)
		spec_fallback(s, region, to);
}

static struct pool *
draw_pool(void)
{
	struct config_pool *s = spec_new("drawn");
	unsigned next = 0;
	char room[512];

	for (size_t i = 0; i < COUNT(regions); i++) {
		if (draw(2) == 0)
			continue;
		spec_region(s, regions[i], draw_endpoints(4, &next, room, sizeof(room)));
		if (draw(2) == 0)
			draw_fallback(s, regions[i]);
	}
	if (draw(2) == 0)
		spec_default(s, draw_endpoints(3, &next, room, sizeof(room)));
	if (draw(3) == 0)
		spec_rescue(s, draw_endpoints(2, &next, room, sizeof(room)));
	s->min_healthy_percent = draw(2) == 0;
	s->min_healthy = 1 + draw(s->min_healthy_percent ? 100 : 4);
	s->when_all_down = (enum all_down)draw(3);
	if (s->when_all_down == ALL_DOWN_CNAME)
		assert_int_equal(
		    name_parse("away.test", 9, &name_root, &s->all_down_name), OK);
	s->fallback_only = draw(4) == 0;
	s->spread_all = draw(3) == 0;
	s->lost_family_nodata = draw(6) == 0;
	s->sticky = draw(2) == 0;
	return pool_make(s, geo);
}

static struct ip
draw_client(void)
{
	struct ip ip = {.family = draw(3) != 0 ? 4 : 6};

	for (unsigned i = 0; i < (ip.family == 4 ? 4 : 16); i++)
		ip.bytes[i] = (uint8_t)draw(256);
	return ip;
}

/* One world and one who asks in it. */
struct world_of {
	const struct pool *pool;
	const struct ladder *rungs;
	unsigned ladder, family;
	uint8_t standings[64];
	uint64_t client;
	unsigned order[RUNGS_MAX]; /* as this client tries the rungs */
};

/* The rungs of a split by their draws for the client, the best first. */
static void
order_for(struct world_of *w)
{
	const struct ladder *l = w->rungs;

	order_turned(l, 0, w->order);
	for (unsigned i = 1; i < l->count; i++)
		for (unsigned k = i; k > 0; k--) {
			const struct rung *a = &l->rungs[w->order[k - 1]];
			const struct rung *b = &l->rungs[w->order[k]];
			struct rendezvous x, y;
			unsigned swap = w->order[k];

			if (a->share == 0 || b->share == 0)
				break;
			x = rendezvous_draw(
			    w->client, w->pool->regions[a->region].hash, a->share);
			y = rendezvous_draw(
			    w->client, w->pool->regions[b->region].hash, b->share);
			if (!rendezvous_is_before(&y, &x))
				break;
			w->order[k] = w->order[k - 1];
			w->order[k - 1] = swap;
		}
}

static bool
is_empty(const struct expected *x)
{
	return x->set == 0 && x->kind != PICK_CNAME;
}

static set_of
alive_of(const struct world_of *w)
{
	set_of alive = 0;

	for (size_t i = 0; i < w->rungs->count; i++)
		alive |=
		    set_standing(set_configured(w->pool, &w->rungs->rungs[i], w->family),
		        w->standings, "u?h");
	return alive;
}

/* Health alone never empties, and nothing dead is served while something lives. */
static void
check_served(const struct world_of *w, const struct expected *x)
{
	const struct config_pool *spec = w->pool->spec;
	bool has_family = w->rungs->count != 0 &&
	                  set_configured(w->pool, &w->rungs->rungs[0], w->family) != 0;
	set_of alive = alive_of(w), rung;

	if (is_empty(x))
		assert_true(!has_family || spec->lost_family_nodata ||
		            (spec->when_all_down == ALL_DOWN_EMPTY && alive == 0));
	if (x->kind == PICK_RUNG) {
		rung = set_configured(w->pool, &w->rungs->rungs[x->rung], w->family);
		assert_int_equal(x->set & ~(alive & rung), 0);
		assert_int_not_equal(x->set, 0);
	} else if (has_family && !spec->lost_family_nodata) {
		assert_int_equal(alive, 0);
	}
	if (x->kind == PICK_DRAINED)
		assert_int_equal(
		    x->set & ~set_standing(~(set_of)0, w->standings, "D"), 0);
}

/* One endpoint comes back: nothing becomes empty, and who moves moves to it. */
static void
check_recovery(struct world_of *w, const struct expected *before)
{
	uint16_t back = (uint16_t)draw((unsigned)w->pool->endpoint_count);
	uint8_t was = w->standings[back];
	struct expected after;
	set_of rung;

	/* who stays without a family that was lost has asked for that */
	if (was != STANDING_DOWN || w->pool->spec->lost_family_nodata)
		return;
	w->standings[back] = draw(3) != 0 ? STANDING_UP : STANDING_HELD;
	pick_for(w->pool, w->ladder, w->order, w->family, w->standings, &after);
	w->standings[back] = was;
	if (!is_empty(before))
		assert_false(is_empty(&after));
	if (after.kind == before->kind && after.rung == before->rung)
		return;
	assert_int_equal(after.kind, PICK_RUNG);
	rung = set_configured(w->pool, &w->rungs->rungs[after.rung], w->family);
	assert_true(rung >> back & 1);
}

/* The finished choice, as readers take it for this client, is that very pick. */
static void
check_choice(struct world_of *w, const struct expected *x)
{
	uint16_t room[64];
	struct pick pick = {.endpoints = room};
	const struct draw_seed chance = {draw(1u << 30), w->client};
	struct choice *made;
	const struct choice *c;
	struct draw d;
	set_of set = 0;

	ladder_pick(w->pool, w->ladder, w->family, w->standings, &pick);
	made = choice_make(
	    w->pool, w->ladder, w->family, w->standings, &pick, (struct mono){0});
	c = choice_for(made, w->client);
	assert_int_equal(c->pick, x->kind);
	assert_int_equal(c->rung, x->rung);
	for (unsigned i = 0; c->kind == CHOICE_ADDRESSES && i < c->count; i++)
		set |= UINT64_C(1) << c->endpoints[i];
	assert_int_equal(set, x->set);
	if (c->kind == CHOICE_ADDRESSES) {
		draw_begin(&d, c, &chance);
		for (unsigned i = 0; i < c->take; i++) {
			uint16_t at = draw_next(&d);

			assert_true(at < c->count);
			assert_true(set >> c->endpoints[at] & 1);
			set &= ~(UINT64_C(1) << c->endpoints[at]); /* not twice */
		}
	}
	choice_free(made);
}

static void
complain_of(const struct world_of *w, uint64_t world, const struct expected *got,
    const struct expected *want)
{
	fprintf(stderr, "world %lu, ladder %u, family %u: %s/%d %#lx, not %s/%d %#lx\n",
	    (unsigned long)world, w->ladder, w->family, pick_kind_text(got->kind),
	    got->rung, (unsigned long)got->set, pick_kind_text(want->kind), want->rung,
	    (unsigned long)want->set);
	fail();
}

static void
draw_world(struct world_of *w, const struct pool *p)
{
	/* of the pools with the least health to those with the most */
	unsigned good = draw(7);
	struct ip client = draw_client();
	uint8_t scope;

	memset(w, 0, sizeof(*w));
	w->pool = p;
	w->ladder = draw((unsigned)p->region_count + 1);
	w->rungs = &p->ladders[w->ladder];
	w->family = draw(FAMILY_COUNT);
	for (size_t i = 0; i < p->endpoint_count; i++)
		w->standings[i] = draw(6) < good ? (uint8_t)draw(3)
		                  : draw(5) == 0 ? STANDING_DRAINED
		                                 : STANDING_DOWN;
	w->client = rendezvous_client(&client, &scope);
	order_for(w);
}

static void
a_million_worlds(void **state)
{
	uint64_t worlds = number_of("LADDER_WORLDS", 1000000),
	         kinds[PICK_NO_FAMILY + 1] = {0}, split = 0;
	struct pool *p = NULL;

	(void)state;
	seed = number_of("LADDER_SEED", UINT64_C(0x5e87a47)) | 1;
	print_message(
	    "%lu worlds, LADDER_SEED=%#lx\n", (unsigned long)worlds, (unsigned long)seed);
	for (uint64_t n = 0; n < worlds; n++) {
		struct world_of w;
		struct expected want, got;

		if (n % STANDINGS_OF_A_POOL == 0) {
			pool_free(p);
			do
				p = draw_pool();
			while (p->endpoint_count == 0 && (pool_free(p), true));
		}
		draw_world(&w, p);
		want = reference_pick(p, w.rungs, w.order, w.family, w.standings);
		pick_for(p, w.ladder, w.order, w.family, w.standings, &got);
		if (got.kind != want.kind || got.rung != want.rung ||
		    got.sufficient != want.sufficient || got.set != want.set)
			complain_of(&w, n, &got, &want);
		check_served(&w, &got);
		check_recovery(&w, &got);
		check_choice(&w, &got);
		kinds[got.kind]++;
		split += got.rung > 0 && w.rungs->rungs[got.rung].share != 0;
	}
	pool_free(p);
	/* the worlds were not all alike */
	for (unsigned k = 0; k < COUNT(kinds); k++)
		print_message("%s %lu\n", pick_kind_text((enum pick_kind)k),
		    (unsigned long)kinds[k]);
	print_message("by shares %lu\n", (unsigned long)split);
	for (unsigned k = 0; k < COUNT(kinds); k++)
		if (k != PICK_BLACKHOLE && worlds >= 100000)
			assert_true(kinds[k] >= worlds / 5000);
	assert_true(split >= worlds / 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_million_worlds),
	};

	return cmocka_run_group_tests(tests, geo_begin, geo_end);
}
