/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdio.h>

#include "base/mem.h"
#include "steer/pooldir.h"
#include "steer/poolid.h"

static struct publish domain;

/* Pools are only carried about here, never looked at. */
static struct pool *
fake(uintptr_t n)
{
	return (struct pool *)n;
}

static void
unchanged_chunks_are_shared(void **state)
{
	struct world first = {0}, second = {0};
	struct pooldir d;
	struct limbo limbo;

	(void)state;
	publish_init(&domain);
	limbo_init(&limbo, &domain);
	pooldir_begin(&d, NULL);
	assert_null(pooldir_get(&d, 7));
	assert_null(pooldir_put(&d, 7, fake(7)));
	assert_null(pooldir_put(&d, 3 * POOL_CHUNK, fake(300)));
	assert_ptr_equal(pooldir_get(&d, 7), fake(7));
	pooldir_finish(&d, &first);
	pooldir_retire(&d, &limbo);
	assert_int_equal(limbo.count, 0);
	assert_ptr_equal(world_pool(&first, 7), fake(7));
	assert_ptr_equal(world_pool(&first, 3 * POOL_CHUNK), fake(300));
	assert_null(world_pool(&first, 8));
	assert_null(world_pool(&first, POOL_CHUNK)); /* a chunk that was never made */
	assert_null(world_pool(&first, 4 * POOL_CHUNK)); /* beyond the last */

	pooldir_begin(&d, &first);
	assert_ptr_equal(pooldir_put(&d, 7, NULL), fake(7));
	assert_null(pooldir_put(&d, 8, fake(8)));
	assert_null(pooldir_put(&d, 5 * POOL_CHUNK + 1, fake(500)));
	pooldir_finish(&d, &second);
	/* the world before is as it was */
	assert_ptr_equal(world_pool(&first, 7), fake(7));
	assert_null(world_pool(&first, 8));
	assert_null(world_pool(&second, 7));
	assert_ptr_equal(world_pool(&second, 8), fake(8));
	assert_ptr_equal(world_pool(&second, 5 * POOL_CHUNK + 1), fake(500));
	assert_ptr_not_equal(first.chunks[0], second.chunks[0]);
	assert_ptr_equal(first.chunks[3], second.chunks[3]);
	/* one chunk and the list of chunks are for the limbo */
	pooldir_retire(&d, &limbo);
	assert_int_equal(limbo.count, 2);
	limbo_fini(&limbo);
	for (size_t i = 0; i < second.chunk_count; i++)
		mem_free(second.chunks[i]);
	mem_free(second.chunks);
}

static void
a_name_keeps_its_number(void **state)
{
	uint32_t a = poolid_of_name("edge"), b = poolid_of_name("relay");

	(void)state;
	assert_int_not_equal(a, 0);
	assert_int_not_equal(a, b);
	assert_int_equal(poolid_of_name("edge"), a);
	assert_true(a < POOLID_FIRST_OWN && b < POOLID_FIRST_OWN);
	poolid_fini();
}

static void
numbers_come_in_order(void **state)
{
	char name[16];

	(void)state;
	/* a look-up walks the list: few names are enough to see that none comes twice */
	for (unsigned i = 1; i <= 500; i++) {
		snprintf(name, sizeof(name), "p%u", i);
		assert_int_equal(poolid_of_name(name), i);
	}
	assert_int_equal(poolid_of_name("p250"), 250);
	poolid_fini();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(unchanged_chunks_are_shared),
	    cmocka_unit_test(a_name_keeps_its_number),
	    cmocka_unit_test(numbers_come_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
