/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdbool.h>

#include "base/mem.h"
#include "zone/table.h"

static struct name
name_of(const char *text)
{
	struct name n;

	assert_int_equal(name_parse(text, strlen(text), NULL, &n), OK);
	return n;
}

static struct rrset *
rrset_of(uint16_t type, uint32_t ttl)
{
	const struct rdata r = {(const uint8_t *)"\0\0\0\0", 4};
	struct rrset *s = NULL;

	if (type == TYPE_POOL)
		return rrset_new_steered(type, ttl, 1);
	assert_int_equal(rrset_new(type, ttl, &r, 1, &s), OK);
	return s;
}

static const struct node *
node_of(const struct table *t, const char *text)
{
	struct name n = name_of(text);

	return table_find(t, name_hash(n.bytes, n.len), n.bytes, n.len);
}

/* One edit of a table that nobody reads: "+name", type or "-name", type. */
static struct table *
change(struct table *t, const char *what, uint16_t type)
{
	struct name n = name_of(what + 1);
	struct table_edit *e = table_edit_begin(t);
	struct table_garbage *garbage = NULL;
	struct table *next;

	if (what[0] == '+')
		table_edit_set(e, &n, rrset_of(type, 1));
	else
		assert_true(table_edit_clear(e, &n, type));
	next = table_edit_finish(e, &garbage);
	table_garbage_free(garbage);
	return next;
}

/* The flags but those of what stands in the node. */
static unsigned
kinds(const struct node *n)
{
	return n->flags & ~(unsigned)(NODE_HAS_DATA | NODE_HAS_CHILD_COUNT);
}

static void
test_ancestors(void **state)
{
	struct name apex = name_of("example.com.");
	struct table *t = table_new(&apex);
	const struct node *n;

	(void)state;
	assert_null(node_of(t, "example.com."));
	t = change(t, "+*.c.b.example.com.", TYPE_A);
	assert_int_equal(t->trie.count, 4);
	n = node_of(t, "example.com.");
	assert_int_equal(node_child_count(n), 1);
	assert_false(node_has_data(n));
	assert_int_equal(kinds(n), 0);
	n = node_of(t, "c.b.example.com.");
	assert_int_equal(node_child_count(n), 1);
	assert_int_equal(kinds(n), NODE_HAS_WILDCARD_CHILD);
	assert_null(node_of(t, "com."));

	/* Data comes and goes at an empty non-terminal, which stays one. */
	t = change(t, "+b.example.com.", TYPE_A);
	assert_int_equal(node_child_count(node_of(t, "b.example.com.")), 1);
	t = change(t, "-b.example.com.", TYPE_A);
	assert_false(node_has_data(node_of(t, "b.example.com.")));

	t = change(t, "+x.c.b.example.com.", TYPE_A);
	t = change(t, "-*.c.b.example.com.", TYPE_A);
	n = node_of(t, "c.b.example.com.");
	assert_int_equal(node_child_count(n), 1);
	assert_int_equal(kinds(n), 0);
	t = change(t, "-x.c.b.example.com.", TYPE_A);
	assert_int_equal(t->trie.count, 0);
	assert_null(node_of(t, "example.com."));
	table_free(t);
	table_free(NULL);
}

static void
test_root_zone(void **state)
{
	struct table *t = table_new(&name_root);

	(void)state;
	t = change(t, "+.", TYPE_NS);
	t = change(t, "+a.b.", TYPE_A);
	assert_int_equal(node_child_count(node_of(t, ".")), 1);
	assert_int_equal(kinds(node_of(t, ".")), NODE_HAS_NS);
	t = change(t, "-.", TYPE_NS);
	assert_int_equal(kinds(node_of(t, ".")), 0);
	table_free(t);
}

static void
test_flags(void **state)
{
	static const struct {
		uint16_t types[4];
		unsigned flags;
	} rows[] = {
	    {{TYPE_A}, 0},
	    {{TYPE_NS, TYPE_DS}, NODE_HAS_NS},
	    {{TYPE_DNAME, TYPE_TXT}, NODE_HAS_DNAME},
	    {{TYPE_DNAME, TYPE_NS}, NODE_HAS_DNAME | NODE_HAS_NS},
	    {{TYPE_CNAME}, NODE_HAS_CNAME},
	    {{TYPE_CNAME, TYPE_RRSIG, TYPE_NSEC}, NODE_HAS_CNAME},
	    {{TYPE_CNAME, TYPE_TXT}, 0},
	    {{TYPE_CNAME, TYPE_A}, 0},
	    {{TYPE_CNAME, TYPE_POOL}, NODE_HAS_STEERED},
	    {{TYPE_POOL, TYPE_MX}, NODE_HAS_STEERED},
	};
	struct name apex = name_of("z.");

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct table *t = table_new(&apex);

		for (unsigned k = 0; k < 4 && rows[i].types[k] != 0; k++)
			t = change(t, "+n.z.", rows[i].types[k]);
		assert_int_equal(kinds(node_of(t, "n.z.")), rows[i].flags);
		table_free(t);
	}
}

static void
test_edit_sees_itself(void **state)
{
	struct name apex = name_of("z.");
	struct name n = name_of("n.z.");
	struct table *t = table_new(&apex);
	struct table_edit *e = table_edit_begin(t);
	struct table_garbage *garbage = NULL;

	(void)state;
	assert_null(table_edit_find(e, &n));
	assert_false(table_edit_clear(e, &n, TYPE_A));
	table_edit_set(e, &n, rrset_of(TYPE_A, 5));
	assert_int_equal(rrset_ttl(node_rrset(table_edit_find(e, &n), TYPE_A)), 5);
	assert_false(table_edit_clear(e, &n, TYPE_AAAA));
	assert_null(node_of(t, "n.z."));
	t = table_edit_finish(e, &garbage);
	assert_int_equal(rrset_ttl(node_rrset(node_of(t, "n.z."), TYPE_A)), 5);
	table_garbage_free(garbage);
	table_free(t);
}

/*
 * Random histories against a plain array. The names are a complete tree with three
 * children each: parent of i is (i - 1) / 3.
 */
enum {
	NAMES = 1 + 3 + 9 + 27,
	TYPES = 6,
	LIVE = 4,
	ROUNDS = 1500,
};

static const uint16_t types[TYPES] = {
    TYPE_A, TYPE_NS, TYPE_CNAME, TYPE_DNAME, TYPE_RRSIG, TYPE_POOL};

struct snapshot {
	struct table *table;
	uint32_t ttl[NAMES][TYPES]; /* 0: not there; each set has one of its own */
	struct table_garbage *garbage;
};

static uint64_t seed;

static unsigned
random_below(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

static struct name
tree_name(unsigned i)
{
	static const char *const labels[] = {"a", "b", "*"};
	char text[32] = "";

	for (; i != 0; i = (i - 1) / 3) {
		strcat(text, labels[(i - 1) % 3]);
		strcat(text, ".");
	}
	strcat(text, "z.");
	return name_of(text);
}

static unsigned
data_count(const struct snapshot *s, unsigned i)
{
	unsigned count = 0;

	for (unsigned k = 0; k < TYPES; k++)
		count += s->ttl[i][k] != 0;
	return count;
}

static bool
there(const struct snapshot *s, unsigned i)
{
	bool result = data_count(s, i) != 0;

	for (unsigned k = 1; k <= 3 && 3 * i + k < NAMES; k++)
		result |= there(s, 3 * i + k);
	return result;
}

static unsigned
child_count(const struct snapshot *s, unsigned i)
{
	unsigned count = 0;

	for (unsigned k = 1; k <= 3 && 3 * i + k < NAMES; k++)
		count += there(s, 3 * i + k);
	return count;
}

static unsigned
expected_flags(const struct snapshot *s, unsigned i)
{
	const uint32_t *ttl = s->ttl[i];
	unsigned flags = 0;

	flags |= ttl[1] != 0 ? NODE_HAS_NS : 0;
	flags |= ttl[3] != 0 ? NODE_HAS_DNAME : 0;
	flags |= ttl[5] != 0 ? NODE_HAS_STEERED : 0;
	if (ttl[2] != 0 && ttl[0] == 0 && ttl[1] == 0 && ttl[3] == 0 && ttl[5] == 0)
		flags |= NODE_HAS_CNAME;
	if (3 * i + 3 < NAMES && there(s, 3 * i + 3))
		flags |= NODE_HAS_WILDCARD_CHILD;
	flags |= data_count(s, i) != 0 ? NODE_HAS_DATA : 0;
	flags |= child_count(s, i) != 0 ? NODE_HAS_CHILD_COUNT : 0;
	return flags;
}

static void
check_node(const struct snapshot *s, unsigned i, const struct node *n)
{
	unsigned count = 0;

	assert_int_equal(node_child_count(n), child_count(s, i));
	assert_int_equal(n->flags, expected_flags(s, i));
	for (unsigned k = 0; k < TYPES; k++) {
		const struct rrset *r = node_rrset(n, types[k]);

		assert_int_equal(r != NULL ? rrset_ttl(r) : 0, s->ttl[i][k]);
	}
	for (const struct rrset *r = node_first(n); r != NULL; r = node_next(r)) {
		const struct rrset *behind = node_next(r);

		assert_true(behind == NULL || rrset_type(r) < rrset_type(behind));
		assert_int_equal((uintptr_t)r % 2, 0);
		count++;
	}
	assert_int_equal(count, data_count(s, i));
}

static void
check(const struct snapshot *s)
{
	size_t nodes = 0;
	size_t rrsets = 0;
	size_t rrs = 0;

	for (unsigned i = 0; i < NAMES; i++) {
		struct name name = tree_name(i);
		const struct node *n = table_find(
		    s->table, name_hash(name.bytes, name.len), name.bytes, name.len);

		assert_int_equal(n != NULL, there(s, i));
		if (n == NULL)
			continue;
		check_node(s, i, n);
		nodes++;
		rrsets += data_count(s, i);
		rrs += data_count(s, i) - (s->ttl[i][5] != 0);
	}
	assert_int_equal(s->table->trie.count, nodes);
	assert_int_equal(s->table->rrset_count, rrsets);
	assert_int_equal(s->table->rr_count, rrs);
}

static void
edit(struct snapshot *from, struct snapshot *to, uint32_t *ttl)
{
	struct table_edit *e = table_edit_begin(from->table);
	unsigned changes = random_below(8) == 0 ? 120 : random_below(5);
	unsigned sets = random_below(4);

	memcpy(to->ttl, from->ttl, sizeof(to->ttl));
	for (unsigned c = 0; c < changes; c++) {
		unsigned i = random_below(NAMES);
		unsigned k = random_below(TYPES);
		struct name name = tree_name(i);

		if (random_below(4) < sets) {
			to->ttl[i][k] = ++*ttl;
			table_edit_set(e, &name, rrset_of(types[k], *ttl));
		} else {
			assert_int_equal(
			    table_edit_clear(e, &name, types[k]), to->ttl[i][k] != 0);
			to->ttl[i][k] = 0;
		}
	}
	to->table = table_edit_finish(e, &from->garbage);
}

static void
test_snapshots(void **state)
{
	struct name apex = name_of("z.");
	struct snapshot *live[LIVE + 1] = {mem_new(sizeof(*live[0]))};
	size_t count = 1;
	uint32_t ttl = 0;

	(void)state;
	seed = 7;
	live[0]->table = table_new(&apex);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct snapshot *next = mem_new(sizeof(*next));

		edit(live[count - 1], next, &ttl);
		live[count++] = next;
		for (size_t i = 0; i < count; i++)
			check(live[i]);
		if (count == LIVE + 1) {
			table_garbage_free(live[0]->garbage);
			mem_free(live[0]);
			memmove(live, live + 1, --count * sizeof(live[0]));
		}
	}
	for (size_t i = 0; i < count; i++) {
		if (i + 1 < count)
			table_garbage_free(live[i]->garbage);
		else
			table_free(live[i]->table);
		mem_free(live[i]);
	}
}

static int
stop_at_two(const struct node *n, void *ctx)
{
	unsigned *calls = ctx;

	assert_int_equal(node_name(n)[n->leaf.name_len - 1], 0);
	return ++*calls == 2 ? 9 : 0;
}

static void
test_each(void **state)
{
	struct name apex = name_of("z.");
	struct table *t = table_new(&apex);
	unsigned calls = 0;

	(void)state;
	assert_int_equal(table_each(t, stop_at_two, &calls), 0);
	assert_int_equal(calls, 0);
	t = change(t, "+a.b.z.", TYPE_A);
	assert_int_equal(table_each(t, stop_at_two, &calls), 9);
	assert_int_equal(calls, 2);
	table_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ancestors),
	    cmocka_unit_test(test_root_zone),
	    cmocka_unit_test(test_flags),
	    cmocka_unit_test(test_edit_sees_itself),
	    cmocka_unit_test(test_snapshots),
	    cmocka_unit_test(test_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
