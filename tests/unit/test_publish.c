/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs under AddressSanitizer and under ThreadSanitizer; both must be silent. */
#include "unit.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/publish.h"

enum { READERS = 3, WRITERS = 2, SWAPS = 3000, ALIVE = 0x600d, DEAD = 0xdead };

/* Published: both values are equal, and state tells whether it may still be read. */
struct thing {
	uint64_t value;
	uint64_t same;
	int state;
};

static struct publish domain;
static struct thing *_Atomic current[WRITERS];
static _Atomic unsigned writers_left;
static _Atomic uint64_t reads;
static _Atomic unsigned wrong;
static _Atomic uint64_t freed;

static struct thing *
thing_new(uint64_t value)
{
	struct thing *t = mem_new(sizeof(*t));

	*t = (struct thing){value, value, ALIVE};
	return t;
}

static void
thing_free(void *object)
{
	struct thing *t = object;

	/* so that a reader which still has it sees that, even without a sanitizer */
	t->state = DEAD;
	t->same = ~t->value;
	atomic_fetch_add(&freed, 1);
	mem_free(t);
}

static void *
reader_main(void *ctx)
{
	struct publish_reader *r = ctx;
	uint64_t last[WRITERS] = {0}, n = 0;

	do {
		/* now unpinned between batches, now pinned anew straight away */
		publish_pin(&domain, r);
		for (unsigned i = 0; i < 16; i++) {
			struct thing *t = publish_load(&current[i % WRITERS]);

			if (t->state != ALIVE || t->value != t->same ||
			    t->value < last[i % WRITERS])
				atomic_fetch_add(&wrong, 1);
			if (i % 8 == 3)
				sched_yield();
			if (t->state != ALIVE || t->value != t->same)
				atomic_fetch_add(&wrong, 1);
			last[i % WRITERS] = t->value;
			n++;
		}
		if (n % 3 != 0) {
			publish_unpin(r);
			sched_yield();
		}
	} while (atomic_load(&writers_left) != 0);
	publish_unpin(r);
	atomic_fetch_add(&reads, n);
	return NULL;
}

static void *
writer_main(void *ctx)
{
	struct thing *_Atomic *mine = ctx;
	struct limbo limbo;

	limbo_init(&limbo, &domain);
	for (uint64_t i = 1; i <= SWAPS; i++) {
		limbo_retire(&limbo, publish_swap(mine, thing_new(i)), thing_free);
		limbo_reclaim(&limbo);
		if (i % 64 == 0)
			sched_yield();
	}
	atomic_fetch_sub(&writers_left, 1);
	/* readers come to an end, so everything can be reclaimed in the end */
	while (limbo_reclaim(&limbo) != 0)
		sched_yield();
	limbo_fini(&limbo);
	return NULL;
}

static void
test_threads(void **state)
{
	pthread_t readers[READERS], writers[WRITERS];

	(void)state;
	publish_init(&domain);
	atomic_store(&freed, 0);
	atomic_store(&writers_left, WRITERS);
	for (unsigned i = 0; i < WRITERS; i++)
		atomic_store(&current[i], thing_new(0));
	for (unsigned i = 0; i < READERS; i++) {
		struct publish_reader *r;

		assert_int_equal(publish_join(&domain, &r), OK);
		assert_int_equal(pthread_create(&readers[i], NULL, reader_main, r), 0);
	}
	for (unsigned i = 0; i < WRITERS; i++)
		assert_int_equal(
		    pthread_create(&writers[i], NULL, writer_main, &current[i]), 0);
	for (unsigned i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_join(writers[i], NULL), 0);
	for (unsigned i = 0; i < READERS; i++)
		assert_int_equal(pthread_join(readers[i], NULL), 0);
	assert_int_equal(atomic_load(&wrong), 0);
	assert_int_equal(atomic_load(&freed), WRITERS * SWAPS);
	assert_true(atomic_load(&reads) >= READERS * 16);
	for (unsigned i = 0; i < WRITERS; i++)
		mem_free(atomic_load(&current[i]));
}

/* What is retired stays while a reader that was pinned before is pinned, and goes when
 * it is unpinned or pinned anew. Readers that come later do not hold it. */
static void
test_reclaim(void **state)
{
	struct publish_reader *a, *b;
	struct limbo limbo;

	(void)state;
	publish_init(&domain);
	atomic_store(&freed, 0);
	assert_int_equal(publish_join(&domain, &a), OK);
	assert_int_equal(publish_join(&domain, &b), OK);
	assert_ptr_not_equal(a, b);
	limbo_init(&limbo, &domain);
	assert_int_equal(limbo_reclaim(&limbo), 0);

	limbo_retire(&limbo, thing_new(1), thing_free);
	assert_int_equal(limbo_reclaim(&limbo), 0);
	assert_int_equal(atomic_load(&freed), 1);

	publish_pin(&domain, a);
	limbo_retire(&limbo, thing_new(2), thing_free);
	publish_pin(&domain, b);
	assert_int_equal(limbo_reclaim(&limbo), 1);
	limbo_retire(&limbo, thing_new(3), thing_free);
	assert_int_equal(limbo_reclaim(&limbo), 2);
	publish_pin(&domain, a);
	/* now b alone holds back the younger one */
	assert_int_equal(limbo_reclaim(&limbo), 1);
	assert_int_equal(atomic_load(&freed), 2);
	publish_unpin(b);
	assert_int_equal(limbo_reclaim(&limbo), 0);
	assert_int_equal(atomic_load(&freed), 3);

	/* pinned all along: a ring that grows keeps its order */
	for (unsigned i = 0; i < 200; i++)
		limbo_retire(&limbo, thing_new(i), thing_free);
	limbo_retire(&limbo, NULL, thing_free);
	assert_int_equal(limbo_reclaim(&limbo), 200);
	publish_unpin(a);
	limbo_fini(&limbo);
	assert_int_equal(atomic_load(&freed), 203);
}

static void
test_too_many_readers(void **state)
{
	struct publish_reader *r;

	(void)state;
	publish_init(&domain);
	for (unsigned i = 0; i < PUBLISH_READERS_MAX; i++)
		assert_int_equal(publish_join(&domain, &r), OK);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(publish_join(&domain, &r), ERR_SPACE);
	assert_ptr_equal(r, &domain.readers[PUBLISH_READERS_MAX - 1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reclaim),
	    cmocka_unit_test(test_too_many_readers),
	    cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests_name("publish", tests, NULL, NULL);
}
