/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs under AddressSanitizer and under ThreadSanitizer; both must be silent. */
#include "unit.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/poller.h"

enum { TURNS = 5, LETTERS = 1000 };

static struct poller *p;
static unsigned calls, turns, stop_after;

static void
count_turn(void *ctx)
{
	(void)ctx;
	if (++turns >= stop_after)
		poller_stop(p);
}

/* Runs so many turns, in each of which something is ready. */
static void
run(unsigned count)
{
	turns = 0;
	stop_after = count;
	poller_at_end(p, count_turn, NULL);
	poller_run(p);
	assert_int_equal(turns, count);
}

static int
begin(void **state)
{
	(void)state;
	calls = 0;
	assert_int_equal(poller_new(&p), OK);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	poller_free(p);
	return 0;
}

static void
make_pair(int ends[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
}

static void
on_ready(void *ctx, int fd, unsigned ready)
{
	unsigned *seen = ctx;

	assert_true(fd >= 0);
	*seen |= ready;
	calls++;
}

static void
what_is_ready_is_told_in_each_turn(void **state)
{
	unsigned seen = 0;
	int ends[2];

	(void)state;
	make_pair(ends);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(poller_watch(p, ends[0], POLLER_READ, on_ready, &seen), OK);
	run(TURNS);
	assert_int_equal(calls, TURNS);
	assert_int_equal(seen, POLLER_READ);
	assert_int_equal(poller_ready_count(p), 1);
	close(ends[0]);
	close(ends[1]);
}

static void
what_is_waited_for_can_change(void **state)
{
	unsigned seen = 0;
	int ends[2];

	(void)state;
	make_pair(ends);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(poller_watch(p, ends[0], POLLER_READ, on_ready, &seen), OK);
	assert_int_equal(poller_watch(p, ends[0], POLLER_WRITE, on_ready, &seen), OK);
	run(1);
	assert_int_equal(seen, POLLER_WRITE);
	close(ends[0]);
	close(ends[1]);
}

/* Not even that the other side is gone: it would be told for ever. */
static void
what_is_not_waited_for_is_not_told(void **state)
{
	unsigned seen = 0;
	int ends[2];

	(void)state;
	make_pair(ends);
	assert_int_equal(poller_watch(p, ends[0], POLLER_READ, on_ready, &seen), OK);
	assert_int_equal(poller_watch(p, ends[0], 0, on_ready, &seen), OK);
	close(ends[1]);
	mailbox_wake(poller_mailbox(p));
	run(1);
	assert_int_equal(calls, 0);
	/* and again */
	assert_int_equal(poller_watch(p, ends[0], POLLER_READ, on_ready, &seen), OK);
	poller_free(p);
	begin(NULL);
	assert_int_equal(poller_watch(p, ends[0], POLLER_READ, on_ready, &seen), OK);
	run(1);
	assert_int_equal(calls, 1);
	close(ends[0]);
}

/* Two that are ready in one turn; the first closes the second, and opens another. */
struct closer {
	int victim, opened[2];
	unsigned seen;
};

static void
on_close_other(void *ctx, int fd, unsigned ready)
{
	struct closer *c = ctx;

	(void)ready;
	if (c->victim < 0)
		return;
	c->victim = fd == c->opened[0] ? c->opened[1] : c->opened[0];
	poller_forget(p, c->victim);
	close(c->victim);
	make_pair(c->opened);
	assert_true(c->opened[0] == c->victim || c->opened[1] == c->victim);
	assert_int_equal(poller_watch(p, c->victim, POLLER_READ, on_ready, &c->seen), OK);
	c->victim = -1;
}

static void
what_was_closed_in_this_turn_is_not_taken_for_its_successor(void **state)
{
	struct closer c = {0};
	int one[2], two[2];

	(void)state;
	make_pair(one);
	make_pair(two);
	c.opened[0] = one[0];
	c.opened[1] = two[0];
	assert_int_equal(write(one[1], "x", 1), 1);
	assert_int_equal(write(two[1], "x", 1), 1);
	assert_int_equal(poller_watch(p, one[0], POLLER_READ, on_close_other, &c), OK);
	assert_int_equal(poller_watch(p, two[0], POLLER_READ, on_close_other, &c), OK);
	run(1);
	assert_int_equal(c.victim, -1);
	assert_int_equal(calls, 0);
	close(c.opened[0]);
	close(c.opened[1]);
	close(one[1]);
	close(two[1]);
}

/* As by a child of this process that has not begun its program yet. */
static void
what_was_closed_but_is_held_elsewhere_is_not_told(void **state)
{
	unsigned seen = 0;
	int ends[2], held;

	(void)state;
	make_pair(ends);
	assert_int_equal(poller_watch(p, ends[0], POLLER_READ, on_ready, &seen), OK);
	held = dup(ends[0]);
	poller_forget(p, ends[0]);
	close(ends[0]);
	assert_int_equal(write(ends[1], "x", 1), 1);
	run(TURNS);
	assert_int_equal(calls, 0);
	close(held);
	close(ends[1]);
}

static void
on_every(void *ctx)
{
	unsigned *count = ctx;

	if (++*count == 3)
		poller_stop(p);
}

static void
every_so_often(void **state)
{
	struct mono before = mono_now();
	unsigned count = 0;

	(void)state;
	poller_every_ms(p, 10, on_every, &count);
	poller_run(p);
	assert_int_equal(count, 3);
	assert_true(mono_diff_ms(mono_now(), before) >= 30 - 1);
	assert_true(mono_diff_ms(poller_now(p), before) >= 30 - 1);
}

struct letter {
	struct mail mail;
	unsigned number;
};

static unsigned arrived;

static void
on_letter(struct mail *mail)
{
	struct letter *l = (struct letter *)mail;

	assert_int_equal(l->number, arrived);
	if (++arrived == LETTERS)
		poller_stop(p);
}

static void *
post_all(void *ctx)
{
	struct letter *letters = ctx;

	for (unsigned i = 0; i < LETTERS; i++) {
		letters[i] = (struct letter){.mail.run = on_letter, .number = i};
		mailbox_post(poller_mailbox(p), &letters[i].mail);
	}
	return NULL;
}

static void
mail_of_another_thread(void **state)
{
	static struct letter letters[LETTERS];
	pthread_t thread;

	(void)state;
	arrived = 0;
	assert_int_equal(pthread_create(&thread, NULL, post_all, letters), 0);
	poller_run(p);
	pthread_join(thread, NULL);
	assert_int_equal(arrived, LETTERS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
	        what_is_ready_is_told_in_each_turn, begin, end),
	    cmocka_unit_test_setup_teardown(what_is_waited_for_can_change, begin, end),
	    cmocka_unit_test_setup_teardown(
	        what_is_not_waited_for_is_not_told, begin, end),
	    cmocka_unit_test_setup_teardown(
	        what_was_closed_in_this_turn_is_not_taken_for_its_successor, begin, end),
	    cmocka_unit_test_setup_teardown(
	        what_was_closed_but_is_held_elsewhere_is_not_told, begin, end),
	    cmocka_unit_test_setup_teardown(every_so_often, begin, end),
	    cmocka_unit_test_setup_teardown(mail_of_another_thread, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
