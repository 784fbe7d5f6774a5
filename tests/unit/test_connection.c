/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections with a quick_answer() of this test's own, which makes what a request asks
 * for: a response of a length, or a stream of many.
 */
#include "unit.h"

#include <fcntl.h>

#include "serve/connection.h"
#include "serve/quick.h"
#include "serve/tcp.h"
#include "tcp_client.h"

enum { LARGE = 60000 };

static struct maker maker;
static struct tcp *tcp;
static uint16_t port;
static _Atomic uint64_t made; /* octets of streams */
static _Atomic int streams; /* that live */

/* Of `left` messages of `len` octets; each carries its number where the id would be. */
struct counting {
	struct stream stream; /* first */
	uint16_t done, count;
	size_t len;
	bool breaks;
	/* of one that has to be waited for, before each message */
	struct mailbox *home; /* NULL: it has not */
	struct mail mail;
	bool is_away, is_ready, is_abandoned;
};

static void
end_counting(struct counting *c)
{
	atomic_fetch_sub(&streams, 1);
	mem_free(c);
}

static void
on_mail(struct mail *mail)
{
	struct counting *c =
	    (struct counting *)(void *)((char *)mail - offsetof(struct counting, mail));

	c->is_away = false;
	c->is_ready = true;
	if (c->is_abandoned)
		end_counting(c);
	else
		c->stream.wake(c->stream.wake_ctx);
}

/* Has this message still to be waited for? */
static bool
waits(struct counting *c)
{
	if (c->home == NULL || c->is_ready)
		return false;
	if (!c->is_away) {
		c->is_away = true;
		c->mail.run = on_mail;
		mailbox_post(c->home, &c->mail);
	}
	return true;
}

static bool
next(struct stream *s, uint8_t *out, size_t room, size_t *len)
{
	struct counting *c = (struct counting *)(void *)s;

	assert_true(room >= DNS_MESSAGE_MAX);
	if (c->done == c->count) {
		s->is_waiting = false;
		s->broken = c->breaks;
		return false;
	}
	s->is_waiting = waits(c);
	if (s->is_waiting)
		return false;
	c->is_ready = false;
	memset(out, 0, c->len);
	wire_put16(out, c->done++);
	*len = c->len;
	atomic_fetch_add(&made, c->len);
	return true;
}

static void
free_counting(struct stream *s)
{
	struct counting *c = (struct counting *)(void *)s;

	c->is_abandoned = true;
	if (!c->is_away)
		end_counting(c);
}

/*
 * A request is an id, a kind, and a count. 'r': a response of a header; 'l': a large one;
 * 's': a stream of count messages, 'b': one that breaks off, 'w': one that is waited for;
 * '-': nothing.
 */
void
answer_prepare(const struct world *world, const uint8_t *packet, size_t len,
    const struct answer_ahead *like, struct answer_ahead *out)
{
	assert_true(world != NULL && packet != NULL && len == 5);
	out->zone = like != NULL ? like->zone : NULL;
}

void
answer_warm(struct answer_ahead *ahead, size_t count)
{
	assert_true(ahead != NULL && count <= ANSWER_WARM_MOST);
}

size_t
quick_answer(struct answerer *a, const uint8_t *packet, size_t len,
    struct answer_ahead *ahead, const struct ip *source, enum answer_over over,
    uint8_t *out)
{
	size_t n = packet[2] == 'l' ? LARGE : 12;
	struct counting *c;

	assert_int_equal(len, 5);
	assert_int_equal(source->family, 4);
	assert_int_equal(over, OVER_TCP);
	assert_true(a->stream == NULL && ahead != NULL);
	assert_non_null(a->world);
	if (packet[2] == '-')
		return 0;
	if (packet[2] == 's' || packet[2] == 'b' || packet[2] == 'w') {
		c = mem_new(sizeof(*c));
		c->stream = (struct stream){.next = next, .free = free_counting};
		c->count = wire_get16(packet + 3);
		c->len = LARGE;
		c->breaks = packet[2] == 'b';
		c->home = packet[2] == 'w' ? a->transfers.home : NULL;
		a->stream = &c->stream;
		atomic_fetch_add(&streams, 1);
		return 0;
	}
	memset(out, 0, n);
	memcpy(out, packet, 2);
	return n;
}

static size_t
request(uint8_t *out, uint16_t id, char kind, uint16_t count)
{
	wire_put16(out, 5);
	wire_put16(out + 2, id);
	out[4] = (uint8_t)kind;
	wire_put16(out + 5, count);
	return 7;
}

static void
ask(int s, uint16_t id, char kind, uint16_t count)
{
	uint8_t q[16];

	send_all(s, q, request(q, id, kind, count));
}

static int
connect_client(void)
{
	return client(SOCK_STREAM, "127.0.0.1", port);
}

static void
wait_for_no_stream(void)
{
	for (unsigned i = 0; i < 5000 && atomic_load(&streams) != 0; i++)
		usleep(1000);
	assert_int_equal(atomic_load(&streams), 0);
}

/* What was asked before and after a stream comes before and after it, in one pipeline. */
static void
a_stream_among_others(void **state)
{
	uint8_t all[256];
	int s = connect_client();
	size_t len = 0;

	(void)state;
	len += request(all + len, 1000, 'r', 0);
	len += request(all + len, 0, 's', 50);
	len += request(all + len, 1001, 'r', 0);
	len += request(all + len, 0, 's', 0); /* of nothing */
	len += request(all + len, 0, '-', 0);
	len += request(all + len, 0, 's', 3);
	len += request(all + len, 1002, 'r', 0);
	send_all(s, all, len);
	shutdown(s, SHUT_WR);
	assert_int_equal(receive_answer(s, 0), 1000);
	for (int i = 0; i < 50; i++)
		assert_int_equal(receive_answer(s, 0), i);
	assert_int_equal(receive_answer(s, 0), 1001);
	for (int i = 0; i < 3; i++)
		assert_int_equal(receive_answer(s, 0), i);
	assert_int_equal(receive_answer(s, 0), 1002);
	assert_int_equal(receive_answer(s, 0), -1);
	wait_for_no_stream();
	close(s);
}

/* Nothing is made beyond what the sockets take and one turn; others are served. */
static void
a_stream_that_is_not_read(void **state)
{
	int s = connect_client(), other;
	uint64_t before = atomic_load(&made), now, last = 0;

	(void)state;
	ask(s, 0, 's', 60000); /* 3.6 GB, if somebody read them */
	for (unsigned quiet = 0; quiet < 50; usleep(2000)) {
		now = atomic_load(&made) - before;
		quiet = now == last && now != 0 ? quiet + 1 : 0;
		last = now;
	}
	assert_true(last < 16 << 20);
	other = connect_client();
	ask(other, 7, 'r', 0);
	assert_int_equal(receive_answer(other, 0), 7);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(receive_answer(s, 0), i);
	assert_true(atomic_load(&made) - before >= 1000 * LARGE);
	assert_int_equal(atomic_load(&streams), 1);
	close(s);
	close(other);
	wait_for_no_stream();
}

/* While a stream is taken as fast as it comes, another client gets his turn. */
static void
a_stream_beside_others(void **state)
{
	int s = connect_client(), other = connect_client();

	(void)state;
	ask(s, 0, 's', 2000);
	for (int i = 0; i < 2000; i++) {
		assert_int_equal(receive_answer(s, 0), i);
		if (i % 100 != 0)
			continue;
		ask(other, (uint16_t)i, 'r', 0);
		assert_int_equal(receive_answer(other, 0), i);
	}
	close(s);
	close(other);
	wait_for_no_stream();
}

static void
a_stream_that_breaks(void **state)
{
	int s = connect_client();

	(void)state;
	ask(s, 0, 'b', 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(receive_answer(s, 0), i);
	assert_int_equal(receive_answer(s, 0), -1);
	wait_for_no_stream();
	close(s);
}

/* Made elsewhere, message by message; what is asked behind it waits as well. */
static void
a_stream_that_is_waited_for(void **state)
{
	uint8_t all[64];
	int s = connect_client(), other = connect_client();
	size_t len = 0;

	(void)state;
	len += request(all + len, 0, 'w', 200);
	len += request(all + len, 1000, 'r', 0);
	send_all(s, all, len);
	ask(other, 7, 'r', 0);
	assert_int_equal(receive_answer(other, 0), 7);
	for (int i = 0; i < 200; i++)
		assert_int_equal(receive_answer(s, 0), i);
	assert_int_equal(receive_answer(s, 0), 1000);
	close(s);
	close(other);
	wait_for_no_stream();
}

static struct poller *
open_connections(struct connections *all, struct counters *counters)
{
	struct poller *poller;

	assert_int_equal(poller_new(&poller), OK);
	all->round.shared = &maker_shared;
	assert_int_equal(publish_join(&maker_shared.domain, &all->round.reader), OK);
	all->round.counters = all->round.answerer.counters = counters;
	all->round.answerer.transfers.home = poller_mailbox(poller);
	connections_init(all, poller, SIZE_MAX);
	return poller;
}

/* It has nothing to take and nothing to say: how long that takes is our doing. */
static void
who_waits_for_us_is_not_slow(void **state)
{
	static struct connections all;
	static struct counters counters;
	struct ip source = {4, {127, 0, 0, 1}};
	struct poller *poller;
	struct member *m;
	uint8_t one[16];
	int ends[2];

	(void)state;
	poller = open_connections(&all, &counters);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	send_all(ends[1], one, request(one, 0, 'w', 1));
	connection_new(&all, ends[0], &source);
	connections_answer(&all);
	m = crowd_stuck(&all.crowd);
	assert_non_null(m);
	m->moved = (struct mono){1};
	assert_ptr_equal(crowd_expired(&all.crowd, (struct mono){2000}, 1000), m);
	assert_true(connection_excuse(m));
	assert_null(crowd_expired(&all.crowd, mono_now(), 60000));
	/* all has been sent now, and the next request is the client's to make */
	mailbox_drain(poller_mailbox(poller));
	connections_answer(&all);
	assert_int_equal(atomic_load(&streams), 0);
	assert_false(connection_excuse(m));
	connection_close(m, true);
	connections_fini(&all);
	poller_free(poller);
	close(ends[1]);
}

/* Of sockets that keep the bounds of writes; the last client has not sent all. */
static void
one_read_is_answered_with_one_write(void **state)
{
	enum { CLIENTS = 3, ASKED = 50 };
	static struct connections all;
	static struct counters counters;
	struct ip source = {4, {127, 0, 0, 1}};
	struct poller *poller;
	int ends[CLIENTS][2];

	(void)state;
	poller = open_connections(&all, &counters);
	for (unsigned i = 0; i < CLIENTS; i++) {
		uint8_t asked[ASKED * 7];
		size_t len = 0;

		assert_int_equal(
		    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends[i]), 0);
		for (uint16_t k = 0; k < ASKED; k++)
			len += request(asked + len, (uint16_t)(100 * i + k), 'r', 0);
		assert_true(send(ends[i][1], asked, len - (i == 2), 0) > 0);
		connection_new(&all, ends[i][0], &source);
	}
	connections_answer(&all);
	for (unsigned i = 0; i < CLIENTS; i++) {
		unsigned count = i == 2 ? ASKED - 1 : ASKED;
		uint8_t got[ASKED * 14];

		assert_int_equal(recv(ends[i][1], got, sizeof(got), 0), count * 14);
		for (unsigned k = 0; k < count; k++)
			assert_int_equal(wire_get16(got + k * 14 + 2), 100 * i + k);
		close(ends[i][1]);
	}
	assert_int_equal(counter_get(&counters, COUNT_TCP_QUERIES), CLIENTS * ASKED - 1);
	while (crowd_superfluous(&all.crowd) != NULL)
		connection_close(crowd_superfluous(&all.crowd), true);
	connections_fini(&all);
	poller_free(poller);
}

static void
a_stream_whose_client_is_gone(void **state)
{
	struct linger hard = {.l_onoff = 1};

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		int s = connect_client();

		ask(s, 0, i % 4 < 2 ? 's' : 'w', 60000);
		if (i % 2 == 0)
			assert_int_equal(receive_answer(s, 0), 0);
		if (i % 3 == 0)
			setsockopt(s, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		close(s);
	}
	wait_for_no_stream();
}

/* Thousands of large responses asked for in one write: all come, in order, and a client
 * that comes meanwhile does not wait for them. */
static void
large_responses_in_turns(void **state)
{
	enum { ASKED = 3000 };
	static uint8_t all[ASKED * 7];
	int s = connect_client(), other;
	size_t len = 0;

	(void)state;
	for (uint16_t i = 0; i < ASKED; i++)
		len += request(all + len, i, 'l', 0);
	send_all(s, all, len);
	shutdown(s, SHUT_WR);
	for (int i = 0; i < ASKED; i++) {
		assert_int_equal(receive_answer(s, 0), i);
		if (i != 10)
			continue;
		other = connect_client();
		ask(other, 9, 'r', 0);
		assert_int_equal(receive_answer(other, 0), 9);
		close(other);
	}
	assert_int_equal(receive_answer(s, 0), -1);
	close(s);
}

/* The end of the worker takes with it what is under way. */
static void
the_end_in_the_middle(void **state)
{
	struct ip_port at;
	struct buf why = {0};
	struct tcp *t;
	uint16_t other = free_port();
	int s;

	(void)state;
	at = at_text("127.0.0.1", other);
	assert_int_equal(tcp_open(&at, 1, &maker_shared, &t, &why), OK);
	tcp_start(t);
	s = client(SOCK_STREAM, "127.0.0.1", other);
	ask(s, 0, 's', 60000);
	assert_int_equal(receive_answer(s, 0), 0);
	tcp_free(t);
	assert_int_equal(atomic_load(&streams), 0);
	close(s);
	buf_fini(&why);
}

static int
begin(void **state)
{
	struct ip_port at;
	struct buf why = {0};

	(void)state;
	serve_world(&maker);
	port = free_port();
	at = at_text("127.0.0.1", port);
	assert_int_equal(tcp_open(&at, 1, &maker_shared, &tcp, &why), OK);
	tcp_set_transfers(tcp, NULL); /* tells answer() the loop */
	tcp_start(tcp);
	buf_fini(&why);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	tcp_free(tcp);
	maker_close(&maker);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_stream_among_others),
	    cmocka_unit_test(a_stream_that_is_not_read),
	    cmocka_unit_test(a_stream_beside_others),
	    cmocka_unit_test(a_stream_that_breaks),
	    cmocka_unit_test(a_stream_that_is_waited_for),
	    cmocka_unit_test(who_waits_for_us_is_not_slow),
	    cmocka_unit_test(one_read_is_answered_with_one_write),
	    cmocka_unit_test(a_stream_whose_client_is_gone),
	    cmocka_unit_test(large_responses_in_turns),
	    cmocka_unit_test(the_end_in_the_middle),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
