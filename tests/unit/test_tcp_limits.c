/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>
#include <sys/resource.h>

#include "serve/crowd.h"
#include "serve/tcp.h"
#include "tcp_client.h"

static struct maker maker;

/* A worker of its own, with limits of its own; both are gone after end_own(). */
static struct tcp *
begin_own(const char *limits, uint16_t *other, size_t held_max)
{
	struct buf why = {0};
	struct ip_port at;
	struct tcp *t;

	serve_limits(&maker, limits);
	*other = free_port();
	at = at_text("127.0.0.1", *other);
	assert_int_equal(tcp_open(&at, 1, &maker_shared, &t, &why), OK);
	tcp_set_held_max(t, held_max);
	tcp_start(t);
	buf_fini(&why);
	return t;
}

static void
end_own(struct tcp *t)
{
	tcp_free(t);
	serve_limits(&maker, "");
}

/* A client from this address who has been answered. */
static int
known_client(const char *from, uint16_t to)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	struct timeval patience = {.tv_sec = 5};
	int s = socket(AF_INET, SOCK_STREAM, 0);
	uint8_t q[64];

	assert_int_equal(inet_pton(AF_INET, from, &sin.sin_addr), 1);
	assert_int_equal(bind(s, (struct sockaddr *)&sin, sizeof(sin)), 0);
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	sin.sin_port = htons(to);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(s, (struct sockaddr *)&sin, sizeof(sin)), 0);
	send_all(s, q, framed(q, 1, 'a'));
	assert_int_equal(receive_answer(s, 1), 1);
	return s;
}

/* Still there: it is asked and answers. */
static void
assert_served(int s)
{
	uint8_t q[64];

	send_all(s, q, framed(q, 77, 'a'));
	assert_int_equal(receive_answer(s, 1), 77);
}

static uint64_t
counted(const struct tcp *t, enum counter which)
{
	return counter_get(tcp_counters(t), which);
}

/* Idle, and busy with a request that comes octet by octet: both go, each counted as what
 * it is; who asks stays. */
static void
who_gets_nowhere_is_closed(void **state)
{
	uint16_t other;
	struct tcp *t = begin_own(", tcp_idle: 1s", &other, 64 << 20);
	int idle = known_client("127.0.0.1", other), active, slow;
	uint8_t q[64];
	size_t at = 0;

	(void)state;
	active = known_client("127.0.0.1", other);
	slow = known_client("127.0.0.1", other);
	framed(q, 13, 'a');
	for (unsigned i = 0; i < 25; i++) {
		if (counted(t, COUNT_TCP_CLOSED_SLOW) == 0)
			(void)send(slow, q + at++, 1, MSG_NOSIGNAL);
		assert_served(active);
		usleep(100000);
	}
	assert_int_equal(receive_answer(idle, 1), -1);
	assert_int_equal(receive_answer(slow, 1), -1);
	assert_int_equal(counted(t, COUNT_TCP_CLOSED_IDLE), 1);
	assert_int_equal(counted(t, COUNT_TCP_CLOSED_SLOW), 1);
	assert_served(active);
	close(idle);
	close(slow);
	close(active);
	end_own(t);
}

/* Refused where others would be let in; who has few is not, and who is there stays. */
static void
in_overload_a_client_with_many_gets_no_more(void **state)
{
	uint16_t other;
	struct tcp *t = begin_own("", &other, 64 << 20);
	int s[CROWD_MANY], more;
	struct timeval patience = {.tv_sec = 5};
	uint8_t octet;

	(void)state;
	atomic_store(&maker_shared.overloaded, true);
	for (unsigned i = 0; i < CROWD_MANY; i++)
		s[i] = known_client("127.0.0.1", other);
	more = client(SOCK_STREAM, "127.0.0.1", other);
	setsockopt(more, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	assert_int_equal(recv(more, &octet, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
	close(more);
	assert_int_equal(counted(t, COUNT_SHED_TCP), 1);
	assert_int_equal(counted(t, COUNT_TCP_LIMIT_CLIENT), 0);
	close(known_client("127.0.0.2", other));
	for (unsigned i = 0; i < CROWD_MANY; i++)
		assert_served(s[i]);
	atomic_store(&maker_shared.overloaded, false);
	more = known_client("127.0.0.1", other);
	assert_int_equal(counted(t, COUNT_SHED_TCP), 1);
	close(more);
	for (unsigned i = 0; i < CROWD_MANY; i++)
		close(s[i]);
	end_own(t);
}

/* His own oldest idle one goes, and nobody else's. */
static void
a_client_at_its_limit(void **state)
{
	uint16_t other;
	struct tcp *t = begin_own(", tcp_per_client: 3", &other, 64 << 20);
	int neighbour = known_client("127.0.0.2", other), s[4];

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		s[i] = known_client("127.0.0.1", other);
	assert_served(s[0]); /* the second is the oldest now */
	s[3] = known_client("127.0.0.1", other);
	assert_true(is_closed_by_server(s[1]));
	assert_int_equal(counted(t, COUNT_TCP_LIMIT_CLIENT), 1);
	assert_served(s[0]);
	assert_served(s[2]);
	assert_served(s[3]);
	assert_served(neighbour);
	for (unsigned i = 0; i < 4; i++)
		close(s[i]);
	close(neighbour);
	end_own(t);
}

/* All of his are busy: the new one is refused. */
static void
a_client_at_its_limit_and_busy(void **state)
{
	uint16_t other;
	struct tcp *t = begin_own(", tcp_per_client: 3", &other, 64 << 20);
	int s[3], more, neighbour;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		s[i] = known_client("127.0.0.1", other);
		send_all(s[i], "\0", 1);
	}
	neighbour = known_client("127.0.0.2", other); /* all of that was read */
	more = client(SOCK_STREAM, "127.0.0.1", other);
	assert_true(is_closed_by_server(more));
	assert_int_equal(counted(t, COUNT_TCP_LIMIT_CLIENT), 1);
	assert_int_equal(counted(t, COUNT_TCP_CONNECTIONS), 4);
	assert_served(neighbour);
	for (unsigned i = 0; i < 3; i++)
		close(s[i]);
	close(more);
	close(neighbour);
	end_own(t);
}

/* One has most of all that there are: his oldest goes, not the oldest of all. */
static void
all_are_taken(void **state)
{
	uint16_t other;
	struct tcp *t =
	    begin_own(", tcp_per_client: 0, tcp_connections: 16", &other, 64 << 20);
	int modest = known_client("127.0.0.2", other), s[15], more;

	(void)state;
	for (unsigned i = 0; i < 15; i++)
		s[i] = known_client("127.0.0.1", other);
	more = known_client("127.0.0.3", other);
	assert_true(is_closed_by_server(s[0]));
	assert_int_equal(counted(t, COUNT_TCP_LIMIT_TOTAL), 1);
	assert_served(modest);
	assert_served(more);
	for (unsigned i = 0; i < 15; i++) {
		if (i != 0)
			assert_served(s[i]);
		close(s[i]);
	}
	close(modest);
	close(more);
	end_own(t);
}

/* The worker that runs takes up new limits by itself. */
static void
limits_change_while_it_runs(void **state)
{
	uint16_t other;
	struct tcp *t = begin_own("", &other, 64 << 20);
	int first = known_client("127.0.0.1", other), second;

	(void)state;
	second = known_client("127.0.0.1", other);
	serve_limits(&maker, ", tcp_idle: 1s");
	assert_true(is_closed_by_server(first));
	assert_true(is_closed_by_server(second));
	assert_int_equal(counted(t, COUNT_TCP_CLOSED_IDLE), 2);
	close(first);
	close(second);
	end_own(t);
}

/* Half of the descriptors are for others in the process. */
static void
descriptors_are_left_to_others(void **state)
{
	struct config_server s = {.tcp_connections = 4096, .tcp_workers = 2};
	struct rlimit limit, few;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	few = limit;
	few.rlim_cur = 1024;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(tcp_connections_max(&s), 256);
	s.tcp_connections = 100;
	assert_int_equal(tcp_connections_max(&s), 100);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/*
 * Clients that ask and do not read, more than there is room for: some are closed, the
 * first ones first; one that holds nothing is not, though it is the oldest.
 */
static void
too_much_to_hold(void **state)
{
	enum { GREEDY = 40, ASKED = 400 };
	uint16_t other;
	struct tcp *t = begin_own("", &other, 1 << 20);
	int greedy[GREEDY], modest, small = 4096;
	static uint8_t all[ASKED * 64];
	size_t len = 0;
	uint8_t q[64];

	(void)state;
	for (uint16_t i = 0; i < ASKED; i++)
		len += framed(all + len, i, 'l');
	modest = known_client("127.0.0.1", other);
	for (unsigned i = 0; i < GREEDY; i++) {
		greedy[i] = client(SOCK_STREAM, "127.0.0.1", other);
		setsockopt(greedy[i], SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
		send_all(greedy[i], all, len);
	}
	/* what is answered next was asked after all that was dealt with */
	send_all(modest, q, framed(q, 2, 'a'));
	assert_int_equal(receive_answer(modest, 1), 2);
	assert_true(is_closed_by_server(greedy[0]));
	for (uint16_t i = 0; i < 20; i++)
		assert_int_equal(receive_answer(greedy[GREEDY - 1], 200), i);
	for (unsigned i = 0; i < GREEDY; i++)
		close(greedy[i]);
	assert_true(counted(t, COUNT_TCP_LIMIT_MEMORY) != 0);
	close(modest);
	end_own(t);
}

static int
begin(void **state)
{
	(void)state;
	serve_world(&maker);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	maker_close(&maker);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_gets_nowhere_is_closed),
	    cmocka_unit_test(a_client_at_its_limit),
	    cmocka_unit_test(in_overload_a_client_with_many_gets_no_more),
	    cmocka_unit_test(a_client_at_its_limit_and_busy),
	    cmocka_unit_test(all_are_taken),
	    cmocka_unit_test(limits_change_while_it_runs),
	    cmocka_unit_test(descriptors_are_left_to_others),
	    cmocka_unit_test(too_much_to_hold),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
