/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "backend.h"
#include "base/log.h"
#include "base/loop.h"
#include "health/prober.h"

#define OK_REPLY "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define GIVE_UP_MS 30000

static const struct ip localhost = {4, {127, 0, 0, 1}};

/* The world of one test: a loop that is stopped when `until` says so. */
struct world {
	struct loop *loop;
	struct prober *prober;
	struct loop_timer *tick;
	struct mono began;
	bool (*until)(struct world *w);
	struct target *target;
	char story[512]; /* states as they were told */
	unsigned first_rounds;
	unsigned changes;
	bool drop_on_change;
};

static bool was_given_up;

static void
on_change(void *ctx, struct target *t, enum health_state old)
{
	struct world *w = ctx;

	w->changes++;
	if (t->machine.state == old)
		return;
	assert_false(mono_is_never(t->since));
	assert_true(t->since_wall_s > 0);
	strcat(w->story, " ");
	strcat(w->story, health_state_text(t->machine.state));
	if (w->drop_on_change) {
		prober_drop(w->prober, t);
		w->target = NULL;
	}
}

static void
on_first_round(void *ctx)
{
	struct world *w = ctx;

	w->first_rounds++;
}

static void
on_tick(void *ctx)
{
	struct world *w = ctx;

	was_given_up = mono_diff_ms(mono_now(), w->began) > GIVE_UP_MS;
	if (was_given_up || w->until(w))
		loop_stop(w->loop);
	else
		loop_timer_set_ms(w->tick, 2);
}

static void
begin(struct world *w)
{
	struct prober_hooks hooks = {
	    .on_change = on_change, .on_first_round = on_first_round, .ctx = w};

	*w = (struct world){0};
	assert_int_equal(loop_new(&w->loop), OK);
	assert_int_equal(prober_new(w->loop, &hooks, &w->prober), OK);
	w->tick = loop_timer_new(w->loop, on_tick, w);
}

/* Once per world: a loop that was stopped stays so. */
static void
run_until(struct world *w, bool (*until)(struct world *w))
{
	w->until = until;
	w->began = mono_now();
	loop_timer_set_ms(w->tick, 0);
	loop_run(w->loop);
	if (was_given_up)
		fail_msg("it did not come; story:%s", w->story);
}

static void
finish(struct world *w)
{
	prober_free(w->prober);
	loop_timer_free(w->tick);
	loop_free(w->loop);
}

static struct config_check
basic_check(enum check_kind kind, uint16_t port)
{
	return (struct config_check){.name = (char *)"web",
	    .kind = kind,
	    .port = port,
	    .verify = true,
	    .path = (char *)"/",
	    .method = (char *)"GET",
	    .interval_ms = 60,
	    .timeout_ms = 10000,
	    .confirm_ms = 50,
	    .fall = 3,
	    .rise = 2};
}

static bool
is_up(struct world *w)
{
	return w->target->machine.state == HEALTH_UP;
}

static bool
is_down(struct world *w)
{
	return w->target->machine.state == HEALTH_DOWN;
}

/* Up, then the backend goes, then it comes back: one pass of the loop, in acts. */
static struct backend *stage;
static unsigned act;

static bool
play(struct world *w)
{
	uint16_t port;

	switch (act) {
	case 0:
		if (!is_up(w))
			return false;
		assert_true(w->target->latency_us > 0);
		assert_true(mono_is_never(target_pending(w->target)));
		backend_stop(stage);
		stage = NULL;
		break;
	case 1:
		if (!is_down(w))
			return false;
		assert_string_equal(w->target->reason, "connect-refused");
		assert_true(w->target->last_failed);
		assert_true(mono_is_never(target_pending(w->target)));
		port = w->target->check->port;
		stage = backend_start(port, BACKEND_REPLY, OK_REPLY);
		break;
	case 2:
		if (!is_up(w))
			return false;
		assert_false(w->target->last_failed);
		return true;
	}
	act++;
	return false;
}

static void
test_out_and_back(void **state)
{
	struct config_check c;
	struct prober_stats stats;
	struct world w;

	(void)state;
	for (enum check_kind kind = CHECK_HTTP; kind <= CHECK_TCP; kind++) {
		stage = backend_start(0, BACKEND_REPLY, OK_REPLY);
		act = 0;
		begin(&w);
		c = basic_check(kind, stage->port);
		w.target = prober_hold(w.prober, &c, &localhost);
		run_until(&w, play);
		assert_string_equal(w.story, " up suspect down recovering up");
		prober_get_stats(w.prober, &stats);
		assert_int_equal(stats.targets, 1);
		assert_int_equal(stats.without_result, 0);
		assert_true(stats.failures >= 3);
		assert_int_equal(stats.probes, w.target->probes);
		assert_int_equal(w.first_rounds, 1);
		finish(&w);
		backend_stop(stage);
	}
}

static void
test_never_up(void **state)
{
	struct config_check c = basic_check(CHECK_HTTP, backend_free_port());
	struct world w;

	(void)state;
	begin(&w);
	w.target = prober_hold(w.prober, &c, &localhost);
	/* three failures away: at once, and twice confirm */
	assert_false(mono_is_never(target_pending(w.target)));
	assert_int_equal(mono_diff_ms(target_pending(w.target), w.target->next_probe),
	    2 * c.confirm_ms);
	run_until(&w, is_down);
	assert_string_equal(w.story, " down");
	assert_true(w.target->failures >= 3);
	finish(&w);
}

static bool
has_three_in_flight(struct world *w)
{
	struct prober_stats stats;

	prober_get_stats(w->prober, &stats);
	assert_true(stats.in_flight <= 3);
	return stats.in_flight == 3;
}

static bool
was_told(struct world *w)
{
	return w->changes > 0;
}

/* A hanging one is asked again before it has answered, fall times and no more. */
static void
test_overlap(void **state)
{
	struct backend *b = backend_start(0, BACKEND_HANG, NULL);
	struct config_check c = basic_check(CHECK_HTTP, b->port);
	unsigned fds = backend_count_fds();
	struct world w;

	(void)state;
	begin(&w);
	w.target = prober_hold(w.prober, &c, &localhost);
	run_until(&w, has_three_in_flight);
	assert_int_equal(w.target->probes, 0);
	assert_string_equal(w.story, "");
	/* what is under way can decide at any moment */
	assert_true(mono_diff_ms(target_pending(w.target), mono_now()) <= 0);
	run_until(&w, was_told); /* and that is told */
	finish(&w); /* with three in flight */
	backend_stop(b);
	assert_in_range(backend_count_fds(), 1, fds);
}

static void
test_hanging_falls(void **state)
{
	struct backend *b = backend_start(0, BACKEND_HANG, NULL);
	struct config_check c = basic_check(CHECK_HTTP, b->port);
	struct world w;

	(void)state;
	c.timeout_ms = 250;
	c.interval_ms = 20000; /* so that a slow machine is not late by half of it */
	begin(&w);
	w.target = prober_hold(w.prober, &c, &localhost);
	run_until(&w, is_down);
	assert_string_equal(w.target->reason, "timeout");
	finish(&w);
	backend_stop(b);
}

static void
count_target(void *ctx, struct target *t)
{
	struct target ***at = ctx;

	assert_ptr_equal(**at, t);
	(*at)++;
}

static void
test_holders(void **state)
{
	enum { N = 300 };
	struct config_check c = basic_check(CHECK_HTTP, 9), other = c;
	struct target *held[N], **at = held;
	struct prober_stats stats;
	struct world w;

	(void)state;
	begin(&w);
	for (unsigned i = 0; i < N; i++) {
		struct ip ip = {4, {127, 1, (uint8_t)(i >> 8), (uint8_t)i}};

		held[i] = prober_hold(w.prober, &c, &ip);
		assert_true(ip_equal(&held[i]->ip, &ip));
	}
	/* the same by another name; another by another path */
	other.name = (char *)"other";
	assert_ptr_equal(prober_hold(w.prober, &other, &held[7]->ip), held[7]);
	other.path = (char *)"/other";
	assert_ptr_not_equal(prober_hold(w.prober, &other, &held[7]->ip), held[7]);
	prober_get_stats(w.prober, &stats);
	assert_int_equal(stats.targets, N + 1);
	assert_int_equal(stats.without_result, N + 1);
	prober_drop(w.prober, prober_hold(w.prober, &other, &held[7]->ip));
	prober_drop(w.prober, prober_hold(w.prober, &other, &held[0]->ip));
	prober_get_stats(w.prober, &stats);
	assert_int_equal(stats.targets, N + 1);
	/* two holders */
	prober_drop(w.prober, held[7]);
	prober_get_stats(w.prober, &stats);
	assert_int_equal(stats.targets, N + 1);
	for (unsigned i = 1; i < N; i += 2)
		prober_drop(w.prober, held[i]);
	for (unsigned i = 0; i < N / 2; i++)
		held[i] = held[2 * i];
	prober_get_stats(w.prober, &stats);
	assert_int_equal(stats.targets, N / 2 + 1);
	prober_drop(w.prober, prober_hold(w.prober, &c, &held[3]->ip));
	/* in order of making; the one with the other path is the last */
	held[N / 2] = prober_hold(w.prober, &other, &(struct ip){4, {127, 1, 0, 7}});
	prober_each(w.prober, count_target, &at);
	assert_int_equal(at - held, N / 2 + 1);
	finish(&w);
}

static bool
is_first_round(struct world *w)
{
	return w->first_rounds > 0;
}

static void
test_first_round_of_none(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	run_until(&w, is_first_round);
	assert_int_equal(w.first_rounds, 1);
	finish(&w);
}

static bool
is_gone(struct world *w)
{
	return w->target == NULL;
}

static void
test_drop_in_hook(void **state)
{
	struct backend *b = backend_start(0, BACKEND_REPLY, OK_REPLY);
	struct config_check c = basic_check(CHECK_HTTP, b->port);
	struct prober_stats stats;
	struct world w;

	(void)state;
	begin(&w);
	w.drop_on_change = true;
	w.target = prober_hold(w.prober, &c, &localhost);
	run_until(&w, is_gone);
	prober_get_stats(w.prober, &stats);
	assert_int_equal(stats.targets, 0);
	assert_int_equal(stats.in_flight, 0);
	finish(&w);
	backend_stop(b);
}

static bool
has_many_doubts(struct world *w)
{
	return w->target->inconclusive >= 5;
}

/* No descriptors left: nothing is said about the target. */
static void
test_own_fault(void **state)
{
	struct backend *b = backend_start(0, BACKEND_REPLY, OK_REPLY);
	struct rlimit old, none;
	struct world w;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	for (enum check_kind kind = CHECK_HTTP; kind <= CHECK_TCP; kind++) {
		struct config_check c = basic_check(kind, b->port);

		begin(&w);
		w.target = prober_hold(w.prober, &c, &localhost);
		none = old;
		none.rlim_cur = 1;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
		run_until(&w, has_many_doubts);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
		assert_string_equal(w.story, "");
		assert_int_equal(w.target->machine.state, HEALTH_UNKNOWN);
		assert_int_equal(w.target->failures, 0);
		finish(&w);
	}
	backend_stop(b);
}

static bool
has_late_ones(struct world *w)
{
	struct prober_stats stats;

	if (w->target->probes > 0)
		usleep(100000); /* this process is not given its time */
	prober_get_stats(w->prober, &stats);
	return stats.late >= 5;
}

static void
test_late(void **state)
{
	struct config_check c = basic_check(CHECK_TCP, backend_free_port());
	struct world w;

	(void)state;
	c.fall = 1000000; /* not the verdict is looked at, but what counts towards it */
	begin(&w);
	w.target = prober_hold(w.prober, &c, &localhost);
	run_until(&w, has_late_ones);
	assert_true(w.target->inconclusive >= 5);
	assert_int_equal(
	    w.target->machine.failures, w.target->probes - w.target->inconclusive);
	finish(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_out_and_back),
	    cmocka_unit_test(test_never_up),
	    cmocka_unit_test(test_overlap),
	    cmocka_unit_test(test_hanging_falls),
	    cmocka_unit_test(test_holders),
	    cmocka_unit_test(test_first_round_of_none),
	    cmocka_unit_test(test_drop_in_hook),
	    cmocka_unit_test(test_own_fault),
	    cmocka_unit_test(test_late),
	};

	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
