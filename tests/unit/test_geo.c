/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <arpa/inet.h>
#include <math.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/mem.h"
#include "geo/country.h"
#include "geo/geo.h"
#include "mmdb_make.h"

static struct ip
ip_of(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(text, strlen(text), &ip), OK);
	return ip;
}

static struct ip_prefix
prefix_of(const char *text)
{
	struct ip_prefix p;

	assert_int_equal(ip_prefix_parse(text, strlen(text), &p), OK);
	return p;
}

/* The chain as words. */
static const char *
chain_text(const struct geo *g, const char *client)
{
	static char out[256];
	struct ip ip = ip_of(client);
	uint8_t scope;
	struct geo_chain c = geo_chain(g, geo_find(g, &ip, &scope));

	out[0] = '\0';
	for (size_t i = 0; i < c.count; i++) {
		strcat(out, i != 0 ? " " : "");
		strcat(out, geo_region(g, c.regions[i])->name);
	}
	return out;
}

static uint8_t
scope_of(const struct geo *g, const char *client)
{
	struct ip ip = ip_of(client);
	uint8_t scope;

	(void)geo_find(g, &ip, &scope);
	return scope;
}

/* Builds from database files; they are removed. */
static struct geo *
build(struct config_geo *cfg, char **paths, size_t count)
{
	struct complaints c = {0};
	struct geo *g = NULL;
	struct buf text = {0};
	enum err e;

	cfg->databases = paths;
	cfg->database_count = count;
	e = geo_build(cfg, NULL, &g, &c);
	complaints_write(&c, &text);
	if (e != OK)
		print_message("%s\n", buf_text(&text));
	assert_int_equal(e, OK);
	for (size_t i = 0; i < count; i++) {
		unlink(paths[i]);
		free(paths[i]);
	}
	buf_fini(&text);
	complaints_fini(&c);
	return g;
}

static char *
finish(struct mmdb_make *m)
{
	struct buf b = {0};
	char *path;

	make_finish(m, &b);
	path = make_file(b.data, b.len);
	buf_fini(&b);
	return path;
}

static struct mmdb_make maker;

static void
test_layouts(void **state)
{
	static const struct {
		const char *record, *chain, *country, *continent;
	} rows[] = {
	    {"{\"country\":{\"iso_code\":\"US\"},\"continent\":{\"code\":\"NA\"},"
	     "\"subdivisions\":[{\"iso_code\":\"CA\"}]}",
	        "cal snam amer", "US", "NA"},
	    {"{\"registered_country\":{\"iso_code\":\"DE\"}}", "ceu", "DE", "EU"},
	    {"{\"registered_country\":{\"iso_code\":\"DE\"},"
	     "\"country\":{\"iso_code\":\"FR\"}}",
	        "weu", "FR", "EU"},
	    {"{\"country_code\":\"JP\"}", "neas", "JP", "AS"},
	    {"{\"country\":\"Japan\",\"country_code\":\"JP\"}", "neas", "JP", "AS"},
	    {"{\"country\":\"BR\",\"continent\":\"SA\"}", "ssam", "BR", "SA"},
	    {"{\"country_code\":\"us\",\"region_code\":\"US-CA\"}", "cal snam amer", "US",
	        "NA"},
	    {"{\"country\":{\"iso_code\":\"EU\"}}", "", "EU", ""},
	    {"{\"country_code\":\"AP\",\"continent_code\":\"AS\"}", "", "AP", "AS"},
	    {"{\"continent\":{\"code\":\"NA\"}}", "amer", "", "NA"},
	    {"{\"country_code\":\"-\",\"asn\":\"AS64500\"}", "net", "", ""},
	    {"{\"autonomous_system_number\":64500}", "net", "", ""},
	    {"{\"asn\":64500,\"country_code\":\"SE\"}", "net ceu", "SE", "EU"},
	};
	static const unsigned sizes[] = {24, 28, 32};
	struct config_match cal = {.kind = MATCH_SUBDIVISION, .code = "US-CA"};
	struct config_match amer = {.kind = MATCH_CONTINENT, .code = "NA"};
	struct config_match net = {.kind = MATCH_ASN, .asn = 64500};
	struct config_region regions[] = {
	    {.name = "amer", .matches = &amer, .match_count = 1},
	    {.name = "cal", .matches = &cal, .match_count = 1},
	    {.name = "net", .matches = &net, .match_count = 1}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows) * COUNT(sizes) * 2; i++) {
		unsigned version = i % 2 == 0 ? 4 : 6;
		size_t row = i / 2 / COUNT(sizes);
		struct config_geo cfg = {.regions = regions, .region_count = 3};
		struct ip ip = ip_of("198.51.100.77");
		struct geo_where where;
		struct geo *g;
		char *path;

		make_init(&maker, sizes[i / 2 % COUNT(sizes)], version);
		make_add(&maker, "198.51.100.0/24", rows[row].record);
		path = finish(&maker);
		g = build(&cfg, &path, 1);
		assert_string_equal(chain_text(g, "198.51.100.77"), rows[row].chain);
		assert_string_equal(chain_text(g, "198.51.101.0"), "");
		if (rows[row].chain[0] != '\0')
			assert_int_equal(scope_of(g, "198.51.100.77"), 24);
		geo_describe(g, &ip, &where);
		assert_string_equal(where.country, rows[row].country);
		assert_string_equal(where.continent, rows[row].continent);
		geo_free(g);
	}
}

/* As MaxMind's files: three aliases of the IPv4 tree. */
static void
test_aliases(void **state)
{
	struct config_geo cfg = {0};
	struct geo_sizes sizes;
	struct geo *g;
	char *path;

	(void)state;
	make_init(&maker, 28, 6);
	make_add(&maker, "10.0.0.0/8", "{\"country_code\":\"FR\"}");
	make_add(&maker, "2001:db8::/32", "{\"country_code\":\"US\"}");
	make_add(&maker, "2003::/16", "{\"country_code\":\"US\"}");
	make_alias(&maker, "::ffff:0:0/96");
	make_alias(&maker, "2001::/32");
	make_alias(&maker, "2002::/16");
	make_alias(&maker, "64:ff9b:1::/96"); /* one that we do not unwrap */
	path = finish(&maker);
	assert_int_equal(geo_check_database(path, &(struct buf){0}), OK);
	g = build(&cfg, &path, 1);
	assert_string_equal(chain_text(g, "10.1.2.3"), "weu");
	assert_string_equal(chain_text(g, "::ffff:10.1.2.3"), "weu");
	assert_int_equal(scope_of(g, "::ffff:10.1.2.3"), 96 + 8);
	assert_string_equal(chain_text(g, "64:ff9b::10.1.2.3"), "weu");
	assert_string_equal(chain_text(g, "2002:0a01:0203::1"), "weu");
	assert_int_equal(scope_of(g, "2002:0a01:0203::1"), 16 + 8);
	/* Teredo: 10.1.2.3 inverted is f5fe:fdfc. */
	assert_string_equal(chain_text(g, "2001:0:1:2:3:4:f5fe:fdfc"), "weu");
	assert_int_equal(scope_of(g, "2001:0:1:2:3:4:f5fe:fdfc"), 96 + 8);
	assert_string_equal(chain_text(g, "2001:db8::1"), "snam");
	assert_string_equal(chain_text(g, "::10.1.2.3"), "");
	assert_string_equal(chain_text(g, "64:ff9b:1::10.1.2.3"), "");
	geo_get_sizes(g, &sizes);
	assert_int_equal(sizes.intervals4, 3);
	/* 2 of US with what lies between, and the 4 wrappers, each its own. */
	assert_int_equal(sizes.intervals6, 12);
	/* The block of an address beside 2002::/16 must not hold it. */
	assert_int_equal(scope_of(g, "2003::1"), 16);
	assert_string_equal(chain_text(g, "2001:1::1"), "");
	assert_int_equal(scope_of(g, "2001:1::1"), 32); /* not with Teredo, 2001::/32 */
	geo_free(g);
}

/* A later database refines the earlier ones; 10.0.0.0/8 has a prefix within a prefix. */
static void
test_layers(void **state)
{
	struct config_match nordic[] = {{.kind = MATCH_COUNTRY, .code = "SE"},
	    {.kind = MATCH_COUNTRY, .code = "NO"}, {.kind = MATCH_PREFIX}};
	struct config_match moved[] = {{.kind = MATCH_COUNTRY, .code = "PL"}};
	struct config_match net[] = {{.kind = MATCH_ASN, .asn = 64500}};
	struct config_match europe[] = {{.kind = MATCH_CONTINENT, .code = "EU"}};
	struct config_region regions[] = {
	    {.name = "europe", .matches = europe, .match_count = 1},
	    {.name = "eeu", .matches = moved, .match_count = 1},
	    {.name = "nordics",
	        .matches = nordic,
	        .match_count = 3,
	        .has_centroid = true,
	        .lat = 60,
	        .lon = 15},
	    {.name = "net", .matches = net, .match_count = 1},
	};
	struct config_geo_prefix prefixes[] = {
	    {.prefix = prefix_of("10.0.0.0/8"), .region = (char *)(uintptr_t) "weu"},
	    {.prefix = prefix_of("10.2.0.0/16"), .region = (char *)(uintptr_t) "oc"},
	    {.prefix = prefix_of("::1/128"), .region = (char *)(uintptr_t) "in"},
	};
	struct config_geo cfg = {.regions = regions,
	    .region_count = COUNT(regions),
	    .prefixes = prefixes,
	    .prefix_count = COUNT(prefixes)};
	char *paths[2];
	struct geo *g;
	uint16_t a, b;

	(void)state;
	nordic[2].prefix = prefix_of("10.2.0.0/16");
	make_init(&maker, 24, 6);
	make_add(&maker, "192.0.0.0/16", "{\"country_code\":\"SE\"}");
	make_add(&maker, "192.1.0.0/16", "{\"country_code\":\"PL\"}");
	make_add(&maker, "10.2.0.0/15", "{\"country_code\":\"US\"}");
	paths[0] = finish(&maker);
	make_init(&maker, 24, 4);
	make_add(&maker, "192.0.4.0/22", "{\"autonomous_system_number\":64500}");
	make_add(&maker, "192.0.8.0/22", "{\"autonomous_system_number\":64501}");
	make_add(&maker, "192.1.8.0/22", "{\"country_code\":\"FR\"}");
	paths[1] = finish(&maker);
	g = build(&cfg, paths, 2);
	assert_string_equal(chain_text(g, "192.0.1.1"), "nordics ceu europe");
	assert_string_equal(chain_text(g, "192.0.5.1"), "net nordics ceu europe");
	assert_int_equal(scope_of(g, "192.0.5.1"), 22);
	assert_string_equal(chain_text(g, "192.0.8.1"), "nordics ceu europe");
	assert_string_equal(chain_text(g, "192.1.0.1"), "eeu europe");
	assert_string_equal(chain_text(g, "192.1.8.1"), "weu europe");
	assert_string_equal(chain_text(g, "10.1.0.0"), "weu");
	assert_string_equal(chain_text(g, "10.2.0.0"), "nordics oc weu snam");
	assert_string_equal(chain_text(g, "10.3.0.0"), "weu snam");
	assert_string_equal(chain_text(g, "10.4.0.0"), "weu");
	assert_string_equal(chain_text(g, "11.0.0.0"), "");
	assert_string_equal(chain_text(g, "::1"), "in");
	assert_int_equal(scope_of(g, "::1"), 128);
	assert_int_equal(geo_region_count(g), 19);
	assert_int_equal(geo_region_find(g, "nordics", &a), OK);
	assert_int_equal(geo_region_find(g, "ceu", &b), OK);
	assert_true(fabs(geo_distance_km(g, a, b) - 985) < 10);
	assert_int_equal(geo_region_find(g, "net", &b), OK);
	assert_true(isinf(geo_distance_km(g, a, b)));
	assert_int_equal(geo_region_find(g, "nix", &b), ERR_MISSING);
	geo_free(g);
}

static void
test_nothing_configured(void **state)
{
	struct config_geo cfg = {0};
	struct geo *g = build(&cfg, NULL, 0);

	(void)state;
	assert_string_equal(chain_text(g, "8.8.8.8"), "");
	assert_int_equal(scope_of(g, "8.8.8.8"), 0);
	assert_int_equal(geo_place_count(g), 1);
	geo_free(g);
}

static void
refuse(const void *data, size_t len, const char *reason)
{
	char *path = make_file(data, len);
	struct config_geo cfg = {.databases = &path, .database_count = 1};
	struct complaints c = {0};
	struct buf why = {0};
	struct geo *g = NULL;

	assert_int_not_equal(geo_check_database(path, &why), OK);
	assert_non_null(strstr(buf_text(&why), reason));
	assert_int_equal(geo_build(&cfg, NULL, &g, &c), ERR_SYNTAX);
	assert_null(g);
	assert_int_equal(c.errors, 1);
	assert_non_null(strstr(c.list[0].text, path));
	assert_non_null(strstr(c.list[0].text, reason));
	complaints_fini(&c);
	buf_fini(&why);
	unlink(path);
	free(path);
}

/* libmaxminddb 1.7.1 leaks in MMDB_open() when the metadata are damaged: not ours to
 * report. Weak, as it is there under LeakSanitizer only. */
void
__lsan_disable(void) __attribute__((weak));
void
__lsan_enable(void) __attribute__((weak));

static bool
is_refused(const char *path, struct buf *why)
{
	enum err e;

	if (__lsan_disable != NULL)
		__lsan_disable();
	e = geo_check_database(path, why);
	if (__lsan_enable != NULL)
		__lsan_enable();
	return e != OK;
}

/* Every octet of a small file changed in turn, and the file cut at every length. */
static void
test_damage(void **state)
{
	struct buf good = {0}, why = {0};
	int refused = 0;

	(void)state;
	make_init(&maker, 24, 6);
	make_add(&maker, "10.0.0.0/8",
	    "{\"country\":{\"iso_code\":\"US\"},\"subdivisions\":[{\"iso_code\":\"CA\"}]"
	    "}");
	make_add(&maker, "2001:db8::/32", "{\"asn\":\"AS1\"}");
	make_finish(&maker, &good);
	for (size_t i = 0; i < good.len * 3; i++) {
		static const char masks[] = {1, '\x80', '\xff'};
		size_t at = i / 3;
		char *path;

		good.data[at] = (char)(good.data[at] ^ masks[i % 3]);
		path = make_file(good.data, good.len);
		good.data[at] = (char)(good.data[at] ^ masks[i % 3]);
		refused += is_refused(path, &why);
		unlink(path);
		free(path);
	}
	assert_true(refused > 100);
	for (size_t len = 0; len < good.len; len += 7)
		refuse(good.data, len, "");
	refuse("no database", 11, "not a MaxMind DB file");
	buf_fini(&good);
	make_init(&maker, 24, 4);
	make_add(&maker, "10.0.0.0/8", "{\"is_anonymous\":1}");
	make_finish(&maker, &good);
	refuse(good.data, good.len, "no country, continent or AS number");
	buf_fini(&good);
	make_init(&maker, 24, 4);
	make_add(&maker, "10.0.0.0/8", "{\"country_code\":\"US\"}");
	maker.nodes[1][0] = maker.nodes[1][1] = 0; /* a cycle, both ways */
	make_finish(&maker, &good);
	refuse(good.data, good.len, "damaged database");
	buf_fini(&good);
	/* Deeper than a stack: {"":{"":{"":... */
	make_init(&maker, 24, 4);
	*make_slot(&maker, "10.0.0.0/8") = MAKE_DATA;
	for (int i = 0; i < 1000000; i++)
		buf_str(&maker.data, "\xe1\x40");
	buf_str(&maker.data, "\x40");
	make_finish(&maker, &good);
	refuse(good.data, good.len, "nested too deep");
	buf_fini(&good);
	buf_fini(&why);
}

static void
test_complaints(void **state)
{
	char *missing = mem_str("/nonexistent/x.mmdb");
	struct config_where where = {"sextant.yaml", 3, 7};
	struct config_geo_prefix prefix = {.where = {"sextant.yaml", 9, 1},
	    .prefix = prefix_of("10.0.0.0/8"),
	    .region = (char *)(uintptr_t) "nix"};
	struct config_geo cfg = {.databases = &missing,
	    .database_wheres = &where,
	    .database_count = 1,
	    .prefixes = &prefix,
	    .prefix_count = 1};
	const char *none[] = {NULL};
	struct geo_sources left_out = {.paths = none};
	struct complaints c = {0};
	struct geo *g = NULL;

	(void)state;
	assert_int_equal(geo_build(&cfg, NULL, &g, &c), ERR_SYNTAX);
	assert_int_equal(c.errors, 2);
	assert_int_equal(c.list[0].line, 3);
	assert_int_equal(c.list[1].line, 9);
	complaints_fini(&c);
	prefix.region = (char *)(uintptr_t) "weu";
	assert_int_equal(geo_build(&cfg, &left_out, &g, &c), OK);
	assert_int_equal(c.errors, 0);
	geo_free(g);
	prefix.prefix = prefix_of("2002::/24");
	assert_int_equal(geo_build(&cfg, &left_out, &g, &c), OK);
	assert_int_equal(c.warnings, 1);
	geo_free(g);
	complaints_fini(&c);
	mem_free(missing);
}

/* All ISO countries have a continent, and each is in just one built-in region. */
static void
test_countries(void **state)
{
	int real = 0;

	(void)state;
	for (uint16_t c = 1; c < COUNTRY_CODES; c++)
		real += country_is_real(c);
	assert_int_equal(real, 250);
	assert_int_equal(country_parse("us", 2), country_parse("US", 2));
	assert_int_equal(country_parse("U1", 2), 0);
	assert_false(country_is_real(country_parse("EU", 2)));
	assert_int_equal(
	    country_continent(country_parse("XK", 2)), continent_parse("EU", 2));
	assert_int_equal(continent_parse("XX", 2), 0);
}

static uint32_t
random32(void)
{
	static uint64_t s = 88172645463325252u;

	s ^= s << 13;
	s ^= s >> 7;
	s ^= s << 17;
	return (uint32_t)(s >> 16);
}

static void
random_ip(struct ip *ip, uint8_t family)
{
	*ip = (struct ip){.family = family};
	for (unsigned i = 0; i < (family == 4 ? 4u : 16u); i++)
		ip->bytes[i] = (uint8_t)random32();
	if (family == 6) {
		ip->bytes[0] = random32() % 2 != 0 ? 0x2a : 0x24;
		ip->bytes[1] &= 0x0f;
		ip->bytes[2] &= 0x1f;
	}
}

/* A shipped database, unpacked; NULL when there is no xz to do it. */
static char *
unpack_shipped(void)
{
	const char *srcdir = getenv("srcdir");
	char *path = make_file("", 0);
	char *command = mem_printf("xz -dc '%s/conf/iptoasn-country.mmdb.xz' >'%s'",
	    srcdir != NULL ? srcdir : ".", path);
	int status = system(command);

	mem_free(command);
	if (status == 0)
		return path;
	unlink(path);
	free(path);
	return NULL;
}

static void
expect_as_database(const MMDB_s *db, const struct geo *g, const struct ip *ip)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	MMDB_lookup_result_s r;
	MMDB_entry_data_s d = {0};
	struct geo_where where;
	uint8_t scope, again;
	struct ip last = *ip;
	uint16_t place;
	int error;

	memcpy(&in.sin_addr, ip->bytes, 4);
	memcpy(&in6.sin6_addr, ip->bytes, 16);
	r = MMDB_lookup_sockaddr(db,
	    ip->family == 4 ? (struct sockaddr *)&in : (struct sockaddr *)&in6, &error);
	assert_int_equal(error, MMDB_SUCCESS);
	geo_describe(g, ip, &where);
	if (r.found_entry &&
	    MMDB_get_value(&r.entry, &d, "country_code", NULL) == MMDB_SUCCESS)
		assert_memory_equal(where.country, d.utf8_string, 2);
	else
		assert_string_equal(where.country, "");
	/* Both ends of the block are in the same place, with the same scope. */
	place = geo_find(g, ip, &scope);
	for (unsigned i = scope; i < (ip->family == 4 ? 32u : 128u); i++)
		last.bytes[i / 8] |= (uint8_t)(0x80 >> (i % 8));
	assert_int_equal(geo_find(g, &last, &again), place);
	assert_int_equal(again, scope);
	ip_mask(&last, scope);
	assert_int_equal(geo_find(g, &last, &again), place);
	assert_int_equal(again, scope);
}

static void
test_shipped(void **state)
{
	char *path = unpack_shipped(), *copy;
	struct config_geo cfg = {0};
	struct geo_sizes sizes;
	struct geo *g;
	MMDB_s db;

	(void)state;
	if (path == NULL)
		skip();
	assert_int_equal(MMDB_open(path, MMDB_MODE_MMAP, &db), MMDB_SUCCESS);
	copy = path;
	g = build(&cfg, &copy, 1);
	for (int i = 0; i < 20000; i++) {
		struct ip ip;

		random_ip(&ip, i % 2 == 0 ? 4 : 6);
		expect_as_database(&db, g, &ip);
	}
	assert_string_equal(chain_text(g, "8.8.8.8"), "snam");
	geo_get_sizes(g, &sizes);
	assert_int_equal(sizes.places, 17);
	print_message("intervals %zu + %zu, places %zu, %zu octets\n", sizes.intervals4,
	    sizes.intervals6, sizes.places, sizes.octets);
	MMDB_close(&db);
	geo_free(g);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_layouts),
	    cmocka_unit_test(test_aliases),
	    cmocka_unit_test(test_layers),
	    cmocka_unit_test(test_nothing_configured),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_complaints),
	    cmocka_unit_test(test_countries),
	    cmocka_unit_test(test_shipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
