/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>

#include "serve/tcp.h"
#include "tcp_client.h"

static struct maker maker;
static struct tcp *tcp;
static uint16_t port;

static int
connect_client(void)
{
	return client(SOCK_STREAM, "127.0.0.1", port);
}

static void
many_questions_in_one_write(void **state)
{
	uint8_t all[50 * 64];
	int s = connect_client();
	size_t len = 0;

	(void)state;
	for (uint16_t i = 0; i < 50; i++)
		len += framed(all + len, i, 'a');
	send_all(s, all, len);
	for (int i = 0; i < 50; i++)
		assert_int_equal(receive_answer(s, 1), i);
	/* and the connection is kept */
	send_all(s, all, len / 50);
	assert_int_equal(receive_answer(s, 1), 0);
	close(s);
}

static void
octet_by_octet(void **state)
{
	uint8_t q[64];
	size_t len = framed(q, 5, 'a');
	int s = connect_client();

	(void)state;
	for (size_t i = 0; i < len; i++)
		send_all(s, q + i, 1);
	assert_int_equal(receive_answer(s, 1), 5);
	close(s);
}

static void
a_large_answer_is_whole(void **state)
{
	uint8_t q[64];
	int s = connect_client();

	(void)state;
	send_all(s, q, framed(q, 6, 'l'));
	assert_int_equal(receive_answer(s, 200), 6);
	close(s);
}

static void
half_closed(void **state)
{
	uint8_t q[128];
	size_t len = framed(q, 7, 'a');
	int s = connect_client();

	(void)state;
	len += framed(q + len, 8, 'a');
	send_all(s, q, len + 5); /* the last one is never finished */
	shutdown(s, SHUT_WR);
	assert_int_equal(receive_answer(s, 1), 7);
	assert_int_equal(receive_answer(s, 1), 8);
	assert_int_equal(receive_answer(s, 1), -1);
	close(s);
}

static void
what_is_no_question_ends_nothing(void **state)
{
	static const uint8_t junk[] = "\0\0" /* empty */
	                              "\0\3abc" /* no header */
	                              "\0\14\1\2\x80\0\0\0\0\0\0\0\0\0"; /* a response */
	uint8_t q[64];
	int s = connect_client();

	(void)state;
	send_all(s, junk, sizeof(junk) - 1);
	send_all(s, q, framed(q, 9, 'a'));
	assert_int_equal(receive_answer(s, 1), 9);
	close(s);
}

/* The longest request there is, full of nothing: FORMERR, and the next is answered. */
static void
the_longest_request(void **state)
{
	uint8_t *big = mem_array(2 + 65535, 1), q[64];
	int s = connect_client();

	(void)state;
	framed(big, 10, 'a');
	wire_put16(big, 65535);
	send_all(s, big, 2 + 65535);
	send_all(s, q, framed(q, 11, 'a'));
	assert_int_equal(receive_answer(s, 0), 10);
	assert_int_equal(receive_answer(s, 1), 11);
	close(s);
	mem_free(big);
}

/*
 * A client that writes and writes and does not read: is not read from any more when its
 * buffers are full; and gets all its answers once it reads.
 */
static void
a_slow_reader_gets_everything(void **state)
{
	int s = connect_client(), small = 4096, flags = fcntl(s, F_GETFL);
	uint16_t sent = 0, got = 0;
	size_t at = 0, len = 0;
	unsigned blocked = 0;
	uint8_t q[64];

	(void)state;
	setsockopt(s, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	fcntl(s, F_SETFL, flags | O_NONBLOCK);
	/* 3 KB of answer for 30 octets: at most 180 MB, if nobody stopped us */
	while (sent < 60000 && blocked < 200) {
		ssize_t n;

		if (at == len) {
			len = framed(q, sent++, 'l');
			at = 0;
		}
		n = send(s, q + at, len - at, MSG_NOSIGNAL);
		if (n > 0) {
			at += (size_t)n;
			blocked = 0;
		} else {
			assert_int_equal(errno, EAGAIN);
			blocked++;
			usleep(1000);
		}
	}
	assert_int_equal(blocked, 200);
	fcntl(s, F_SETFL, flags);
	/* the others do not notice */
	octet_by_octet(NULL);
	while (got + 1 < sent)
		assert_int_equal(receive_answer(s, 200), got++);
	send_all(s, q + at, len - at);
	assert_int_equal(receive_answer(s, 200), got);
	close(s);
}

static void
clients_that_vanish(void **state)
{
	struct linger hard = {.l_onoff = 1};
	uint8_t all[100 * 64];
	size_t len = 0;

	(void)state;
	for (uint16_t i = 0; i < 100; i++)
		len += framed(all + len, i, 'l');
	for (unsigned i = 0; i < 50; i++) {
		int s = connect_client();

		send_all(s, all, len - i); /* some within a request */
		setsockopt(s, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		close(s);
	}
	octet_by_octet(NULL);
}

static void
many_connections(void **state)
{
	int s[100];
	uint8_t q[64];

	(void)state;
	for (uint16_t i = 0; i < 100; i++) {
		s[i] = connect_client();
		send_all(s[i], q, framed(q, i, 'a'));
	}
	for (int i = 100; i-- > 0;)
		assert_int_equal(receive_answer(s[i], 1), i);
	for (unsigned i = 0; i < 100; i++)
		close(s[i]);
}

/* Without descriptors the listener waits, and takes up again by itself. */
static void
descriptors_run_out(void **state)
{
	struct rlimit limit, none;
	uint8_t q[64];
	int s, probe;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	s = socket(AF_INET, SOCK_STREAM, 0);
	probe = dup(s);
	close(probe);
	none = limit;
	none.rlim_cur = (rlim_t)probe; /* the next number is too high */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	{
		struct sockaddr_in sin = {.sin_family = AF_INET,
		    .sin_port = htons(port),
		    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		struct timeval patience = {.tv_sec = 10};

		setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		assert_int_equal(connect(s, (struct sockaddr *)&sin, sizeof(sin)), 0);
	}
	send_all(s, q, framed(q, 12, 'a'));
	usleep(50000); /* the listener meets the limit */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(receive_answer(s, 1), 12);
	close(s);
}

static void
an_address_that_is_taken(void **state)
{
	int s = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in sin = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sin);
	struct ip_port at;
	struct buf why = {0};
	struct tcp *t = NULL;

	(void)state;
	assert_int_equal(bind(s, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(listen(s, 1), 0);
	assert_int_equal(getsockname(s, (struct sockaddr *)&sin, &len), 0);
	at = at_text("127.0.0.1", ntohs(sin.sin_port));
	assert_int_equal(tcp_open(&at, 1, &maker_shared, &t, &why), ERR_IO);
	assert_non_null(strstr(buf_text(&why), "cannot bind TCP socket 127.0.0.1@"));
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
	    cmocka_unit_test(many_questions_in_one_write),
	    cmocka_unit_test(octet_by_octet),
	    cmocka_unit_test(a_large_answer_is_whole),
	    cmocka_unit_test(half_closed),
	    cmocka_unit_test(what_is_no_question_ends_nothing),
	    cmocka_unit_test(the_longest_request),
	    cmocka_unit_test(a_slow_reader_gets_everything),
	    cmocka_unit_test(clients_that_vanish),
	    cmocka_unit_test(many_connections),
	    cmocka_unit_test(descriptors_run_out),
	    cmocka_unit_test(an_address_that_is_taken),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
