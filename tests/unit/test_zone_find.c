/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdbool.h>

#include "zone_build.h"

static struct name_path
path_of(const char *text)
{
	struct name n = name_of(text);
	struct name_path path;

	name_path_set(&path, n.bytes, n.len);
	return path;
}

/* Lines of "owner TYPE", with "+" before what is in the store. */
struct line {
	const char *owner;
	uint16_t type;
};

static size_t
records_of(const struct line *lines, size_t count, struct record *out)
{
	for (size_t i = 0; i < count; i++) {
		bool store = lines[i].owner[0] == '+';

		out[i].owner = name_of(lines[i].owner + store);
		out[i].type = lines[i].type;
		out[i].source = store ? FROM_STORE : FROM_FILE;
	}
	return count;
}

struct question {
	const char *qname;
	uint16_t qtype;
	enum find_kind kind;
	unsigned depth;
	const char *node; /* "+" before a node of the store, "" for none */
};

static void
check_questions(const struct zone *z, const struct question *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct name_path path = path_of(rows[i].qname);
		bool store = rows[i].node[0] == '+';
		struct find f;
		char text[NAME_TEXT_MAX];

		zone_find(z, &path, rows[i].qtype, &f);
		if (f.kind != rows[i].kind || f.depth != rows[i].depth)
			fail_msg(
			    "%s: kind %d depth %u", rows[i].qname, (int)f.kind, f.depth);
		assert_int_equal(f.node == NULL, rows[i].node[0] == '\0');
		if (f.node == NULL)
			continue;
		name_write(node_name(f.node), text);
		assert_string_equal(text, rows[i].node + store);
		if (node_has_data(f.node))
			assert_int_equal(node_first(f.node)->from_store, store);
	}
}

static void
check_zone(const char *apex, const struct line *lines, size_t line_count, bool has_file,
    const struct question *rows, size_t count)
{
	struct record records[32];
	struct zone z;

	assert_true(line_count <= COUNT(records));
	records_of(lines, line_count, records);
	zone_make(&z, apex, records, line_count, has_file, true);
	check_questions(&z, rows, count);
	zone_end(&z);
}

/* The zone of RFC 4592 2.2.1, with its questions. */
static void
test_rfc4592(void **state)
{
	static const struct line lines[] = {
	    {"example.", TYPE_SOA},
	    {"example.", TYPE_NS},
	    {"*.example.", TYPE_TXT},
	    {"*.example.", TYPE_MX},
	    {"sub.*.example.", TYPE_TXT},
	    {"host1.example.", TYPE_A},
	    {"_ssh._tcp.host1.example.", TYPE_SRV},
	    {"_ssh._tcp.host2.example.", TYPE_SRV},
	    {"subdel.example.", TYPE_NS},
	};
	static const struct question rows[] = {
	    {"host3.example.", TYPE_MX, FIND_WILDCARD, 1, "*.example."},
	    {"host3.example.", TYPE_A, FIND_WILDCARD, 1, "*.example."},
	    {"foo.bar.example.", TYPE_TXT, FIND_WILDCARD, 1, "*.example."},
	    {"host1.example.", TYPE_MX, FIND_MATCH, 2, "host1.example."},
	    {"sub.*.example.", TYPE_MX, FIND_MATCH, 3, "sub.*.example."},
	    {"_telnet._tcp.host1.example.", TYPE_SRV, FIND_NONE, 3, ""},
	    {"host.subdel.example.", TYPE_A, FIND_CUT, 2, "subdel.example."},
	    {"ghost.*.example.", TYPE_MX, FIND_NONE, 2, ""},
	    {"*.example.", TYPE_TXT, FIND_MATCH, 2, "*.example."},
	    {"host2.example.", TYPE_A, FIND_MATCH, 2, "host2.example."},
	    {"example.", TYPE_NS, FIND_MATCH, 1, "example."},
	    {"example.", TYPE_DS, FIND_MATCH, 1, "example."},
	    {"subdel.example.", TYPE_A, FIND_CUT, 2, "subdel.example."},
	    {"subdel.example.", TYPE_DS, FIND_MATCH, 2, "subdel.example."},
	    {"x.subdel.example.", TYPE_DS, FIND_CUT, 2, "subdel.example."},
	};

	(void)state;
	check_zone("example.", lines, COUNT(lines), true, rows, COUNT(rows));
}

static void
test_odd_wildcards(void **state)
{
	static const struct line lines[] = {
	    {"z.", TYPE_NS},
	    {"x.*.ent.z.", TYPE_A}, /* "*" is an empty non-terminal */
	    {"*.ns.z.", TYPE_NS},
	    {"*.dname.z.", TYPE_DNAME},
	};
	static const struct question rows[] = {
	    {"q.ent.z.", TYPE_A, FIND_WILDCARD, 2, "*.ent.z."},
	    {"q.ns.z.", TYPE_A, FIND_WILDCARD, 2, "*.ns.z."},
	    {"*.ns.z.", TYPE_A, FIND_CUT, 3, "*.ns.z."},
	    {"p.q.dname.z.", TYPE_A, FIND_WILDCARD, 2, "*.dname.z."},
	    {"q.*.dname.z.", TYPE_A, FIND_DNAME, 3, "*.dname.z."},
	};

	(void)state;
	check_zone("z.", lines, COUNT(lines), true, rows, COUNT(rows));
}

static void
test_dname(void **state)
{
	static const struct line lines[] = {
	    {"z.", TYPE_NS},
	    {"z.", TYPE_DNAME},
	    {"a.z.", TYPE_A},
	};
	static const struct question apex_rows[] = {
	    {"z.", TYPE_A, FIND_MATCH, 1, "z."},
	    {"a.z.", TYPE_A, FIND_DNAME, 1, "z."},
	};
	static const struct line both[] = {
	    {"z.", TYPE_NS},
	    {"d.z.", TYPE_DNAME},
	    {"c.z.", TYPE_NS},
	    {"c.z.", TYPE_DNAME},
	};
	static const struct question rows[] = {
	    {"d.z.", TYPE_A, FIND_MATCH, 2, "d.z."},
	    {"x.d.z.", TYPE_A, FIND_DNAME, 2, "d.z."},
	    {"c.z.", TYPE_A, FIND_CUT, 2, "c.z."},
	    {"x.c.z.", TYPE_A, FIND_CUT, 2, "c.z."},
	};

	(void)state;
	check_zone("z.", lines, COUNT(lines), true, apex_rows, COUNT(apex_rows));
	check_zone("z.", both, COUNT(both), true, rows, COUNT(rows));
}

static void
test_both_sources(void **state)
{
	static const struct line lines[] = {
	    {"z.", TYPE_NS},
	    {"+z.", TYPE_A},
	    {"both.z.", TYPE_A},
	    {"+both.z.", TYPE_TXT},
	    {"+only.z.", TYPE_A},
	    {"x.ent.z.", TYPE_A},
	    {"+ent.z.", TYPE_A},
	    {"+y.ent.z.", TYPE_A},
	    {"cut.z.", TYPE_NS},
	    {"+www.cut.z.", TYPE_A},
	    {"+fake.z.", TYPE_NS},
	    {"+www.fake.z.", TYPE_A},
	    {"+dn.z.", TYPE_DNAME},
	    {"w.z.", TYPE_A},
	    {"+*.w.z.", TYPE_A},
	    {"*.v.z.", TYPE_A},
	    {"+*.v.z.", TYPE_TXT},
	    {"t.*.u.z.", TYPE_A},
	    {"+*.u.z.", TYPE_A},
	    {"_acme-challenge.both.z.", TYPE_CNAME},
	    {"+_acme-challenge.both.z.", TYPE_TXT},
	};
	static const struct question rows[] = {
	    {"z.", TYPE_A, FIND_MATCH, 1, "z."},
	    {"both.z.", TYPE_TXT, FIND_MATCH, 2, "both.z."},
	    {"only.z.", TYPE_A, FIND_MATCH, 2, "+only.z."},
	    {"ent.z.", TYPE_A, FIND_MATCH, 2, "+ent.z."},
	    {"x.ent.z.", TYPE_A, FIND_MATCH, 3, "x.ent.z."},
	    {"y.ent.z.", TYPE_A, FIND_MATCH, 3, "+y.ent.z."},
	    {"www.cut.z.", TYPE_A, FIND_CUT, 2, "cut.z."},
	    {"www.fake.z.", TYPE_A, FIND_MATCH, 3, "+www.fake.z."},
	    {"q.dn.z.", TYPE_A, FIND_NONE, 2, ""},
	    {"q.w.z.", TYPE_A, FIND_WILDCARD, 2, "+*.w.z."},
	    {"q.v.z.", TYPE_TXT, FIND_WILDCARD, 2, "*.v.z."},
	    {"q.u.z.", TYPE_A, FIND_WILDCARD, 2, "+*.u.z."},
	    {"_acme-challenge.both.z.", TYPE_TXT, FIND_MATCH, 3,
	        "+_acme-challenge.both.z."},
	    {"_acme-challenge.both.z.", TYPE_A, FIND_MATCH, 3, "_acme-challenge.both.z."},
	};

	(void)state;
	check_zone("z.", lines, COUNT(lines), true, rows, COUNT(rows));
}

/* Without a file the store delegates. */
static void
test_store_alone(void **state)
{
	static const struct line lines[] = {
	    {"+cut.z.", TYPE_NS},
	    {"+www.cut.z.", TYPE_A},
	    {"+dn.z.", TYPE_DNAME},
	};
	static const struct question rows[] = {
	    {"www.cut.z.", TYPE_A, FIND_CUT, 2, "+cut.z."},
	    {"q.dn.z.", TYPE_A, FIND_DNAME, 2, "+dn.z."},
	    {"z.", TYPE_A, FIND_MATCH, 1, "z."},
	    {"q.z.", TYPE_A, FIND_NONE, 1, ""},
	};
	struct name_path path = path_of("z.");
	struct zone z;
	struct find f;

	(void)state;
	check_zone("z.", lines, COUNT(lines), false, rows, COUNT(rows));
	/* Not one record: the apex exists all the same. */
	zone_make(&z, "z.", NULL, 0, false, true);
	zone_find(&z, &path, TYPE_A, &f);
	assert_int_equal(f.kind, FIND_MATCH);
	assert_false(node_has_data(f.node));
	zone_end(&z);
}

static void
test_zone_node(void **state)
{
	static const struct line lines[] = {
	    {"z.", TYPE_NS},
	    {"ns.cut.z.", TYPE_A},
	    {"cut.z.", TYPE_NS},
	    {"+ns.cut.z.", TYPE_AAAA},
	    {"+s.ent.z.", TYPE_A},
	    {"f.ent.z.", TYPE_A},
	    {"*.w.z.", TYPE_A},
	};
	static const struct {
		const char *name;
		unsigned depth;
		const char *node; /* NULL: none */
	} rows[] = {
	    {"ns.cut.z.", 3, "ns.cut.z."},
	    {"ns.cut.z.", 2, "cut.z."},
	    {"s.ent.z.", 3, "+s.ent.z."},
	    {"s.ent.z.", 2, NULL},
	    {"q.w.z.", 3, NULL},
	};
	struct record records[COUNT(lines)];
	struct zone z;

	(void)state;
	records_of(lines, COUNT(lines), records);
	zone_make(&z, "z.", records, COUNT(lines), true, true);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct name_path path = path_of(rows[i].name);
		const struct node *n = zone_node(&z, &path, rows[i].depth);
		char text[NAME_TEXT_MAX];

		assert_int_equal(n == NULL, rows[i].node == NULL);
		if (n == NULL)
			continue;
		name_write(node_name(n), text);
		assert_string_equal(text, rows[i].node + (rows[i].node[0] == '+'));
		assert_int_equal(node_first(n)->from_store, rows[i].node[0] == '+');
	}
	zone_end(&z);
}

static void
test_zones_find(void **state)
{
	static const char *const apexes[] = {"example.com.", "sub.example.com.", "net."};
	static const struct {
		const char *qname;
		const char *apex; /* NULL: none */
	} rows[] = {
	    {"example.com.", "example.com."},
	    {"WWW.Example.COM.", "example.com."},
	    {"a.b.sub.example.com.", "sub.example.com."},
	    {"sub.example.com.", "sub.example.com."},
	    {"xsub.example.com.", "example.com."},
	    {"com.", NULL},
	    {".", NULL},
	    {"a.net.", "net."},
	};
	struct zone zones[COUNT(apexes) + 1];
	struct trie trie = {0};
	struct trie_edit e;
	struct trie_node *garbage;
	struct name_path path;

	(void)state;
	trie_edit_begin(&e, &trie);
	for (size_t i = 0; i < COUNT(apexes); i++) {
		zone_make(&zones[i], apexes[i], NULL, 0, false, false);
		trie_edit_put(&e, trie_leaf_hash(&zones[i].leaf), &zones[i].leaf);
	}
	trie = trie_edit_finish(&e, &garbage);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct zone *z;
		char text[NAME_TEXT_MAX];

		path = path_of(rows[i].qname);
		z = zones_find(&trie, &path);
		assert_int_equal(z == NULL, rows[i].apex == NULL);
		if (z == NULL)
			continue;
		name_write(z->apex.bytes, text);
		assert_string_equal(text, rows[i].apex);
	}
	/* With the root zone everything is ours. */
	trie_edit_begin(&e, &trie);
	zone_make(&zones[COUNT(apexes)], ".", NULL, 0, false, false);
	trie_edit_put(
	    &e, trie_leaf_hash(&zones[COUNT(apexes)].leaf), &zones[COUNT(apexes)].leaf);
	trie = trie_edit_finish(&e, &garbage);
	trie_garbage_free(garbage);
	path = path_of("other.org.");
	assert_ptr_equal(zones_find(&trie, &path), &zones[COUNT(apexes)]);
	trie_free(&trie, NULL);
}

/* Leaks and early frees are seen by the address sanitizer. */
static void
test_zone_file_holders(void **state)
{
	struct name apex = name_of("z.");
	struct zone_file *f = zone_file_new(table_new(&apex));

	(void)state;
	assert_ptr_equal(zone_file_hold(f), f);
	assert_int_equal(f->holders, 2);
	zone_file_release(f);
	assert_int_equal(f->holders, 1);
	assert_int_equal(f->table->apex_depth, 1);
	zone_file_release(f);
	zone_file_release(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rfc4592),
	    cmocka_unit_test(test_odd_wildcards),
	    cmocka_unit_test(test_dname),
	    cmocka_unit_test(test_both_sources),
	    cmocka_unit_test(test_store_alone),
	    cmocka_unit_test(test_zone_node),
	    cmocka_unit_test(test_zones_find),
	    cmocka_unit_test(test_zone_file_holders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
