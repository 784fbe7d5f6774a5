/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The numbers here are for ever: whoever has to change one of them would move clients of
 * every sticky pool, and differ from nodes of another version. They were reckoned apart
 * from the code, from the text of sextant-steering(7).
 */
#include "unit.h"

#include <math.h>

#include "dns/name.h"
#include "steer/rendezvous.h"

static struct ip
ip_of(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(text, strlen(text), &ip), OK);
	return ip;
}

static uint64_t
client_of(const char *text)
{
	struct ip ip = ip_of(text);
	uint8_t scope;

	return rendezvous_client(&ip, &scope);
}

static void
clients(void **state)
{
	static const struct {
		const char *ip;
		uint64_t hash;
		uint8_t scope;
	} cases[] = {
	    {"192.0.2.77", UINT64_C(0xd14a0fccaa64a8f5), 24},
	    {"192.0.2.0", UINT64_C(0xd14a0fccaa64a8f5), 24},
	    {"198.51.100.9", UINT64_C(0xda362226952bcae3), 24},
	    {"0.0.0.0", UINT64_C(0x39008b9587fabf7e), 24},
	    {"::ffff:192.0.2.77", UINT64_C(0xd14a0fccaa64a8f5), 120},
	    {"64:ff9b::192.0.2.1", UINT64_C(0xd14a0fccaa64a8f5), 120},
	    {"2002:c000:24d::1", UINT64_C(0xd14a0fccaa64a8f5), 40},
	    {"2001:db8:1:2::3", UINT64_C(0xc47dabf918b56c6c), 48},
	    {"2001:db8:1::", UINT64_C(0xc47dabf918b56c6c), 48},
	    {"::1", UINT64_C(0x760ce674f514a275), 48},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ip ip = ip_of(cases[i].ip);
		uint8_t scope = 0;

		assert_int_equal(rendezvous_client(&ip, &scope), cases[i].hash);
		assert_int_equal(scope, cases[i].scope);
	}
}

static void
candidates(void **state)
{
	struct ip v4 = ip_of("192.0.2.1"), v6 = ip_of("2001:db8::1");
	struct name name;

	(void)state;
	assert_int_equal(rendezvous_address(&v4), UINT64_C(0x15d098856bda932e));
	assert_int_equal(rendezvous_address(&v6), UINT64_C(0xf044e515179193e8));
	assert_int_equal(name_parse("cdn.example.net", 15, &name_root, &name), OK);
	assert_int_equal(
	    rendezvous_name(name.bytes, name.len), UINT64_C(0x90fd379c8554fa20));
	assert_int_equal(rendezvous_region("weu"), UINT64_C(0xc9dfc3d9ec8d38a5));
	assert_int_equal(rendezvous_region("ceu"), UINT64_C(0xb5e7bac0c7628ba4));
}

struct candidate {
	uint64_t hash;
	uint32_t weight;
};

/* The candidates of a client in order, as digits: "201". */
static void
order(uint64_t client, const struct candidate *of, unsigned count, char out[8])
{
	unsigned at[8];

	for (unsigned i = 0; i < count; i++) {
		struct rendezvous mine =
		    rendezvous_draw(client, of[i].hash, of[i].weight);
		unsigned place = 0;

		for (unsigned k = 0; k < count; k++) {
			struct rendezvous other =
			    rendezvous_draw(client, of[k].hash, of[k].weight);

			if (k != i && rendezvous_is_before(&other, &mine))
				place++;
		}
		at[i] = place;
	}
	memset(out, 0, 8);
	for (unsigned i = 0; i < count; i++)
		out[at[i]] = (char)('0' + i);
}

static uint64_t
address_hash(const char *text)
{
	struct ip ip = ip_of(text);

	return rendezvous_address(&ip);
}

static void
orders(void **state)
{
	struct candidate alike[] = {{address_hash("203.0.113.1"), 1},
	    {address_hash("203.0.113.2"), 1}, {address_hash("203.0.113.3"), 1}};
	struct candidate weighted[] = {
	    {alike[0].hash, 3}, {alike[1].hash, 1}, {alike[2].hash, 0}};
	struct candidate shares[] = {
	    {rendezvous_region("weu"), 70}, {rendezvous_region("ceu"), 30}};
	static const struct {
		const char *client, *alike, *weighted, *shares;
	} cases[] = {
	    {"192.0.2.77", "021", "012", "01"},
	    {"198.51.100.9", "102", "102", "01"},
	    {"203.0.113.200", "201", "012", "10"},
	    {"10.0.0.1", "021", "012", "01"},
	    {"10.0.1.1", "201", "012", "01"},
	    {"10.0.2.1", "102", "012", "10"},
	    {"2001:db8:1:2::3", "120", "102", "10"},
	    {"2001:db8:2::", "120", "012", "01"},
	};
	char got[8];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t client = client_of(cases[i].client);

		order(client, alike, 3, got);
		assert_string_equal(got, cases[i].alike);
		order(client, weighted, 3, got);
		assert_string_equal(got, cases[i].weighted);
		order(client, shares, 2, got);
		assert_string_equal(got, cases[i].shares);
	}
}

/* -log2 at its ends and in between, as drawn by two whose weights differ. */
static void
costs(void **state)
{
	static const struct {
		uint64_t draw;
		uint32_t cost;
	} cases[] = {
	    {0, 1073741824},
	    {1, 1073741824},
	    {UINT64_MAX, 1},
	    {UINT64_C(1) << 63, 16777216},
	    {(UINT64_C(1) << 63) - 1, 16777217},
	    {UINT64_C(0x0123456789abcdef), 131093495},
	    {UINT64_C(0xc000000000000000), 6963174},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct rendezvous a = {.draw = cases[i].draw, .weight = 2};
		struct rendezvous b = {.draw = 7, .weight = 1};

		(void)rendezvous_is_before(&a, &b);
		assert_int_equal(a.cost, cases[i].cost);
	}
}

/* Who gets what of 200,000 prefixes, and what moves when one candidate goes. */
static void
shares_are_kept(void **state)
{
	static const struct candidate of[] = {{UINT64_C(0x1111), 70},
	    {UINT64_C(0x2222), 30}, {UINT64_C(0x3333), 100}, {UINT64_C(0x4444), 1},
	    {UINT64_C(0x5555), 0}};
	enum { CLIENTS = 200000, SUM = 201 };
	unsigned got[COUNT(of)] = {0}, without[COUNT(of)] = {0};

	(void)state;
	for (uint32_t n = 0; n < CLIENTS; n++) {
		struct ip ip = {.family = 4,
		    .bytes = {(uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}};
		uint8_t scope;
		uint64_t client = rendezvous_client(&ip, &scope);
		struct rendezvous best = {0}, second = {0};
		unsigned first = 0, next = 0;

		for (unsigned i = 0; i < COUNT(of); i++) {
			struct rendezvous r =
			    rendezvous_draw(client, of[i].hash, of[i].weight);

			if (i == 0 || rendezvous_is_before(&r, &best)) {
				best = r;
				first = i;
			}
			if (i != 2 && (i == 0 || rendezvous_is_before(&r, &second))) {
				second = r;
				next = i;
			}
		}
		got[first]++;
		without[next]++;
		if (first != 2)
			assert_int_equal(
			    next, first); /* only those of the lost one move */
	}
	for (unsigned i = 0; i < COUNT(of); i++) {
		double share = 100.0 * got[i] / CLIENTS;
		double rest = 100.0 * without[i] / CLIENTS;

		assert_true(fabs(share - 100.0 * of[i].weight / SUM) < 0.3);
		if (i != 2)
			assert_true(fabs(rest - 100.0 * of[i].weight / 101) < 0.3);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(clients),
	    cmocka_unit_test(candidates),
	    cmocka_unit_test(orders),
	    cmocka_unit_test(costs),
	    cmocka_unit_test(shares_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
