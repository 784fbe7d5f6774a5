/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "serve/udp.h"
#include "serve_make.h"

static struct maker maker;

static struct udp *
open_udp(const char *address, uint16_t port)
{
	struct ip_port at = at_text(address, port);
	struct buf why = {0};
	struct udp *u = NULL;
	enum err e = udp_open(&at, &maker_shared, &u, &why);

	if (e != OK)
		print_message("%s\n", buf_text(&why));
	buf_fini(&why);
	assert_int_equal(e, OK);
	return u;
}

static void
stop(struct udp *u)
{
	atomic_store(&maker_shared.stop, true);
	udp_free(u);
	atomic_store(&maker_shared.stop, false);
}

static void
send_question(int s, uint16_t id)
{
	uint8_t q[64];
	size_t n = question(q, id, 'a');

	assert_int_equal(send(s, q, n, 0), n);
}

static uint16_t
receive_answer(int s)
{
	uint8_t r[2048];
	ssize_t n = recv(s, r, sizeof(r), 0);

	assert_int_equal(n, ANSWER_LEN - 2);
	assert_int_equal(wire_get16(r + 2), FLAG_QR | FLAG_AA);
	assert_int_equal(wire_get16(r + 6), 1);
	return wire_get16(r);
}

/* More than two batches are there when the worker begins. */
static void
batches_are_answered_to_the_last(void **state)
{
	uint16_t port = free_port();
	struct udp *u = open_udp("127.0.0.1", port);
	int s = client(SOCK_DGRAM, "127.0.0.1", port);
	uint8_t seen[100] = {0};

	(void)state;
	for (uint16_t i = 0; i < 100; i++)
		send_question(s, i);
	udp_start(u);
	for (unsigned i = 0; i < 100; i++) {
		uint16_t id = receive_answer(s);

		assert_true(id < 100);
		seen[id]++;
	}
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(seen[i], 1);
	close(s);
	stop(u);
}

static void
what_is_no_question_is_counted(void **state)
{
	uint16_t port = free_port();
	struct udp *u = open_udp("127.0.0.1", port);
	int s = client(SOCK_DGRAM, "127.0.0.1", port);
	uint8_t big[5000] = {0}, r[2048];

	(void)state;
	udp_start(u);
	send(s, "", 0, 0);
	send(s, "short", 5, 0);
	send(s, "\1\2\x80\0\0\1\0\0\0\0\0\0", 12, 0); /* a response */
	question(big, 7, 'a');
	send(s, big, sizeof(big), 0); /* is cut: FORMERR */
	assert_true(recv(s, r, sizeof(r), 0) >= 12);
	assert_int_equal(r[3] & 15, RCODE_FORMERR);
	send_question(s, 8);
	assert_int_equal(receive_answer(s), 8);
	close(s);
	atomic_store(&maker_shared.stop, true);
	/* the worker writes its counters before it sends */
	assert_int_equal(counter_get(udp_counters(u), COUNT_UDP_QUERIES), 5);
	assert_int_equal(counter_get(udp_counters(u), COUNT_DROPPED), 3);
	assert_int_equal(counter_get(udp_counters(u), COUNT_FORMERR), 1);
	assert_int_equal(counter_get(udp_counters(u), COUNT_NOERROR), 1);
	assert_int_equal(counter_get(udp_counters(u), COUNT_UDP_SEND_ERRORS), 0);
	stop(u);
}

/* A connected client takes only what comes from where it asked. */
static void
a_wildcard_answers_from_where_it_was_asked(void **state)
{
	static const char *const asked[] = {"127.0.0.1", "127.0.0.2", "127.1.2.3"};
	uint16_t port = free_port();
	struct udp *u = open_udp("0.0.0.0", port);

	(void)state;
	udp_start(u);
	for (size_t i = 0; i < COUNT(asked); i++) {
		int s = client(SOCK_DGRAM, asked[i], port);

		send_question(s, (uint16_t)i);
		assert_int_equal(receive_answer(s), i);
		close(s);
	}
	stop(u);
}

static void
ipv6(void **state)
{
	static const char *const listening[] = {"::1", "::"};

	(void)state;
	for (size_t i = 0; i < COUNT(listening); i++) {
		uint16_t port = free_port();
		struct udp *u = open_udp(listening[i], port);
		int s = client(SOCK_DGRAM, "::1", port);

		udp_start(u);
		send_question(s, 9);
		assert_int_equal(receive_answer(s), 9);
		close(s);
		stop(u);
	}
}

/* Two workers at one address share what comes. */
static void
workers_share_an_address(void **state)
{
	uint16_t port = free_port();
	struct udp *a = open_udp("127.0.0.1", port), *b = open_udp("127.0.0.1", port);
	uint64_t total;

	(void)state;
	udp_start(a);
	udp_start(b);
	for (uint16_t i = 0; i < 20; i++) {
		int s = client(SOCK_DGRAM, "127.0.0.1", port);

		send_question(s, i);
		assert_int_equal(receive_answer(s), i);
		close(s);
	}
	total = counter_get(udp_counters(a), COUNT_UDP_QUERIES) +
	        counter_get(udp_counters(b), COUNT_UDP_QUERIES);
	assert_int_equal(total, 20);
	atomic_store(&maker_shared.stop, true);
	udp_free(a);
	stop(b);
}

/* What found no room is the kernel's to say; more room takes more. */
static void
what_finds_no_room_is_counted(void **state)
{
	uint16_t port = free_port();
	struct udp *u = open_udp("127.0.0.1", port);
	int s = client(SOCK_DGRAM, "127.0.0.1", port);
	struct udp_load load;
	uint32_t dropped;

	(void)state;
	udp_set_queue(u, 100000);
	for (uint16_t i = 0; i < 1000; i++)
		send_question(s, i);
	udp_get_load(u, &load);
	/* each takes more than 256 octets there, and fewer than 4,096 */
	assert_in_range(load.dropped, 600, 980);
	assert_int_equal(load.received, 0);
	dropped = load.dropped;
	udp_set_queue(u, 200000);
	for (uint16_t i = 0; i < 1000; i++)
		send_question(s, i);
	udp_get_load(u, &load);
	assert_true(load.dropped - dropped > 500 && load.dropped - dropped < 1000);
	udp_start(u);
	for (unsigned i = 0; i < 2000 - load.dropped; i++)
		receive_answer(s);
	atomic_store(&maker_shared.stop, true);
	dropped = load.dropped;
	udp_get_load(u, &load);
	assert_int_equal(load.dropped, dropped);
	assert_int_equal(load.received, 2000 - dropped);
	/* all but what was too few for a batch */
	assert_true(load.in_full != 0 && load.in_full <= load.received);
	assert_true(load.received - load.in_full < 64);
	close(s);
	stop(u);
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
	    cmocka_unit_test(batches_are_answered_to_the_last),
	    cmocka_unit_test(what_is_no_question_is_counted),
	    cmocka_unit_test(a_wildcard_answers_from_where_it_was_asked),
	    cmocka_unit_test(ipv6),
	    cmocka_unit_test(workers_share_an_address),
	    cmocka_unit_test(what_finds_no_room_is_counted),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
