/* SPDX-License-Identifier: BSD-2-Clause */
/* The interval tables against a longest-prefix oracle that looks at every prefix. */
#include "unit.h"

#include <stdlib.h>

#include "geo/geo.h"

enum { ROUNDS = 40, PREFIXES = 60, CLIENTS = 400 };

static uint64_t seed = 88172645463325252u;

static uint32_t
random32(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16);
}

/* From a small part of the space, so that prefixes nest; sometimes its ends. */
static struct ip
random_ip(uint8_t family)
{
	struct ip ip = {.family = family};
	unsigned octets = family == 4 ? 4 : 16;

	for (unsigned i = 0; i < octets; i++)
		ip.bytes[i] = random32() % 3 == 0 ? (uint8_t)random32() : 0x55;
	if (random32() % 8 == 0)
		memset(ip.bytes, random32() % 2 != 0 ? 0xff : 0, octets);
	return ip;
}

static const char *const names[] = {"weu", "ceu", "oc", "in", "ru"};

static void
random_prefixes(struct config_geo_prefix *list, size_t count, uint8_t family)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t bits = family == 4 ? 32 : 128;

		list[i] = (struct config_geo_prefix){
		    .prefix = {.ip = random_ip(family),
		        .len = (uint8_t)(random32() % (bits + 1u))},
		    .region = (char *)(uintptr_t)names[random32() % COUNT(names)]};
		ip_mask(&list[i].prefix.ip, list[i].prefix.len);
	}
}

/* The chain by definition: covering prefixes, longest first, in order of the list. */
static size_t
oracle(const struct geo *g, const struct config_geo_prefix *list, size_t count,
    const struct ip *ip, uint16_t *out)
{
	size_t n = 0;

	for (int len = 128; len >= 0; len--) {
		for (size_t i = 0; i < count; i++) {
			uint16_t id;
			size_t k = 0;

			if (list[i].prefix.len != len ||
			    !ip_prefix_holds(&list[i].prefix, ip))
				continue;
			assert_int_equal(geo_region_find(g, list[i].region, &id), OK);
			while (k < n && out[k] != id)
				k++;
			if (k == n)
				out[n++] = id;
		}
	}
	return n;
}

static void
set_bits(struct ip *ip, unsigned from)
{
	for (unsigned i = from; i < (ip->family == 4 ? 32u : 128u); i++)
		ip->bytes[i / 8] |= (uint8_t)(0x80 >> (i % 8));
}

static struct ip
random_in_block(const struct ip *ip, uint8_t len)
{
	struct ip r = random_ip(ip->family);

	for (unsigned i = 0; i < len; i++) {
		uint8_t bit = (uint8_t)(0x80 >> (i % 8));

		r.bytes[i / 8] =
		    (uint8_t)((r.bytes[i / 8] & ~bit) | (ip->bytes[i / 8] & bit));
	}
	return r;
}

/* One bit less, and the block would hold another place (or nothing is outside). */
static void
expect_largest(const struct geo *g, const struct ip *ip, uint16_t place, uint8_t scope)
{
	struct ip first = *ip, last = *ip;
	uint8_t other;

	if (scope == 0)
		return;
	ip_mask(&first, (uint8_t)(scope - 1));
	set_bits(&last, scope - 1u);
	/* One of the ends lies in the sibling block. */
	if (geo_find(g, &first, &other) == place && geo_find(g, &last, &other) == place) {
		struct ip sibling = *ip;

		/* Then the sibling changes inside: some scope there is longer. */
		sibling.bytes[(scope - 1) / 8] ^= (uint8_t)(0x80 >> ((scope - 1) % 8));
		ip_mask(&sibling, scope);
		(void)geo_find(g, &sibling, &other);
		assert_true(other > scope);
	}
}

static void
check_client(const struct geo *g, const struct config_geo_prefix *list, size_t count,
    const struct ip *ip)
{
	uint16_t want[COUNT(names)];
	size_t n = oracle(g, list, count, ip, want);
	uint8_t scope, other;
	uint16_t place = geo_find(g, ip, &scope);
	struct geo_chain c = geo_chain(g, place);

	assert_int_equal(c.count, n);
	assert_memory_equal(c.regions, want, n * sizeof(want[0]));
	assert_true(scope <= (ip->family == 4 ? 32 : 128));
	/* Blocks are disjoint: whoever is in this one names the same block. */
	for (int i = 0; i < 8; i++) {
		struct ip in = random_in_block(ip, scope);

		assert_int_equal(geo_find(g, &in, &other), place);
		assert_int_equal(other, scope);
	}
	expect_largest(g, ip, place, scope);
}

static void
check_family(uint8_t family)
{
	for (size_t round = 0; round < ROUNDS; round++) {
		static struct config_geo_prefix list[PREFIXES];
		struct config_geo cfg = {
		    .prefixes = list, .prefix_count = 1 + random32() % PREFIXES};
		struct complaints c = {0};
		struct geo *g = NULL;

		random_prefixes(list, cfg.prefix_count, family);
		assert_int_equal(geo_build(&cfg, NULL, &g, &c), OK);
		for (size_t i = 0; i < CLIENTS; i++) {
			struct ip ip = random_ip(family);
			uint8_t outer_len;

			(void)ip_unwrap(&ip, &outer_len);
			if (outer_len == 0)
				check_client(g, list, cfg.prefix_count, &ip);
		}
		/* The edges of every prefix. */
		for (size_t i = 0; i < cfg.prefix_count; i++) {
			struct ip ip = list[i].prefix.ip;

			check_client(g, list, cfg.prefix_count, &ip);
			set_bits(&ip, list[i].prefix.len);
			check_client(g, list, cfg.prefix_count, &ip);
		}
		geo_free(g);
		complaints_fini(&c);
	}
}

static void
test_v4(void **state)
{
	(void)state;
	check_family(4);
}

static void
test_v6(void **state)
{
	(void)state;
	check_family(6);
}

static void
test_too_many(void **state)
{
	static struct config_region regions[GEO_REGIONS_MAX];
	static char text[GEO_REGIONS_MAX][8];
	struct config_match match = {.kind = MATCH_COUNTRY, .code = "SE"};
	struct config_geo cfg = {.regions = regions, .region_count = GEO_REGIONS_MAX};
	struct complaints c = {0};
	struct geo *g = NULL;
	struct geo *none = NULL;

	(void)state;
	for (size_t i = 0; i < GEO_REGIONS_MAX; i++) {
		text[i][0] = 'r';
		text[i][1] = (char)('a' + i / 26);
		text[i][2] = (char)('a' + i % 26);
		regions[i] = (struct config_region){.name = text[i]};
	}
	assert_int_equal(geo_build(&cfg, NULL, &none, &c), ERR_SYNTAX);
	assert_non_null(strstr(c.list[0].text, "more than 250 regions"));
	/* 15 of the operator's and the built-in one fit into a chain; 16 do not. */
	cfg.region_count = 16;
	for (size_t i = 0; i < 16; i++) {
		regions[i].matches = &match;
		regions[i].match_count = i < 15 ? 1 : 0;
	}
	assert_int_equal(geo_build(&cfg, NULL, &g, &c), OK);
	geo_free(g);
	regions[15].match_count = 1;
	assert_int_equal(geo_build(&cfg, NULL, &none, &c), ERR_SYNTAX);
	assert_null(none);
	complaints_fini(&c);
}

static void
test_no_country(void **state)
{
	struct config_match match = {.kind = MATCH_COUNTRY, .code = "EU"};
	struct config_region region = {.name = "x", .matches = &match, .match_count = 1};
	struct config_geo cfg = {.regions = &region, .region_count = 1};
	struct complaints c = {0};
	struct geo *g = NULL;

	(void)state;
	assert_int_equal(geo_build(&cfg, NULL, &g, &c), OK);
	assert_int_equal(c.warnings, 1);
	assert_non_null(strstr(c.list[0].text, "continent:"));
	geo_free(g);
	complaints_fini(&c);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_v4),
	    cmocka_unit_test(test_v6),
	    cmocka_unit_test(test_too_many),
	    cmocka_unit_test(test_no_country),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
