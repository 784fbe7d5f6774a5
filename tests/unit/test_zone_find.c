/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"
#include "zone/zone.h"

enum source { FROM_FILE, FROM_STORE };

static struct name
name_of(const char *text)
{
	struct name n;

	assert_int_equal(name_parse(text, strlen(text), NULL, &n), OK);
	return n;
}

static struct name_path
path_of(const char *text)
{
	struct name n = name_of(text);
	struct name_path path;

	name_path_set(&path, n.bytes, n.len);
	return path;
}

static struct rrset *
rrset_of(uint16_t type, enum source source)
{
	const struct rdata r = {(const uint8_t *)"\0\0\0\0", 4};
	struct rrset *s = NULL;

	assert_int_equal(rrset_new(type, 1, &r, 1, &s), OK);
	s->from_store = source == FROM_STORE;
	return s;
}

/* One record of a test's zone. */
struct record {
	struct name owner;
	uint16_t type;
	enum source source;
};

static struct table *
table_of(const struct name *apex, const struct record *records, size_t count,
    enum source source)
{
	struct table *empty = table_new(apex);
	struct table_edit *e = table_edit_begin(empty);
	struct table_garbage *garbage = NULL;
	struct table *t;

	for (size_t i = 0; i < count; i++)
		if (records[i].source == source)
			table_edit_set(
			    e, &records[i].owner, rrset_of(records[i].type, source));
	t = table_edit_finish(e, &garbage);
	table_garbage_free(garbage);
	return t;
}

static void
zone_make(struct zone *z, const char *apex, const struct record *records, size_t count,
    bool has_file, bool has_store)
{
	*z = (struct zone){.apex = name_of(apex)};
	z->apex_depth = name_label_count(z->apex.bytes);
	z->leaf.name = z->apex.bytes;
	z->leaf.name_len = z->apex.len;
	z->leaf.hash = name_hash(z->apex.bytes, z->apex.len);
	if (has_file)
		z->file = zone_file_new(table_of(&z->apex, records, count, FROM_FILE));
	if (has_store)
		z->store = table_of(&z->apex, records, count, FROM_STORE);
}

static void
zone_end(struct zone *z)
{
	zone_file_release(z->file);
	table_free((struct table *)z->store);
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
		name_write(f.node->leaf.name, text);
		assert_string_equal(text, rows[i].node + store);
		if (f.node->rrset_count != 0)
			assert_int_equal(f.node->rrsets[0]->from_store, store);
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
	assert_int_equal(f.node->rrset_count, 0);
	zone_end(&z);
}

/*
 * The same by another way: a list of records, read from the text of RFC 1034 4.3.2,
 * RFC 4592 and RFC 6672. Names are a tree of four labels each; "c" is only asked for.
 */
enum { DEPTH = 4, ZONES = 800, RECORDS_MAX = 10 };

static uint64_t seed;

static unsigned
random_below(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

static struct name
random_name(unsigned depth, unsigned label_count)
{
	static const char *const labels[] = {"a.", "b.", "*.", "c."};
	char text[32] = "";

	while (depth-- > 0)
		strcat(text, labels[random_below(label_count)]);
	strcat(text, "z.");
	return name_of(text);
}

struct list {
	struct record records[RECORDS_MAX];
	size_t count;
	bool has_file;
};

static bool
exists(const struct list *l, const uint8_t *name)
{
	for (size_t i = 0; i < l->count; i++)
		if (name_is_under(l->records[i].owner.bytes, name))
			return true;
	return false;
}

static bool
has_data(const struct list *l, const uint8_t *name, enum source source)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->records[i].source == source &&
		    name_equal(l->records[i].owner.bytes, name))
			return true;
	return false;
}

/* The topmost cut or DNAME that hides qname, a cut before a DNAME of the same name. */
static const struct record *
find_barrier(const struct list *l, const struct name *qname, uint16_t qtype)
{
	const struct record *best = NULL;

	for (size_t i = 0; i < l->count; i++) {
		const struct record *r = &l->records[i];
		unsigned depth = name_label_count(r->owner.bytes);
		bool self = name_equal(r->owner.bytes, qname->bytes);
		bool cut = r->type == TYPE_NS && depth > 1 && !(self && qtype == TYPE_DS);
		bool dname = r->type == TYPE_DNAME && !self;
		unsigned best_depth =
		    best != NULL ? name_label_count(best->owner.bytes) : 0;

		if ((l->has_file && r->source == FROM_STORE) || !(cut || dname) ||
		    !name_is_under(qname->bytes, r->owner.bytes))
			continue;
		if (best == NULL || depth < best_depth || (depth == best_depth && cut))
			best = r;
	}
	return best;
}

struct expected {
	enum find_kind kind;
	unsigned depth;
	struct name node;
};

static struct expected
reference(const struct list *l, const struct name *qname, uint16_t qtype)
{
	const struct record *barrier = find_barrier(l, qname, qtype);
	struct expected x = {FIND_MATCH, name_label_count(qname->bytes), *qname};
	struct name star = {3, {1, '*', 0}};
	const uint8_t *encloser = qname->bytes;

	if (barrier != NULL) {
		x.kind = barrier->type == TYPE_NS ? FIND_CUT : FIND_DNAME;
		x.node = barrier->owner;
		x.depth = name_label_count(barrier->owner.bytes);
		return x;
	}
	while (name_label_count(encloser) > 1 && !exists(l, encloser))
		encloser += 1 + encloser[0];
	if (encloser == qname->bytes)
		return x;
	x.depth = name_label_count(encloser);
	assert_int_equal(name_join(&star, encloser, &x.node), OK);
	x.kind = exists(l, x.node.bytes) ? FIND_WILDCARD : FIND_NONE;
	return x;
}

/* The node has just the records of the source that the name belongs to. */
static void
check_node(const struct list *l, const struct expected *x, const struct node *n)
{
	bool barrier = x->kind == FIND_CUT || x->kind == FIND_DNAME;
	enum source source = FROM_STORE;
	size_t count = 0;

	if (barrier ? l->has_file : has_data(l, x->node.bytes, FROM_FILE))
		source = FROM_FILE;
	for (size_t i = 0; i < l->count; i++) {
		const struct record *r = &l->records[i];
		const struct rrset *s;

		if (r->source != source || !name_equal(r->owner.bytes, x->node.bytes))
			continue;
		s = node_rrset(n, r->type);
		assert_non_null(s);
		assert_int_equal(s->from_store, source == FROM_STORE);
		count++;
	}
	assert_int_equal(n->rrset_count, count);
	/* The apex of an empty zone has no node of its own. */
	if (exists(l, x->node.bytes))
		assert_true(name_equal(n->leaf.name, x->node.bytes));
}

static void
list_fill(struct list *l, bool has_store)
{
	static const uint16_t types[] = {
	    TYPE_A, TYPE_A, TYPE_TXT, TYPE_NS, TYPE_DNAME, TYPE_DS};

	l->count = 0;
	while (l->count < RECORDS_MAX && random_below(12) != 0) {
		struct record *r = &l->records[l->count];
		bool known = false;

		r->owner = random_name(random_below(DEPTH), 3);
		r->type = types[random_below(COUNT(types))];
		r->source = l->has_file && (!has_store || random_below(2) == 0)
		                ? FROM_FILE
		                : FROM_STORE;
		for (size_t i = 0; i < l->count; i++)
			known |= l->records[i].type == r->type &&
			         l->records[i].source == r->source &&
			         name_equal(l->records[i].owner.bytes, r->owner.bytes);
		l->count += !known;
	}
}

static void
test_against_reference(void **state)
{
	static const uint16_t qtypes[] = {TYPE_A, TYPE_DS, TYPE_NS};
	unsigned seen[FIND_NONE + 1] = {0};

	(void)state;
	seed = 11;
	for (unsigned round = 0; round < ZONES; round++) {
		bool has_store = round % 3 != 0;
		struct list l = {.has_file = round % 3 != 1};
		struct zone z;

		list_fill(&l, has_store);
		zone_make(&z, "z.", l.records, l.count, l.has_file, has_store);
		for (unsigned i = 0; i < 150; i++) {
			struct name qname = random_name(random_below(DEPTH + 1), 4);
			uint16_t qtype = qtypes[random_below(COUNT(qtypes))];
			struct expected x = reference(&l, &qname, qtype);
			struct name_path path;
			struct find f;

			name_path_set(&path, qname.bytes, qname.len);
			zone_find(&z, &path, qtype, &f);
			assert_int_equal(f.kind, x.kind);
			assert_int_equal(f.depth, x.depth);
			assert_int_equal(f.node == NULL, x.kind == FIND_NONE);
			if (f.node != NULL)
				check_node(&l, &x, f.node);
			seen[f.kind]++;
		}
		zone_end(&z);
	}
	for (size_t i = 0; i < COUNT(seen); i++)
		assert_true(seen[i] > 1000);
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
		name_write(n->leaf.name, text);
		assert_string_equal(text, rows[i].node + (rows[i].node[0] == '+'));
		assert_int_equal(n->rrsets[0]->from_store, rows[i].node[0] == '+');
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
		trie_edit_put(&e, &zones[i].leaf);
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
	trie_edit_put(&e, &zones[COUNT(apexes)].leaf);
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
	    cmocka_unit_test(test_against_reference),
	    cmocka_unit_test(test_zone_node),
	    cmocka_unit_test(test_zones_find),
	    cmocka_unit_test(test_zone_file_holders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
