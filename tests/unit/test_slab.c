/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <string.h>

#include "base/mem.h"
#include "base/slab.h"

enum { BLOCKS = 3000, ROUNDS = 60000 };

struct block {
	uint8_t *at;
	size_t size;
	uint8_t with;
};

static uint64_t seed = 1;

static size_t
random_below(size_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(seed >> 33) % n;
}

static void
check(const struct block *b)
{
	for (size_t i = 0; i < b->size; i++)
		assert_int_equal(b->at[i], b->with);
}

/* No two overlap, whatever comes and goes: each keeps what was written into it. */
static void
blocks_are_apart(void **state)
{
	struct block *list = mem_array(BLOCKS, sizeof(*list));
	struct slab *s = slab_new();

	(void)state;
	for (size_t i = 0; i < ROUNDS; i++) {
		struct block *b = &list[random_below(BLOCKS)];

		if (b->at != NULL) {
			check(b);
			slab_free(s, b->at, b->size);
			b->at = NULL;
			continue;
		}
		b->size = random_below(20) == 0 ? 1 + random_below(70000)
		                                : 1 + random_below(600);
		b->with = (uint8_t)i;
		b->at = slab_alloc(s, b->size);
		assert_int_equal((uintptr_t)b->at % 8, 0);
		memset(b->at, b->with, b->size);
	}
	for (size_t i = 0; i < BLOCKS; i++)
		if (list[i].at != NULL)
			check(&list[i]);
	mem_free(list);
	slab_release(s);
}

static void
what_is_given_back_is_used_again(void **state)
{
	struct slab *s = slab_new();
	void *list[1000];
	size_t size;

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		list[i] = slab_alloc(s, 40);
	size = slab_size(s);
	for (unsigned round = 0; round < 10; round++) {
		for (size_t i = 0; i < 1000; i++)
			slab_free(s, list[i], 40);
		for (size_t i = 0; i < 1000; i++)
			list[i] = slab_alloc(s, 33 + i % 8); /* all of one step */
		for (size_t i = 0; i < 1000; i++)
			memset(list[i], 1, 33 + i % 8);
		for (size_t i = 0; i < 1000; i++) {
			slab_free(s, list[i], 33 + i % 8);
			list[i] = slab_alloc(s, 40);
		}
	}
	assert_int_equal(slab_size(s), size);
	slab_release(s);
}

/* Each has a place of its own, and giving it back spoils no other. */
static void
blocks_of_none_are_blocks(void **state)
{
	struct slab *s = slab_new();
	char *none = slab_alloc(s, 0), *next = slab_alloc(s, 8);

	(void)state;
	memcpy(next, "octets.", 8);
	slab_free(s, none, 0);
	assert_string_equal(next, "octets.");
	assert_ptr_not_equal(slab_alloc(s, 0), next);
	slab_release(s);
}

static void
the_last_holder_frees(void **state)
{
	struct slab *s = slab_new();
	char *at = slab_alloc(s, 8);

	(void)state;
	assert_ptr_equal(slab_hold(s), s);
	memcpy(at, "octets", 7);
	slab_release(s);
	assert_string_equal(at, "octets");
	slab_release(s);
	slab_release(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(blocks_are_apart),
	    cmocka_unit_test(what_is_given_back_is_used_again),
	    cmocka_unit_test(blocks_of_none_are_blocks),
	    cmocka_unit_test(the_last_holder_frees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
