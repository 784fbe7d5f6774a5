/* SPDX-License-Identifier: BSD-2-Clause */
/* Verdicts of real probes, from the socket to the choice that readers see. */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "pool_make.h"
#include "steer/board.h"
#include "steer/choice.h"

enum { POLL_MS = 5, PATIENCE_MS = 20000 };

static struct publish domain;

struct story {
	struct loop *loop;
	struct loop_timer *timer;
	struct board *board;
	struct pool *pool;
	int listener;
	uint16_t port;
	unsigned step, rounds;
	int64_t waited_ms;
};

static int
listen_at(uint16_t *port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
	    .sin_port = htons(*port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int s = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	socklen_t len = sizeof(sin);

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(s, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(listen(s, 100), 0);
	assert_int_equal(getsockname(s, (struct sockaddr *)&sin, &len), 0);
	*port = ntohs(sin.sin_port);
	return s;
}

static void
on_first_round(void *ctx)
{
	struct story *s = ctx;

	s->rounds++;
}

/* Is the pool's first ladder answered with just this address of 127.0.0.0/24? */
static bool
answers(const struct story *s, enum pick_kind pick, uint8_t last)
{
	const struct choice *c = atomic_load(&s->pool->cells[FAMILY_4]);

	return c->pick == pick && c->count == 1 && c->rr[15] == last;
}

static void
on_poll(void *ctx)
{
	struct story *s = ctx;

	s->waited_ms += POLL_MS;
	switch (s->step) {
	case 0: /* one listens, the other refuses */
		if (s->rounds == 1 && answers(s, PICK_RUNG, 1)) {
			close(s->listener);
			s->step++;
		}
		break;
	case 1: /* both refuse: what is left is rescue */
		if (answers(s, PICK_RESCUE, 9)) {
			s->listener = listen_at(&s->port);
			s->step++;
		}
		break;
	case 2:
		if (answers(s, PICK_RUNG, 1))
			s->step++;
		break;
	default:
		loop_stop(s->loop);
		return;
	}
	if (s->waited_ms > PATIENCE_MS)
		loop_stop(s->loop);
	else
		loop_timer_set_ms(s->timer, POLL_MS);
}

static void
verdicts_become_answers(void **state)
{
	struct story s = {0};
	struct board_hooks hooks = {.on_first_round = on_first_round, .ctx = &s};
	struct config_check check = {
	    .kind = CHECK_TCP,
	    .interval_ms = 50,
	    .timeout_ms = 1000,
	    .confirm_ms = 50,
	    .fall = 2,
	    .rise = 2,
	};
	struct config_pool *spec = spec_new("edge");
	struct prober_stats stats;

	(void)state;
	geo = geo_small();
	publish_init(&domain);
	s.listener = listen_at(&s.port);
	check.name = (char *)(uintptr_t) "tcp";
	check.port = s.port;
	check.where.file = "";
	spec_default(spec, "127.0.0.1 127.0.0.2");
	spec_rescue(spec, "127.0.0.9");
	s.pool = pool_compile(1, "edge", spec, &check, geo);
	config_pool_free(spec);
	assert_int_equal(loop_new(&s.loop), OK);
	assert_int_equal(board_new(s.loop, &domain, &hooks, &s.board), OK);
	board_adopt(s.board, &s.pool, 1);
	/* nothing is known yet: all are served */
	assert_int_equal(atomic_load(&s.pool->cells[FAMILY_4])->count, 2);
	prober_get_stats(board_prober(s.board), &stats);
	assert_int_equal(stats.targets, 3); /* rescue is probed too */
	s.timer = loop_timer_new(s.loop, on_poll, &s);
	loop_timer_set_ms(s.timer, POLL_MS);
	loop_run(s.loop);
	assert_int_equal(s.step, 3);
	board_release(s.board, &s.pool, 1);
	prober_get_stats(board_prober(s.board), &stats);
	assert_int_equal(stats.targets, 0);
	board_free(s.board);
	loop_timer_free(s.timer);
	loop_free(s.loop);
	close(s.listener);
	geo_free(geo);
}

/* Two pools and two endpoints of one address share a target, which lives with the last.
 */
static void
targets_are_shared(void **state)
{
	struct board_hooks hooks = {.on_first_round = on_first_round};
	struct config_check check = {.kind = CHECK_TCP,
	    .port = 9,
	    .interval_ms = 5000,
	    .timeout_ms = 1000,
	    .confirm_ms = 500,
	    .fall = 3,
	    .rise = 2};
	struct config_pool *spec = spec_new("edge");
	struct pool *pools[2];
	struct prober_stats stats;
	struct board *board;
	struct loop *loop;

	(void)state;
	geo = geo_small();
	publish_init(&domain);
	check.name = (char *)(uintptr_t) "tcp";
	check.where.file = "";
	spec_region(spec, "weu", "127.0.0.1");
	spec_default(spec, "127.0.0.1");
	for (unsigned i = 0; i < 2; i++)
		pools[i] = pool_compile(i + 1, "edge", spec, &check, geo);
	config_pool_free(spec);
	assert_int_equal(loop_new(&loop), OK);
	assert_int_equal(board_new(loop, &domain, &hooks, &board), OK);
	board_adopt(board, pools, 2);
	prober_get_stats(board_prober(board), &stats);
	assert_int_equal(stats.targets, 1);
	board_release(board, pools, 1);
	prober_get_stats(board_prober(board), &stats);
	assert_int_equal(stats.targets, 1);
	assert_int_equal(pools[1]->endpoints[0].target_count, 1);
	board_release(board, pools + 1, 1);
	prober_get_stats(board_prober(board), &stats);
	assert_int_equal(stats.targets, 0);
	board_free(board);
	loop_free(loop);
	geo_free(geo);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(verdicts_become_answers),
	    cmocka_unit_test(targets_are_shared),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
