/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs under AddressSanitizer and under ThreadSanitizer; both must be silent. */
#include "unit.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"

enum { POSTERS = 3, LETTERS = 3000 };

struct letter {
	struct mail mail;
	struct loop *loop;
	unsigned from;
	unsigned number;
};

/* Touched by the loop's thread only. */
static unsigned next_number[POSTERS];
static unsigned arrived;
static unsigned out_of_order;

static void
on_letter(struct mail *mail)
{
	struct letter *letter = (struct letter *)mail;

	if (letter->number != next_number[letter->from]++)
		out_of_order++;
	if (++arrived == POSTERS * LETTERS)
		loop_stop(letter->loop);
	mem_free(letter);
}

static void
post(struct loop *l, unsigned from, unsigned number)
{
	struct letter *letter = mem_new(sizeof(*letter));

	letter->mail.run = on_letter;
	letter->loop = l;
	letter->from = from;
	letter->number = number;
	loop_post(l, &letter->mail);
}

struct poster {
	struct loop *loop;
	unsigned from;
};

static void *
poster_main(void *ctx)
{
	struct poster *p = ctx;

	for (unsigned i = 0; i < LETTERS; i++)
		post(p->loop, p->from, i);
	return NULL;
}

/* No letter is lost, and those of one sender arrive in the order of posting; the loop
 * sleeps and is woken many times meanwhile. */
static void
test_mail_from_threads(void **state)
{
	struct poster posters[POSTERS];
	pthread_t threads[POSTERS];
	struct loop *l;

	(void)state;
	arrived = out_of_order = 0;
	memset(next_number, 0, sizeof(next_number));
	assert_int_equal(loop_new(&l), OK);
	for (unsigned i = 0; i < POSTERS; i++) {
		posters[i] = (struct poster){l, i};
		assert_int_equal(
		    pthread_create(&threads[i], NULL, poster_main, &posters[i]), 0);
	}
	loop_run(l);
	for (unsigned i = 0; i < POSTERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(arrived, POSTERS * LETTERS);
	assert_int_equal(out_of_order, 0);
	loop_free(l);
}

static void
test_drain(void **state)
{
	struct loop *l;

	(void)state;
	arrived = out_of_order = 0;
	memset(next_number, 0, sizeof(next_number));
	assert_int_equal(loop_new(&l), OK);
	loop_drain(l);
	for (unsigned i = 0; i < 5; i++)
		post(l, 0, i);
	assert_int_equal(arrived, 0);
	loop_drain(l);
	assert_int_equal(arrived, 5);
	post(l, 0, 5);
	loop_drain(l);
	assert_int_equal(arrived, 6);
	assert_int_equal(out_of_order, 0);
	loop_free(l);
}

/* A letter that is posted by a letter waits for the next turn. */
struct again {
	struct mail mail;
	struct loop *loop;
	unsigned turns;
};

static void
on_again(struct mail *mail)
{
	struct again *a = (struct again *)mail;

	a->turns++;
	if (a->turns == 3)
		loop_stop(a->loop);
	loop_post(a->loop, mail);
}

static void
test_mail_posts_itself(void **state)
{
	struct again a = {.mail.run = on_again};

	(void)state;
	assert_int_equal(loop_new(&a.loop), OK);
	loop_post(a.loop, &a.mail);
	loop_drain(a.loop);
	assert_int_equal(a.turns, 1);
	loop_run(a.loop);
	/* the stop ended the loop in the turn that asked for it; the last mail stays */
	assert_int_equal(a.turns, 3);
	loop_free(a.loop);
}

static void *
stopper_main(void *ctx)
{
	loop_stop(ctx);
	return NULL;
}

static void
test_stop(void **state)
{
	pthread_t thread;
	struct loop *l;

	(void)state;
	/* before the loop runs, from its own thread and from another one */
	assert_int_equal(loop_new(&l), OK);
	loop_stop(l);
	loop_run(l);
	loop_free(l);
	assert_int_equal(loop_new(&l), OK);
	assert_int_equal(pthread_create(&thread, NULL, stopper_main, l), 0);
	loop_run(l);
	assert_int_equal(pthread_join(thread, NULL), 0);
	loop_free(l);
	loop_free(NULL);
}

/* Timers by order, not by how long they take: 0 and 1 ms, and one that never comes. */
struct ticks {
	struct loop *loop;
	struct loop_timer *timer;
	struct loop_timer *never;
	unsigned count;
};

static void
on_tick(void *ctx)
{
	struct ticks *t = ctx;

	t->count++;
	if (t->count == 1)
		loop_timer_set_ms(t->never, -5);
	if (t->count == 2)
		loop_timer_clear(t->never);
	if (t->count < 4)
		loop_timer_set_ms(t->timer, t->count % 2);
	else
		loop_stop(t->loop);
}

static void
on_never(void *ctx)
{
	unsigned *count = ctx;

	*count += 1;
}

static void
test_timer(void **state)
{
	struct ticks t = {0};
	unsigned count = 0;

	(void)state;
	assert_int_equal(loop_new(&t.loop), OK);
	t.timer = loop_timer_new(t.loop, on_tick, &t);
	t.never = loop_timer_new(t.loop, on_never, &count);
	loop_timer_set_ms(t.never, 3600 * 1000);
	/* set again: the new time counts */
	loop_timer_set_ms(t.timer, 3600 * 1000);
	loop_timer_set_ms(t.timer, 0);
	loop_run(t.loop);
	assert_int_equal(t.count, 4);
	/* a negative time is now: it fired once, before it was cleared */
	assert_int_equal(count, 1);
	loop_timer_free(t.timer);
	loop_timer_free(t.never);
	loop_timer_free(NULL);
	loop_free(t.loop);
}

/* A timer counts from when it is set, however long its turn has taken already. */
struct late {
	struct loop *loop;
	struct loop_timer *timer;
	struct mono set;
	int64_t waited_ms;
};

static void
on_late(void *ctx)
{
	struct late *t = ctx;
	struct mono begin = mono_now();

	if (!mono_is_never(t->set)) {
		t->waited_ms = mono_diff_ms(mono_now(), t->set);
		loop_stop(t->loop);
		return;
	}
	while (mono_diff_ms(mono_now(), begin) < 10)
		continue;
	t->set = mono_now();
	loop_timer_set_ms(t->timer, 5);
}

static void
test_timer_is_never_early(void **state)
{
	struct late t = {0};

	(void)state;
	assert_int_equal(loop_new(&t.loop), OK);
	t.timer = loop_timer_new(t.loop, on_late, &t);
	loop_timer_set_ms(t.timer, 0);
	loop_run(t.loop);
	assert_true(t.waited_ms >= 5);
	loop_timer_free(t.timer);
	loop_free(t.loop);
}

struct seen {
	struct loop *loop;
	unsigned ready;
	unsigned calls;
};

static void
on_ready(void *ctx, int fd, unsigned ready)
{
	struct seen *s = ctx;
	char c;

	s->ready |= ready;
	/* level-triggered: two octets, read one by one, are two calls */
	if ((ready & LOOP_READ) != 0 && read(fd, &c, 1) == 1 && ++s->calls == 2)
		loop_stop(s->loop);
	if ((ready & LOOP_WRITE) != 0)
		loop_stop(s->loop);
}

static void
test_watch(void **state)
{
	struct seen s = {0};
	struct loop_watch *w;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(loop_new(&s.loop), OK);
	w = loop_watch_new(s.loop, fds[0], LOOP_READ, on_ready, &s);
	assert_int_equal(write(fds[1], "ab", 2), 2);
	loop_run(s.loop);
	assert_int_equal(s.calls, 2);
	assert_int_equal(s.ready, LOOP_READ);
	loop_watch_free(w);
	loop_free(s.loop);

	s = (struct seen){0};
	assert_int_equal(loop_new(&s.loop), OK);
	w = loop_watch_new(s.loop, fds[1], LOOP_WRITE, on_ready, &s);
	loop_run(s.loop);
	assert_int_equal(s.ready, LOOP_WRITE);
	loop_watch_free(w);
	loop_watch_free(NULL);
	loop_free(s.loop);
	close(fds[0]);
	close(fds[1]);
}

static void
on_signal(void *ctx)
{
	struct seen *s = ctx;

	s->calls++;
	loop_stop(s->loop);
}

static void
test_signal(void **state)
{
	struct seen s = {0};
	struct loop_watch *w;

	(void)state;
	assert_int_equal(loop_new(&s.loop), OK);
	w = loop_signal_new(s.loop, SIGUSR1, on_signal, &s);
	assert_int_equal(raise(SIGUSR1), 0);
	loop_run(s.loop);
	assert_int_equal(s.calls, 1);
	loop_watch_free(w);
	loop_free(s.loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mail_from_threads),
	    cmocka_unit_test(test_drain),
	    cmocka_unit_test(test_mail_posts_itself),
	    cmocka_unit_test(test_stop),
	    cmocka_unit_test(test_timer),
	    cmocka_unit_test(test_timer_is_never_early),
	    cmocka_unit_test(test_watch),
	    cmocka_unit_test(test_signal),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
