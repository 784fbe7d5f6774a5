/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "dns/wire.h"
#include "world_make.h"

static struct maker maker;

#define POOLS \
	"pools:\n" \
	"  - {name: edge, regions: {weu: [192.0.2.1]}, default: [192.0.2.2]}\n"
#define ZONES \
	"zones:\n" \
	"  - {domain: file.test, file: file.zone}\n" \
	"  - {domain: both.test, file: file.zone, store: on}\n" \
	"  - {domain: store.test, store: on, ns: [ns1.example.net]}\n"

static const char config[] = "server: {state_dir: state}\n" POOLS ZONES;

static struct name
name_of(const char *text)
{
	struct name n;

	assert_int_equal(name_parse(text, strlen(text), &name_root, &n), OK);
	return n;
}

/* ---- changes ---- */

static struct store_change
change_of(const char *zone, const char *owner, uint16_t type, bool record)
{
	struct store_change c = {.key = {.kind = RECORD_RRSET, .type = type}};

	c.key.zone = name_of(zone);
	c.key.owner = name_of(owner);
	if (record) {
		c.record = mem_new(sizeof(*c.record));
		c.record->key = c.key;
		c.record->ttl = 60;
	}
	return c;
}

static struct store_change
plain(const char *zone, const char *owner, uint8_t last)
{
	const uint8_t octets[4] = {192, 0, 2, last};
	const struct rdata rdata = {octets, 4};
	struct store_change c = change_of(zone, owner, TYPE_A, true);

	assert_int_equal(rrset_new(TYPE_A, 60, &rdata, 1, &c.record->rrset), OK);
	return c;
}

static struct store_change
steered(const char *zone, const char *owner, const char *address)
{
	struct store_change c = change_of(zone, owner, TYPE_A, true);
	struct config_pool *p = mem_new(sizeof(*p));

	p->where.file = "";
	p->name = mem_str(owner);
	p->ttl = 60;
	p->ttl_min = 10;
	p->min_healthy = 1;
	p->dflt = mem_array(1, sizeof(*p->dflt));
	p->dflt_count = 1;
	p->dflt[0].weight = 1;
	assert_int_equal(ip_parse(address, strlen(address), &p->dflt[0].ip), OK);
	c.record->pool = p;
	return c;
}

static struct store_change
named(const char *zone, const char *owner, const char *pool)
{
	struct store_change c = change_of(zone, owner, TYPE_POOL, true);

	c.record->pool_name = mem_str(pool);
	return c;
}

static struct store_change
removed(const char *zone, const char *owner, uint16_t type)
{
	return change_of(zone, owner, type, false);
}

static struct store_change
settings(const char *zone, enum zone_state state, uint32_t minimum)
{
	struct store_change c = change_of(zone, zone, 0, true);

	c.key.kind = c.record->key.kind = RECORD_ZONE;
	c.record->zone = mem_new(sizeof(*c.record->zone));
	*c.record->zone = (struct record_zone){.state = state,
	    .ttl = 77,
	    .refresh = 1,
	    .retry = 2,
	    .expire = 3,
	    .minimum = minimum};
	return c;
}

static void
post(const struct store_change *list, size_t count)
{
	keeper_change(maker.keeper, mem_dup(list, count * sizeof(*list)), count);
}

static void
change(struct store_change c)
{
	post(&c, 1);
	maker_turn(&maker);
}

static struct store_change
own_pool(const char *name, const char *address)
{
	struct store_change c = {.key = {.kind = RECORD_POOL}};
	struct store_change from;

	c.key.zone = c.key.owner = name_root;
	snprintf(c.key.pool, sizeof(c.key.pool), "%s", name);
	if (address == NULL)
		return c;
	from = steered("store.test", "x.store.test", address);
	c.record = from.record;
	c.record->key = c.key;
	return c;
}

/* ---- what is served ---- */

static const struct zone *
zone_of(const char *text)
{
	struct name n = name_of(text);

	return (const struct zone *)(const void *)trie_find(
	    &maker_world()->zones, name_hash(n.bytes, n.len), n.bytes, n.len);
}

/* NULL: nothing of that type there. */
static const struct rrset *
rrset_at(const char *zone, const char *owner, uint16_t type)
{
	struct name n = name_of(owner);
	struct name_path path;
	struct find f;

	name_path_set(&path, n.bytes, n.len);
	zone_find(zone_of(zone), &path, type, &f);
	return f.kind == FIND_MATCH ? node_rrset(f.node, type) : NULL;
}

static void
expect_plain(const char *zone, const char *owner, uint8_t last)
{
	const struct rrset *s = rrset_at(zone, owner, TYPE_A);

	assert_non_null(s);
	assert_true(s->from_store);
	assert_int_equal(s->wire[15], last);
}

/* The one address that a steered RRset's pool answers for nobody in particular. */
static void
expect_steered(const struct rrset *s, uint8_t last)
{
	const struct pool *p;
	const struct choice *c;

	assert_non_null(s);
	p = world_pool(maker_world(), rrset_pool(s));
	assert_non_null(p);
	c = atomic_load(&p->cells[FAMILY_4]);
	assert_non_null(c);
	assert_int_equal(c->count, 1);
	assert_int_equal(c->rr[15], last);
}

static size_t
count_pools(void)
{
	size_t n = 0;

	for (uint32_t id = 0; id < maker_world()->chunk_count * POOL_CHUNK; id++)
		n += world_pool(maker_world(), id) != NULL;
	return n;
}

static void
count_one(void *ctx, struct pool *p)
{
	(void)p;
	++*(size_t *)ctx;
}

/* The board holds just the pools that are served. */
static void
expect_pools(size_t count)
{
	size_t n = 0;

	assert_int_equal(count_pools(), count);
	board_each(maker.board, count_one, &n);
	assert_int_equal(n, count);
}

static uint32_t
serial_of(const char *zone)
{
	const struct rrset *soa = zone_of(zone)->soa;

	return wire_get32(soa->wire + soa->wire_len - 20);
}

/* ---- the stories ---- */

static void
files_are_served(void **state)
{
	(void)state;
	assert_int_equal(maker_world()->number, 1);
	assert_int_equal(serial_of("file.test"), 7);
	expect_steered(rrset_at("file.test", "www.file.test", TYPE_POOL), 2);
	expect_pools(1);
	assert_null(zone_of("none.test"));
	/* a zone that takes records moves its serial by itself */
	assert_true(serial_of("both.test") > 1700000000);
}

static void
a_zone_without_a_file_has_its_settings(void **state)
{
	const struct zone *z = zone_of("store.test");

	(void)state;
	assert_false(z->broken);
	assert_int_equal(z->ns->count, 1);
	assert_int_equal(rrset_ttl(z->soa), 300);
	assert_memory_equal(z->soa->wire + 12, "\3ns1\7example\3net", 16);
	assert_memory_equal(z->soa->wire + 29, "\012hostmaster\5store\4test", 22);
	change(settings("store.test", ZONE_ACTIVE, 9));
	z = zone_of("store.test");
	assert_int_equal(rrset_ttl(z->soa), 77);
	assert_int_equal(wire_get32(z->soa->wire + z->soa->wire_len - 4), 9);
	assert_int_equal(rrset_ttl(z->ns), 77);
	change(settings("store.test", ZONE_DELETED, 9));
	assert_null(zone_of("store.test"));
	change(settings("store.test", ZONE_ACTIVE, 8));
	assert_non_null(zone_of("store.test"));
}

static void
records_come_and_go(void **state)
{
	uint64_t number = maker_world()->number;
	struct store_change batch[3] = {plain("store.test", "a.store.test", 10),
	    plain("store.test", "b.store.test", 11),
	    plain("both.test", "c.both.test", 12)};

	(void)state;
	post(batch, 3);
	maker_turn(&maker);
	assert_int_equal(maker_world()->number, number + 1); /* visible as one */
	expect_plain("store.test", "a.store.test", 10);
	expect_plain("store.test", "b.store.test", 11);
	expect_plain("both.test", "c.both.test", 12);
	change(plain("store.test", "a.store.test", 20));
	expect_plain("store.test", "a.store.test", 20);
	change(removed("store.test", "a.store.test", TYPE_A));
	assert_null(rrset_at("store.test", "a.store.test", TYPE_A));
	expect_plain("store.test", "b.store.test", 11);
	/* nothing was there, no such zone, and a zone that takes no records */
	change(removed("store.test", "a.store.test", TYPE_A));
	change(plain("none.test", "a.none.test", 1));
	change(plain("file.test", "a.file.test", 1));
	assert_null(rrset_at("file.test", "a.file.test", TYPE_A));
}

static void
a_disabled_record_is_not_served(void **state)
{
	struct store_change c = plain("store.test", "d.store.test", 1);

	(void)state;
	change(plain("store.test", "d.store.test", 1));
	expect_plain("store.test", "d.store.test", 1);
	c.record->disabled = true;
	change(c);
	assert_null(rrset_at("store.test", "d.store.test", TYPE_A));
}

static void
pools_of_records_live_as_long_as_they(void **state)
{
	uint32_t first;

	(void)state;
	change(steered("store.test", "s.store.test", "192.0.2.31"));
	expect_steered(rrset_at("store.test", "s.store.test", TYPE_A), 31);
	first = rrset_pool(rrset_at("store.test", "s.store.test", TYPE_A));
	assert_true(first >= POOLID_FIRST_OWN);
	expect_pools(2);
	/* another version of it, then a plain one, then none */
	change(steered("store.test", "s.store.test", "192.0.2.32"));
	expect_steered(rrset_at("store.test", "s.store.test", TYPE_A), 32);
	expect_pools(2);
	change(plain("store.test", "s.store.test", 33));
	expect_plain("store.test", "s.store.test", 33);
	expect_pools(1);
	change(steered("store.test", "t.store.test", "192.0.2.34"));
	/* numbers are used again */
	assert_true(
	    rrset_pool(rrset_at("store.test", "t.store.test", TYPE_A)) <= first + 1);
	change(removed("store.test", "t.store.test", TYPE_A));
	expect_pools(1);
}

static void
one_batch_may_change_a_record_twice(void **state)
{
	struct store_change batch[4] = {
	    steered("store.test", "u.store.test", "192.0.2.41"),
	    steered("store.test", "u.store.test", "192.0.2.42"),
	    steered("store.test", "v.store.test", "192.0.2.43"),
	    removed("store.test", "v.store.test", TYPE_A),
	};

	(void)state;
	post(batch, 4);
	maker_turn(&maker);
	expect_steered(rrset_at("store.test", "u.store.test", TYPE_A), 42);
	assert_null(rrset_at("store.test", "v.store.test", TYPE_A));
	expect_pools(2);
	change(removed("store.test", "u.store.test", TYPE_A));
	expect_pools(1);
}

static void
work_that_comes_meanwhile_goes_together(void **state)
{
	uint64_t number = maker_world()->number;
	struct store_change c = steered("store.test", "w.store.test", "192.0.2.51");

	(void)state;
	post(&c, 1); /* waits for the board from here on */
	for (uint8_t i = 0; i < 10; i++) {
		c = plain("store.test", "x.store.test", i);
		post(&c, 1);
	}
	assert_int_equal(maker_world()->number, number);
	maker_turn(&maker);
	assert_int_equal(maker_world()->number, number + 2);
	expect_plain("store.test", "x.store.test", 9);
	change(removed("store.test", "w.store.test", TYPE_A));
}

static void
a_bulk_becomes_one_world(void **state)
{
	uint64_t number = maker_world()->number;
	struct store_change first[2] = {plain("store.test", "bulk.store.test", 1),
	    steered("store.test", "pool.store.test", "192.0.2.44")};
	struct store_change second = plain("store.test", "bulk.store.test", 3);

	(void)state;
	keeper_begin_bulk(maker.keeper);
	assert_false(keeper_is_idle(maker.keeper));
	post(first, 2);
	post(&second, 1);
	maker_turn(&maker);
	assert_int_equal(maker_world()->number, number);
	assert_null(rrset_at("store.test", "bulk.store.test", TYPE_A));
	keeper_end_bulk(maker.keeper);
	maker_turn(&maker);
	assert_true(keeper_is_idle(maker.keeper));
	assert_int_equal(maker_world()->number, number + 1);
	expect_plain("store.test", "bulk.store.test", 3);
	expect_steered(rrset_at("store.test", "pool.store.test", TYPE_A), 44);
	/* an empty one is one too */
	keeper_begin_bulk(maker.keeper);
	keeper_end_bulk(maker.keeper);
	maker_turn(&maker);
	change(removed("store.test", "bulk.store.test", TYPE_A));
	change(removed("store.test", "pool.store.test", TYPE_A));
}

static void
a_record_may_name_a_pool(void **state)
{
	(void)state;
	change(named("store.test", "n.store.test", "edge"));
	expect_steered(rrset_at("store.test", "n.store.test", TYPE_POOL), 2);
	change(named("store.test", "n.store.test", "later"));
	assert_null(world_pool(maker_world(),
	    rrset_pool(rrset_at("store.test", "n.store.test", TYPE_POOL))));
}

static void
done(void *ctx)
{
	++*(unsigned *)ctx;
}

static void
a_reload_keeps_records(void **state)
{
	unsigned installed = 0;

	(void)state;
	change(steered("store.test", "s.store.test", "192.0.2.61"));
	change(plain("store.test", "p.store.test", 62));
	change(steered("both.test", "s.both.test", "192.0.2.63"));
	expect_pools(3);
	maker_file(&maker, "sextant.yaml",
	    "server: {state_dir: state}\n"
	    "pools:\n"
	    "  - {name: edge, regions: {weu: [192.0.2.1]}, default: [192.0.2.71]}\n"
	    "  - {name: later, default: [192.0.2.72]}\n" ZONES);
	assert_int_equal(maker_load(&maker, PARTS_RELOAD), OK);
	keeper_install(maker.keeper, maker.parts, done, &installed);
	maker_turn(&maker);
	assert_int_equal(installed, 1);
	expect_steered(rrset_at("file.test", "www.file.test", TYPE_POOL), 71);
	expect_steered(rrset_at("store.test", "n.store.test", TYPE_POOL), 72);
	expect_steered(rrset_at("store.test", "s.store.test", TYPE_A), 61);
	expect_steered(rrset_at("both.test", "s.both.test", TYPE_A), 63);
	expect_plain("store.test", "p.store.test", 62);
	expect_pools(4);
}

static void
a_zone_that_goes_takes_its_pools_along(void **state)
{
	(void)state;
	maker_file(&maker, "sextant.yaml",
	    "server: {state_dir: state}\n" POOLS "zones:\n"
	    "  - {domain: file.test, file: file.zone}\n"
	    "  - {domain: both.test, file: file.zone, store: on}\n");
	maker_install(&maker, PARTS_RELOAD);
	assert_null(zone_of("store.test"));
	expect_steered(rrset_at("both.test", "s.both.test", TYPE_A), 63);
	expect_pools(2); /* edge, and that of s.both.test */
	change(removed("both.test", "s.both.test", TYPE_A));
	expect_pools(1);
}

static void
serials_only_grow(void **state)
{
	uint32_t before = serial_of("both.test");

	(void)state;
	for (uint8_t i = 0; i < 50; i++) {
		uint32_t now;

		change(plain("both.test", "z.both.test", i));
		now = serial_of("both.test");
		assert_true(now >= before);
		/* at most one step a second */
		assert_true(now - before <= 2);
		before = now;
	}
}

static void
readers_keep_what_they_see(void **state)
{
	struct publish_reader *reader;
	const struct world *seen;
	const struct rrset *s;

	(void)state;
	assert_int_equal(publish_join(&maker_shared.domain, &reader), OK);
	change(plain("both.test", "r.both.test", 81));
	publish_pin(&maker_shared.domain, reader);
	seen = publish_load(&maker_shared.world);
	s = rrset_at("both.test", "r.both.test", TYPE_A);
	for (uint8_t i = 0; i < 20; i++)
		change(plain("both.test", "r.both.test", i));
	maker_install(&maker, PARTS_RELOAD);
	/* the sanitizer would see a use after free here */
	assert_int_equal(s->wire[15], 81);
	assert_true(seen->number < maker_world()->number);
	assert_non_null(seen->parts->config);
	publish_unpin(reader);
}

static void
records_may_come_first(void **state)
{
	struct maker m;
	struct store_change c = steered("store.test", "s.store.test", "192.0.2.91");

	(void)state;
	maker_open(&m);
	maker_file(&m, "sextant.yaml",
	    "server: {state_dir: state}\nzones:\n"
	    "  - {domain: store.test, store: on, "
	    "ns: [ns1.example.net]}\n");
	keeper_change(m.keeper, mem_dup(&c, sizeof(c)), 1);
	maker_turn(&m);
	assert_null(maker_world());
	maker_install(&m, PARTS_START);
	assert_int_equal(maker_world()->number, 1);
	expect_steered(rrset_at("store.test", "s.store.test", TYPE_A), 91);
	maker_close(&m);
}

static void
records_that_never_find_a_world_are_freed(void **state)
{
	struct maker m;
	struct store_change c = steered("store.test", "s.store.test", "192.0.2.91");

	(void)state;
	maker_open(&m);
	keeper_change(m.keeper, mem_dup(&c, sizeof(c)), 1);
	maker_close(&m);
}

/* What a refused reload read well was never served: it is no accepted copy. */
static void
a_refused_reload_leaves_the_copies(void **state)
{
	static const char good[] =
	    "$TTL 300\n@ SOA ns hostmaster 8 1h 10m 2w 60\n@ NS ns\n"
	    "ns A 192.0.2.3\nwww POOL edge\n";
	char *path = mem_printf("%s/state/accepted/file.test.zone", maker.dir);
	struct parts *before = maker.parts;
	struct buf why = {0};
	char *text;
	size_t len;

	(void)state;
	maker_file(&maker, "file.zone", good);
	maker_file(&maker, "bad.zone", "@ SOA what\n");
	maker_file(&maker, "sextant.yaml",
	    "server: {state_dir: state}\n" POOLS "geo: {databases: [bad.zone]}\n"
	    "zones:\n"
	    "  - {domain: file.test, file: file.zone}\n"
	    "  - {domain: bad.test, file: bad.zone}\n");
	assert_int_not_equal(maker_load(&maker, PARTS_RELOAD), OK);
	assert_ptr_equal(maker.parts, before);
	assert_int_equal(file_read(path, 1000, &text, &len, &why), OK);
	assert_non_null(strstr(text, "hostmaster 7"));
	mem_free(text);
	/* at a start the good one is served, and kept */
	maker_install(&maker, PARTS_START);
	assert_true(zone_of("bad.test")->broken);
	assert_int_equal(serial_of("file.test"), 8);
	assert_int_equal(file_read(path, 1000, &text, &len, &why), OK);
	assert_non_null(strstr(text, "hostmaster 8"));
	mem_free(text);
	/* and is what a later start with a bad file falls back to */
	maker_file(&maker, "file.zone", "@ SOA what\n");
	maker_install(&maker, PARTS_START);
	assert_int_equal(serial_of("file.test"), 8);
	mem_free(path);
	buf_fini(&why);
}

static int
begin(void **state)
{
	(void)state;
	maker_open(&maker);
	maker_file(&maker, "sextant.yaml", config);
	maker_file(&maker, "file.zone",
	    "$TTL 300\n@ SOA ns hostmaster 7 1h 10m 2w 60\n@ NS ns\nns A 192.0.2.3\n"
	    "www POOL edge\n");
	maker_install(&maker, PARTS_START);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	maker_close(&maker);
	return 0;
}

static void
pools_of_the_store(void **state)
{
	(void)state;
	maker_file(&maker, "sextant.yaml",
	    "server: {state_dir: state}\n" POOLS
	    "zones:\n  - {domain: store.test, store: on, ns: [ns1.example.net]}\n");
	maker_install(&maker, PARTS_RELOAD);
	change(own_pool("mine", "192.0.2.50"));
	change(named("store.test", "a.store.test", "mine"));
	expect_steered(rrset_at("store.test", "a.store.test", TYPE_POOL), 50);
	expect_pools(2);
	change(own_pool("mine", "192.0.2.51"));
	expect_steered(rrset_at("store.test", "a.store.test", TYPE_POOL), 51);
	/* the configuration's wins, and its loss lets the store's come up */
	change(own_pool("edge", "192.0.2.52"));
	change(named("store.test", "b.store.test", "edge"));
	expect_steered(rrset_at("store.test", "b.store.test", TYPE_POOL), 2);
	maker_file(&maker, "sextant.yaml",
	    "server: {state_dir: state}\n"
	    "zones:\n  - {domain: store.test, store: on, ns: [ns1.example.net]}\n");
	maker_install(&maker, PARTS_RELOAD);
	expect_steered(rrset_at("store.test", "b.store.test", TYPE_POOL), 52);
	expect_steered(rrset_at("store.test", "a.store.test", TYPE_POOL), 51);
	expect_pools(2);
	change(own_pool("mine", NULL));
	assert_null(world_pool(maker_world(),
	    rrset_pool(rrset_at("store.test", "a.store.test", TYPE_POOL))));
	expect_pools(1);
}

int
main(void)
{
	const struct CMUnitTest alone[] = {
	    cmocka_unit_test(records_may_come_first),
	    cmocka_unit_test(records_that_never_find_a_world_are_freed),
	};
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(files_are_served),
	    cmocka_unit_test(a_zone_without_a_file_has_its_settings),
	    cmocka_unit_test(records_come_and_go),
	    cmocka_unit_test(a_disabled_record_is_not_served),
	    cmocka_unit_test(pools_of_records_live_as_long_as_they),
	    cmocka_unit_test(one_batch_may_change_a_record_twice),
	    cmocka_unit_test(work_that_comes_meanwhile_goes_together),
	    cmocka_unit_test(a_bulk_becomes_one_world),
	    cmocka_unit_test(a_record_may_name_a_pool),
	    cmocka_unit_test(a_reload_keeps_records),
	    cmocka_unit_test(a_zone_that_goes_takes_its_pools_along),
	    cmocka_unit_test(serials_only_grow),
	    cmocka_unit_test(readers_keep_what_they_see),
	    cmocka_unit_test(a_refused_reload_leaves_the_copies),
	    cmocka_unit_test(pools_of_the_store),
	};
	int failed = cmocka_run_group_tests(alone, NULL, NULL);

	return failed + cmocka_run_group_tests(tests, begin, end);
}
