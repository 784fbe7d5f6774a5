/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The compiled table against what it is compiled from: for random databases, prefixes and
 * regions of every kind, the chain by definition is worked out per address with look-ups
 * of libmaxminddb and a walk over all prefixes; and all addresses of a scope's network
 * have to be alike.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "geo/geo.h"
#include "geo/verify.h"
#include "mmdb_make.h"

enum { NETWORKS = 60, PREFIXES = 12, CLIENTS = 300, INSIDE = 12, CHAIN = 32 };

static uint64_t seed = 0x9e3779b97f4a7c15u;
static struct mmdb_make maker;

static uint32_t
random32(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16);
}

/* How many of something slow: a small number, or as the environment says. */
static int
rounds(const char *variable, int dflt)
{
	const char *text = getenv(variable);

	return text != NULL ? atoi(text) : dflt;
}

/* From few octets, so that networks, prefixes and clients meet. */
static struct ip
random_ip(uint8_t family)
{
	static const uint8_t octets[] = {0x00, 0x01, 0x20, 0x40, 0x55, 0x7f, 0x80, 0xff};
	struct ip ip = {.family = family};

	for (unsigned i = 0; i < (family == 4 ? 4u : 16u); i++)
		ip.bytes[i] = octets[random32() % COUNT(octets)];
	if (family == 6) {
		ip.bytes[0] = 0x2a;
		memset(ip.bytes + 6, 0, 10);
		if (random32() % 4 == 0)
			ip.bytes[15] = (uint8_t)random32();
	}
	return ip;
}

/* As a client sends it: IPv4 also inside IPv6. */
static struct ip
random_client(void)
{
	struct ip in = random_ip(4), out = {.family = 6};

	switch (random32() % 8) {
	case 0: /* mapped */
		out.bytes[10] = out.bytes[11] = 0xff;
		memcpy(out.bytes + 12, in.bytes, 4);
		return out;
	case 1: /* 6to4 */
		out.bytes[0] = 0x20;
		out.bytes[1] = 0x02;
		memcpy(out.bytes + 2, in.bytes, 4);
		out.bytes[9] = (uint8_t)random32();
		return out;
	case 2: /* Teredo */
		out.bytes[0] = 0x20;
		out.bytes[1] = 0x01;
		out.bytes[7] = (uint8_t)random32();
		for (unsigned i = 0; i < 4; i++)
			out.bytes[12 + i] = (uint8_t)~in.bytes[i];
		return out;
	case 3: /* NAT64 */
		out.bytes[1] = 0x64;
		out.bytes[2] = 0xff;
		out.bytes[3] = 0x9b;
		memcpy(out.bytes + 12, in.bytes, 4);
		return out;
	case 4:
	case 5:
		return random_ip(6);
	default:
		return in;
	}
}

/* ---- a world ---- */

struct trial {
	MMDB_s country, asn;
	char *paths[2];
	struct config_geo_prefix prefixes[PREFIXES];
	struct config_geo cfg;
	struct geo *geo;
};

/* Networks of few lengths, none inside another: what a tree can hold. */
static bool
can_hold(const struct mmdb_make *m, const struct ip_prefix *p)
{
	unsigned bits = 128, len = p->len + (p->ip.family == 4 ? 96u : 0u);
	span_at at = span_at_ip(&p->ip);
	int node = 0;

	for (unsigned i = 0; i < len; i++) {
		int slot = m->nodes[node][at >> (bits - 1 - i) & 1];

		if (slot == MAKE_EMPTY)
			return true;
		if (slot >= MAKE_DATA)
			return false;
		node = slot;
	}
	return false;
}

static char *
random_database(bool is_asn)
{
	static const char *const countries[] = {"US", "SE", "DE", "JP", "BR", "EU", "ZA"};
	static const char *const subdivisions[] = {"CA", "NY", "AB"};
	struct buf b = {0};
	char *path;

	make_init(&maker, 28, 6);
	for (unsigned i = 0; i < NETWORKS; i++) {
		bool is_v4 = random32() % 2 == 0;
		struct ip_prefix p = {.ip = random_ip(is_v4 ? 4 : 6),
		    .len = (uint8_t)(is_v4 ? 3 + random32() % 30 : 8 + random32() % 57)};
		char text[PREFIX_TEXT_MAX], record[200];

		ip_mask(&p.ip, p.len);
		if (!can_hold(&maker, &p))
			continue;
		ip_prefix_write(&p, text);
		if (is_asn)
			snprintf(record, sizeof(record),
			    "{\"autonomous_system_number\":%u}", 64500 + random32() % 4);
		else
			snprintf(record, sizeof(record),
			    "{\"country\":{\"iso_code\":\"%s\"},\"subdivisions\":[{"
			    "\"iso_code\":\"%s\"}]}",
			    countries[random32() % COUNT(countries)],
			    subdivisions[random32() % COUNT(subdivisions)]);
		make_add(&maker, text, record);
	}
	make_finish(&maker, &b);
	path = make_file(b.data, b.len);
	buf_fini(&b);
	return path;
}

/* Regions of every kind, in no tidy order. */
static struct config_match match_cal[] = {{.kind = MATCH_SUBDIVISION, .code = "US-CA"}};
static struct config_match match_net[] = {
    {.kind = MATCH_ASN, .asn = 64501}, {.kind = MATCH_COUNTRY, .code = "BR"}};
static struct config_match match_eu[] = {{.kind = MATCH_CONTINENT, .code = "EU"}};
static struct config_match match_north[] = {{.kind = MATCH_COUNTRY, .code = "SE"},
    {.kind = MATCH_ASN, .asn = 64502}, {.kind = MATCH_ASN, .asn = 64501}};
static struct config_match match_weu[] = {{.kind = MATCH_COUNTRY, .code = "DE"}};
static struct config_match match_own[] = {
    {.kind = MATCH_PREFIX}, {.kind = MATCH_SUBDIVISION, .code = "US-CA"}};

static struct config_region regions[] = {
    {.name = "north", .matches = match_north, .match_count = COUNT(match_north)},
    {.name = "weu", .matches = match_weu, .match_count = COUNT(match_weu)},
    {.name = "eu", .matches = match_eu, .match_count = COUNT(match_eu)},
    {.name = "own", .matches = match_own, .match_count = COUNT(match_own)},
    {.name = "cal", .matches = match_cal, .match_count = COUNT(match_cal)},
    {.name = "net", .matches = match_net, .match_count = COUNT(match_net)},
};

static bool
is_builtin(const char *name)
{
	return strcmp(name, "weu") == 0 || strcmp(name, "oc") == 0;
}

static void
trial_init(struct trial *t)
{
	static const char *const names[] = {"weu", "oc", "own", "cal", "north"};
	struct complaints c = {0};

	*t = (struct trial){.paths = {random_database(false), random_database(true)}};
	assert_int_equal(
	    MMDB_open(t->paths[0], MMDB_MODE_MMAP, &t->country), MMDB_SUCCESS);
	assert_int_equal(MMDB_open(t->paths[1], MMDB_MODE_MMAP, &t->asn), MMDB_SUCCESS);
	for (size_t i = 0; i < PREFIXES; i++) {
		struct config_geo_prefix *p = &t->prefixes[i];
		uint8_t family = random32() % 2 == 0 ? 4 : 6;

		p->prefix.ip = random_ip(family);
		p->prefix.len =
		    (uint8_t)(family == 4 ? random32() % 33 : 8 + random32() % 121);
		ip_mask(&p->prefix.ip, p->prefix.len);
		p->region = (char *)(uintptr_t)names[random32() % COUNT(names)];
	}
	match_own[0].prefix = (struct ip_prefix){.ip = random_ip(4), .len = 13};
	ip_mask(&match_own[0].prefix.ip, 13);
	t->cfg = (struct config_geo){.databases = t->paths,
	    .database_count = 2,
	    .regions = regions,
	    .region_count = COUNT(regions),
	    .prefixes = t->prefixes,
	    .prefix_count = PREFIXES};
	assert_int_equal(geo_build(&t->cfg, NULL, &t->geo, &c), OK);
	complaints_fini(&c);
}

static void
trial_fini(struct trial *t)
{
	geo_free(t->geo);
	MMDB_close(&t->country);
	MMDB_close(&t->asn);
	for (unsigned i = 0; i < 2; i++) {
		unlink(t->paths[i]);
		free(t->paths[i]);
	}
}

/* ---- by definition ---- */

struct words {
	const char *list[CHAIN];
	size_t count;
};

static void
say(struct words *w, const char *name)
{
	for (size_t i = 0; i < w->count; i++)
		if (strcmp(w->list[i], name) == 0)
			return;
	assert_true(w->count < CHAIN);
	w->list[w->count++] = name;
}

static void
say_prefixes(struct words *w, const struct trial *t, const struct ip *ip)
{
	for (int len = 128; len >= 0; len--) {
		/* the operator's own regions before built-in ones */
		for (int builtin = 0; builtin < 2; builtin++) {
			for (size_t i = 0; i < PREFIXES; i++) {
				const struct config_geo_prefix *p = &t->prefixes[i];

				if (p->prefix.len == len &&
				    is_builtin(p->region) == (builtin != 0) &&
				    ip_prefix_holds(&p->prefix, ip))
					say(w, p->region);
			}
			if (builtin == 0 && match_own[0].prefix.len == len &&
			    ip_prefix_holds(&match_own[0].prefix, ip))
				say(w, "own");
		}
	}
}

static MMDB_lookup_result_s
look_up(const MMDB_s *db, const struct ip *ip)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	MMDB_lookup_result_s r;
	int error;

	memcpy(&in.sin_addr, ip->bytes, 4);
	memcpy(&in6.sin6_addr, ip->bytes, 16);
	r = MMDB_lookup_sockaddr(db,
	    ip->family == 4 ? (struct sockaddr *)&in : (struct sockaddr *)&in6, &error);
	assert_int_equal(error, MMDB_SUCCESS);
	return r;
}

static void
say_databases(struct words *w, const struct trial *t, const struct ip *ip)
{
	static const char *const homes[][2] = {{"US", "snam"}, {"SE", "ceu"},
	    {"DE", "weu"}, {"JP", "neas"}, {"BR", "ssam"}, {"ZA", "saf"}};
	MMDB_lookup_result_s r = look_up(&t->asn, ip);
	MMDB_entry_data_s d;
	char country[3] = "", subdivision[3] = "";
	uint32_t asn = 0;

	if (r.found_entry && MMDB_get_value(&r.entry, &d, "autonomous_system_number",
	                         NULL) == MMDB_SUCCESS)
		asn = d.uint32;
	r = look_up(&t->country, ip);
	if (r.found_entry) {
		assert_int_equal(
		    MMDB_get_value(&r.entry, &d, "country", "iso_code", NULL),
		    MMDB_SUCCESS);
		memcpy(country, d.utf8_string, 2);
		assert_int_equal(
		    MMDB_get_value(&r.entry, &d, "subdivisions", "0", "iso_code", NULL),
		    MMDB_SUCCESS);
		memcpy(subdivision, d.utf8_string, 2);
	}
	if (asn == 64501 || asn == 64502)
		say(w, "north");
	if (asn == 64501)
		say(w, "net");
	if (strcmp(country, "US") == 0 && strcmp(subdivision, "CA") == 0) {
		say(w, "own");
		say(w, "cal");
	}
	if (strcmp(country, "SE") == 0)
		say(w, "north");
	if (strcmp(country, "BR") == 0)
		say(w, "net");
	for (size_t i = 0; i < COUNT(homes); i++)
		if (strcmp(homes[i][0], country) == 0)
			say(w, homes[i][1]);
	if (strcmp(country, "SE") == 0 || strcmp(country, "DE") == 0)
		say(w, "eu");
}

static void
expect_chain(const struct trial *t, const struct ip *client, const struct ip *inner)
{
	struct words w = {0};
	uint8_t scope;
	struct geo_chain chain = geo_chain(t->geo, geo_find(t->geo, client, &scope));

	say_prefixes(&w, t, inner);
	say_databases(&w, t, inner);
	assert_int_equal(chain.count, w.count);
	for (size_t i = 0; i < w.count; i++)
		assert_string_equal(
		    geo_region(t->geo, chain.regions[i])->name, w.list[i]);
}

/* The network of the scope: whoever asks from it gets what this client gets. */
static void
check_scope(const struct trial *t, const struct ip *client)
{
	unsigned bits = client->family == 4 ? 32 : 128;
	uint8_t scope, again, unused;
	uint16_t place = geo_find(t->geo, client, &scope);

	assert_true(scope <= bits);
	for (unsigned n = 0; n < INSIDE; n++) {
		struct ip other = *client, inner;

		for (unsigned i = scope; i < bits; i++) {
			bool bit = n == 0 ? false : n == 1 ? true : random32() % 2 != 0;

			if ((other.bytes[i / 8] >> (7 - i % 8) & 1) != bit)
				other.bytes[i / 8] ^= (uint8_t)(0x80 >> i % 8);
		}
		assert_int_equal(geo_find(t->geo, &other, &again), place);
		assert_int_equal(again, scope);
		inner = ip_unwrap(&other, &unused);
		expect_chain(t, &other, &inner);
	}
}

static void
test_oracle(void **state)
{
	int count = rounds("GEO_WORLDS", 40);

	(void)state;
	for (int i = 0; i < count; i++) {
		struct trial t;

		trial_init(&t);
		for (unsigned k = 0; k < CLIENTS; k++) {
			struct ip client = random_client();
			uint8_t unused;
			struct ip inner = ip_unwrap(&client, &unused);

			expect_chain(&t, &client, &inner);
			check_scope(&t, &client);
		}
		trial_fini(&t);
	}
}

/*
 * Damage at random: it is refused, or what the table says is what libmaxminddb says of
 * the damaged file; and what that changes at large is seen by verify_moved().
 */
static void
test_random_damage(void **state)
{
	int count = rounds("GEO_DAMAGES", 100), refused = 0, moved = 0, harmless = 0;
	struct complaints c = {0};
	struct buf good = {0};
	struct trial t;

	(void)state;
	trial_init(&t);
	{
		FILE *f = fopen(t.paths[0], "rb");
		char chunk[4096];
		size_t len;

		while ((len = fread(chunk, 1, sizeof(chunk), f)) > 0)
			buf_add(&good, chunk, len);
		fclose(f);
	}
	for (int i = 0; i < count; i++) {
		struct buf bad = {0}, why = {0};
		struct config_geo cfg = t.cfg;
		char *paths[2] = {NULL, t.paths[1]};
		struct geo *g;

		buf_add(&bad, good.data, good.len);
		switch (random32() % 4) {
		case 0: /* cut */
			bad.len = random32() % bad.len;
			break;
		case 1: /* shifted by a few octets */
			memmove(bad.data, bad.data + 1 + random32() % 9, bad.len - 10);
			break;
		case 2: /* a block of other octets */
			for (size_t k = random32() % bad.len, n = 0;
			     n < 64 && k < bad.len; n++, k++)
				bad.data[k] = (char)random32();
			break;
		default: /* single bits */
			for (unsigned k = 0; k < 8; k++)
				bad.data[random32() % bad.len] ^=
				    (char)(1 << random32() % 8);
		}
		paths[0] = make_file(bad.data, bad.len);
		cfg.databases = paths;
		if (geo_build(&cfg, NULL, &g, &c) != OK) {
			refused++;
		} else {
			double share = geo_moved(t.geo, g, 4);
			bool denied = verify_moved(t.geo, g, &why) != OK;

			if (share * 100 > VERIFY_MOVED_MAX4)
				assert_true(denied);
			if (denied)
				moved++;
			else
				harmless++;
			geo_free(g);
		}
		unlink(paths[0]);
		free(paths[0]);
		buf_fini(&bad);
		buf_fini(&why);
	}
	print_message("%d damages: %d refused, %d move too much, %d change little\n",
	    count, refused, moved, harmless);
	assert_true(refused > count / 4);
	complaints_fini(&c);
	buf_fini(&good);
	trial_fini(&t);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_oracle),
	    cmocka_unit_test(test_random_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
