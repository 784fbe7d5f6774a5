/* SPDX-License-Identifier: BSD-2-Clause */
/* Pools that are due: in which order, how many at once, and each once. */
#include "unit.h"

#include "base/mem.h"
#include "steer/due.h"

enum { ITEMS = 3 * DUE_SLICE };

struct story {
	struct loop *loop;
	struct due due;
	struct due_item items[ITEMS];
	size_t order[2 * ITEMS], count, ends;
	size_t again; /* put back by itself once, when it is done; ITEMS: none */
};

static void
on_item(void *ctx, struct due_item *item)
{
	struct story *s = ctx;
	size_t i = (size_t)(item - s->items);

	s->order[s->count++] = i;
	if (i != s->again)
		return;
	s->again = ITEMS;
	due_put(&s->due, item, true);
}

static void
on_end(void *ctx)
{
	struct story *s = ctx;

	s->ends++;
	loop_stop(s->loop);
}

static int
begin(void **state)
{
	struct story *s = mem_new(sizeof(*s));

	assert_int_equal(loop_new(&s->loop), OK);
	due_init(&s->due, s->loop, on_item, on_end, s);
	s->again = ITEMS;
	*state = s;
	return 0;
}

static int
end(void **state)
{
	struct story *s = *state;

	due_fini(&s->due);
	loop_free(s->loop);
	mem_free(s);
	return 0;
}

static void
few_are_done_at_once(void **state)
{
	struct story *s = *state;

	due_put(&s->due, &s->items[0], false);
	due_put(&s->due, &s->items[1], false);
	due_put(&s->due, &s->items[2], true);
	due_put(&s->due, &s->items[0], false); /* keeps its turn */
	due_run(&s->due);
	assert_int_equal(s->count, 3);
	assert_int_equal(s->order[0], 2);
	assert_int_equal(s->order[1], 0);
	assert_int_equal(s->order[2], 1);
	assert_int_equal(s->ends, 1);
}

static void
many_are_done_in_slices(void **state)
{
	struct story *s = *state;

	for (size_t i = 0; i < ITEMS; i++)
		due_put(&s->due, &s->items[i], false);
	due_run(&s->due);
	assert_int_equal(s->count, DUE_SLICE);
	assert_int_equal(s->ends, 0);
	/* the rest waits for the loop, whoever else comes */
	due_put(&s->due, &s->items[ITEMS - 1], true);
	due_remove(&s->items[ITEMS - 2]);
	due_run(&s->due);
	assert_int_equal(s->count, DUE_SLICE);
	loop_run(s->loop);
	assert_int_equal(s->count, ITEMS - 1);
	assert_int_equal(s->order[DUE_SLICE], ITEMS - 1);
	assert_int_equal(s->order[DUE_SLICE + 1], DUE_SLICE);
	assert_int_equal(s->ends, 1);
}

static void
who_is_done_may_be_due_again(void **state)
{
	struct story *s = *state;

	s->again = 1;
	for (size_t i = 0; i < 3; i++)
		due_put(&s->due, &s->items[i], true);
	due_run(&s->due);
	assert_int_equal(s->count, 4);
	assert_int_equal(s->order[3], 1);
	due_remove(&s->items[1]); /* is not due any more: nothing happens */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(few_are_done_at_once, begin, end),
	    cmocka_unit_test_setup_teardown(many_are_done_in_slices, begin, end),
	    cmocka_unit_test_setup_teardown(who_is_done_may_be_due_again, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
