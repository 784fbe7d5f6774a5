/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"
#include "zone/trie.h"

/*
 * Keys are numbers; hashes are chosen so that all shapes come up: spread, equal in all
 * but the last bits (deep paths), and equal altogether (lists at the end).
 */
enum {
	KEYS = 400,
	LIVE = 4, /* snapshots that are read beside the newest */
	ROUNDS = 3000,
};

struct item {
	struct trie_leaf leaf;
	unsigned version;
	uint8_t name[4];
};

/* A snapshot, what it must hold (0: nothing), and what its successor dropped. */
struct snapshot {
	struct trie trie;
	unsigned version[KEYS];
	struct trie_node *garbage;
	struct item *dead[KEYS * 2];
	size_t dead_count;
};

static uint64_t seed;

static unsigned
random_below(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

static uint64_t
key_hash(unsigned key)
{
	switch (key % 4) {
	case 0:
		return key * 0x9e3779b97f4a7c15u;
	case 1:
		return 0xabcdef0000000000u + key / 64; /* only the last bits differ */
	case 2:
		return 0x1234567812345678u + (uint64_t)(key / 100 % 2); /* equal ones */
	default:
		return (uint64_t)(key % 32) << 59 | (key / 32); /* both ends */
	}
}

static void
key_name(unsigned key, uint8_t name[4])
{
	name[0] = 2;
	name[1] = (uint8_t)(key >> 8);
	name[2] = (uint8_t)key;
	name[3] = 0;
}

static struct item *
item_new(unsigned key, unsigned version)
{
	struct item *item = mem_new(sizeof(*item));

	key_name(key, item->name);
	trie_leaf_set(&item->leaf, item->name, 4);
	item->version = version;
	return item;
}

/* Of the leaf's name, as the trie is told by hash_of. */
static uint64_t
item_hash(const struct trie_leaf *leaf)
{
	const uint8_t *name = trie_leaf_name(leaf);

	return key_hash((unsigned)name[1] << 8 | name[2]);
}

static void
item_free(struct trie_leaf *leaf)
{
	mem_free(leaf);
}

static const struct item *
find(const struct trie *t, unsigned key)
{
	uint8_t name[4];

	key_name(key, name);
	return (const struct item *)trie_find(t, key_hash(key), name, 4);
}

struct order {
	size_t count;
	uint64_t hash;
};

static int
on_leaf(struct trie_leaf *leaf, void *ctx)
{
	struct order *o = ctx;

	assert_true(item_hash(leaf) >= o->hash);
	o->hash = item_hash(leaf);
	o->count++;
	return 0;
}

static void
check(const struct snapshot *s)
{
	struct order order = {0};
	struct trie_seek seeks[TRIE_SEEK_MOST];
	uint8_t names[TRIE_SEEK_MOST][4];
	const struct item *alone[TRIE_SEEK_MOST];
	size_t count = 0;

	/* many at once find what each finds alone */
	for (unsigned i = 0; i < TRIE_SEEK_MOST; i++) {
		unsigned key = random_below(KEYS);

		key_name(key, names[i]);
		alone[i] = find(&s->trie, key);
		trie_seek_begin(&seeks[i], &s->trie, key_hash(key), names[i], 4);
	}
	trie_find_all(seeks, TRIE_SEEK_MOST);
	for (unsigned i = 0; i < TRIE_SEEK_MOST; i++)
		assert_ptr_equal(seeks[i].leaf, alone[i]);
	for (unsigned key = 0; key < KEYS; key++) {
		const struct item *item = find(&s->trie, key);

		assert_int_equal(item != NULL ? item->version : 0, s->version[key]);
		count += item != NULL;
	}
	assert_int_equal(s->trie.count, count);
	assert_int_equal(trie_each(&s->trie, on_leaf, &order), 0);
	assert_int_equal(order.count, count);
}

/*
 * The layout of the nodes is private to trie.c, but what follows from it is not: two
 * tries have one form if their nodes, seen as a chain of (bitmap, slots), are equal.
 */
struct seen_node {
	uint64_t used;
	uint64_t stamp;
	struct seen_node *slots[];
};

static bool
same_form(const struct seen_node *a, const struct seen_node *b, unsigned level)
{
	unsigned count;

	if (a == NULL || b == NULL)
		return a == b;
	if (a->used != b->used)
		return false;
	count = level < 11 ? (unsigned)__builtin_popcountll(a->used) : (unsigned)a->used;
	for (unsigned i = 0; i < count; i++) {
		uintptr_t x = (uintptr_t)a->slots[i];
		uintptr_t y = (uintptr_t)b->slots[i];

		if ((x & 1) != (y & 1))
			return false;
		if ((x & 1) != 0) {
			const struct item *p = (const struct item *)(x - 1);
			const struct item *q = (const struct item *)(y - 1);

			if (memcmp(p->name, q->name, 4) != 0)
				return false;
		} else if (!same_form(a->slots[i], b->slots[i], level + 1)) {
			return false;
		}
	}
	return true;
}

/* The trie that holds the same keys, put in ascending order in one go. */
static void
check_form(const struct snapshot *s)
{
	struct trie empty = {.hash_of = item_hash};
	struct trie_edit e;
	struct trie_node *garbage;
	struct trie fresh;

	trie_edit_begin(&e, &empty);
	for (unsigned key = 0; key < KEYS; key++)
		if (s->version[key] != 0)
			assert_null(
			    trie_edit_put(&e, key_hash(key), &item_new(key, 1)->leaf));
	fresh = trie_edit_finish(&e, &garbage);
	assert_null(garbage);
	assert_true(same_form((const struct seen_node *)s->trie.root,
	    (const struct seen_node *)fresh.root, 0));
	trie_free(&fresh, item_free);
}

static void
bury(struct snapshot *s, struct trie_leaf *leaf)
{
	struct item *item = (struct item *)leaf;
	const uint8_t *name = item->name;
	unsigned key = (unsigned)name[1] << 8 | name[2];

	/* Made and dropped in this edit: nobody else has it. */
	if (s->version[key] != item->version) {
		mem_free(item);
		return;
	}
	assert_true(s->dead_count < COUNT(s->dead));
	s->dead[s->dead_count++] = item;
}

static void
edit(struct snapshot *from, struct snapshot *to, unsigned *version)
{
	struct trie_edit e;
	unsigned changes = random_below(8) == 0 ? 300 : random_below(6);
	unsigned puts = random_below(4); /* so that it grows and shrinks by turns */

	*to = (struct snapshot){0};
	memcpy(to->version, from->version, sizeof(to->version));
	trie_edit_begin(&e, &from->trie);
	for (unsigned i = 0; i < changes; i++) {
		unsigned key = random_below(KEYS);
		struct trie_leaf *old;
		uint8_t name[4];

		if (random_below(4) < puts) {
			to->version[key] = ++*version;
			old = trie_edit_put(
			    &e, key_hash(key), &item_new(key, *version)->leaf);
		} else {
			key_name(key, name);
			assert_int_equal(
			    find(&e.now, key) != NULL, to->version[key] != 0);
			old = trie_edit_remove(&e, key_hash(key), name, 4);
			assert_int_equal(old != NULL, to->version[key] != 0);
			to->version[key] = 0;
		}
		if (old != NULL)
			bury(from, old);
	}
	to->trie = trie_edit_finish(&e, &from->garbage);
}

static void
snapshot_end(struct snapshot *s)
{
	trie_garbage_free(s->garbage);
	for (size_t i = 0; i < s->dead_count; i++)
		mem_free(s->dead[i]);
	mem_free(s);
}

static void
test_snapshots(void **state)
{
	struct snapshot *live[LIVE + 1] = {mem_new(sizeof(*live[0]))};
	size_t count = 1;
	unsigned version = 0;

	(void)state;
	live[0]->trie.hash_of = item_hash;
	seed = 42;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct snapshot *next = mem_new(sizeof(*next));

		edit(live[count - 1], next, &version);
		live[count++] = next;
		if (round % 8 == 0)
			for (size_t i = 0; i < count; i++)
				check(live[i]);
		check(live[0]);
		check(next);
		check_form(next);
		if (count == LIVE + 1) {
			snapshot_end(live[0]);
			memmove(live, live + 1, --count * sizeof(live[0]));
		}
	}
	for (size_t i = 0; i + 1 < count; i++)
		snapshot_end(live[i]);
	trie_free(&live[count - 1]->trie, item_free);
	mem_free(live[count - 1]);
}

static void
test_empty(void **state)
{
	struct trie t = {.hash_of = item_hash};
	struct trie_edit e;
	struct trie_node *garbage = NULL;
	struct item *item = item_new(3, 1);

	(void)state;
	assert_null(find(&t, 1));
	assert_int_equal(trie_each(&t, on_leaf, NULL), 0);
	trie_edit_begin(&e, &t);
	assert_null(trie_edit_remove(&e, item_hash(&item->leaf), item->name, 4));
	assert_null(trie_edit_put(&e, item_hash(&item->leaf), &item->leaf));
	t = trie_edit_finish(&e, &garbage);
	assert_null(garbage);
	assert_int_equal(t.count, 1);
	trie_edit_begin(&e, &t);
	assert_ptr_equal(
	    trie_edit_remove(&e, item_hash(&item->leaf), item->name, 4), item);
	t = trie_edit_finish(&e, &garbage);
	assert_non_null(garbage);
	trie_garbage_free(garbage);
	trie_garbage_free(NULL);
	assert_null(t.root);
	mem_free(item);
	trie_free(&t, NULL);
}

static int
stop_at_two(struct trie_leaf *leaf, void *ctx)
{
	unsigned *calls = ctx;

	(void)leaf;
	return ++*calls == 2 ? 17 : 0;
}

static void
test_each_stops(void **state)
{
	struct trie t = {.hash_of = item_hash};
	struct trie_edit e;
	struct trie_node *garbage;
	unsigned calls = 0;

	(void)state;
	trie_edit_begin(&e, &t);
	for (unsigned key = 0; key < 20; key++)
		trie_edit_put(&e, key_hash(key), &item_new(key, 1)->leaf);
	t = trie_edit_finish(&e, &garbage);
	assert_int_equal(trie_each(&t, stop_at_two, &calls), 17);
	assert_int_equal(calls, 2);
	trie_free(&t, item_free);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_each_stops),
	    cmocka_unit_test(test_snapshots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
