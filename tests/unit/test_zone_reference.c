/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdbool.h>

#include "zone_build.h"

/*
 * zone_find() by another way: a list of records, read from the text of RFC 1034 4.3.2,
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
	for (const struct rrset *s = node_first(n); s != NULL; s = node_next(s))
		count--;
	assert_int_equal(count, 0);
	/* The apex of an empty zone has no node of its own. */
	if (exists(l, x->node.bytes))
		assert_true(name_equal(node_name(n), x->node.bytes));
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_against_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
