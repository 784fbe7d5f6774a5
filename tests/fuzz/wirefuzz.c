/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sends packets, good and spoilt, to a running server, and judges all that it says.
 * Behind every few of them there is a question, the canary, whose answer has to come, and
 * has to be the same as in the beginning; so nothing is lost in a queue that is full, and
 * all that was sent is known to have been dealt with.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "dns/wire.h"
#include "packets.h"
#include "verdict.h"

enum {
	WINDOW =
	    64, /* packets before a canary; a socket's buffer takes as many answers */
	WINDOWS_PER_SOCKET = 64,
	PIPELINE = 24, /* messages of one connection */
	PATIENCE_MS = 20000,
	FAILURES_MAX = 10,
	STREAM_MAX = (PIPELINE + 1) * (2 + PACKET_MAX),
};

struct slot {
	struct packet packet;
	bool is_answered;
};

static struct sockaddr_in server;
static struct rng rng;
static struct rng cuts = {1}; /* apart: how many there are is a matter of timing */
static unsigned long seed;
static struct slot slots[PIPELINE > WINDOW ? PIPELINE : WINDOW];
static size_t slot_count;
static uint16_t first_id; /* of slots[0]; the canary's is the one before */
static uint8_t canary_answer[512];
static size_t canary_len;
static unsigned long sent, responses, canaries, failures;
static double slowest_ms;

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
print_hex(const char *what, const uint8_t *p, size_t len)
{
	printf("  %s (%zu):", what, len);
	for (size_t i = 0; i < len && i < 600; i++)
		printf("%s%02x", i % 32 == 0 ? "\n    " : "", p[i]);
	printf("\n");
}

static void
fail(const char *why, const struct slot *s, const uint8_t *response, size_t len)
{
	printf("WRONG: %s (seed %lu, packet %lu)\n", why, seed, sent);
	if (s != NULL)
		print_hex("request", s->packet.data, s->packet.len);
	if (response != NULL)
		print_hex("response", response, len);
	fflush(stdout);
	if (++failures == FAILURES_MAX)
		exit(1);
}

static size_t
make_canary(uint8_t *out, uint16_t id)
{
	static const uint8_t rest[] = "\0\0\0\1\0\0\0\0\0\0"
	                              "\6canary\7example\3com\0\0\1\0\1";

	wire_put16(out, id);
	memcpy(out + 2, rest, sizeof(rest) - 1);
	return 2 + sizeof(rest) - 1;
}

/* Fills the slots with packets that have IDs of their own. */
static void
make_slots(size_t count)
{
	first_id = (uint16_t)rng_next(&rng);
	slot_count = count;
	for (size_t i = 0; i < count; i++) {
		struct slot *s = &slots[i];

		packets_make(&rng, &s->packet);
		s->is_answered = false;
		if (s->packet.len >= 2)
			wire_put16(s->packet.data, (uint16_t)(first_id + i));
		if (s->packet.is_to_be_signed && s->packet.len >= DNS_HEADER_LEN)
			packets_sign(&s->packet);
	}
}

/* One zone makes many messages. */
static bool
is_transfer(const struct packet *p)
{
	size_t at = DNS_HEADER_LEN;

	while (at < p->len && p->data[at] != 0)
		at += 1u + p->data[at];
	return at + 3 <= p->len && p->data[at + 1] == 0 &&
	       (p->data[at + 2] == 251 || p->data[at + 2] == 252);
}

static void
check_canary(const uint8_t *r, size_t len, double begun_ms)
{
	double took_ms = now_ms() - begun_ms;

	canaries++;
	if (took_ms > slowest_ms)
		slowest_ms = took_ms;
	if (len != canary_len || memcmp(r + 2, canary_answer + 2, len - 2) != 0)
		fail("the canary's answer has changed", NULL, r, len);
}

/* A response to something in the slots; true: it is the canary's. */
static bool
check_response(const uint8_t *r, size_t len, bool over_udp, double begun_ms)
{
	uint16_t i = (uint16_t)((len >= 2 ? wire_get16(r) : 0) - first_id);
	const char *wrong;
	struct slot *s;

	if (i == UINT16_MAX) {
		check_canary(r, len, begun_ms);
		return true;
	}
	responses++;
	if (i >= slot_count) {
		fail("an ID that was not sent", NULL, r, len);
		return false;
	}
	s = &slots[i];
	wrong = verdict(s->packet.data, s->packet.len, r, len, over_udp);
	if (wrong == NULL && s->is_answered && (over_udp || !is_transfer(&s->packet)))
		wrong = "a second response";
	if (wrong != NULL)
		fail(wrong, s, r, len);
	s->is_answered = true;
	return false;
}

static void
check_all_answered(void)
{
	for (size_t i = 0; i < slot_count; i++)
		if (slots[i].packet.is_good && !slots[i].is_answered)
			fail("a good query without a response", &slots[i], NULL, 0);
}

static int
open_socket(int type)
{
	struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
	struct sockaddr_in from = {.sin_family = AF_INET};
	int s = socket(AF_INET, type, 0), size = 1 << 20;

	/* from here, there and elsewhere: steering has something to tell */
	from.sin_addr.s_addr = htonl(0x7f000001 + (rng_below(&rng, 4) << 16));
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(s, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (s < 0 || bind(s, (struct sockaddr *)&from, sizeof(from)) != 0 ||
	    connect(s, (struct sockaddr *)&server, sizeof(server)) != 0) {
		printf("WRONG: no connection: %s\n", strerror(errno));
		exit(1);
	}
	return s;
}

static void
udp_window(int s, size_t count)
{
	uint8_t q[64], r[65536];
	double begun_ms;
	ssize_t n;

	make_slots(count);
	for (size_t i = 0; i < count; i++) {
		(void)send(s, slots[i].packet.data, slots[i].packet.len, 0);
		sent++;
	}
	begun_ms = now_ms();
	(void)send(s, q, make_canary(q, (uint16_t)(first_id - 1)), 0);
	do {
		n = recv(s, r, sizeof(r), 0);
		if (n < 0) {
			fail("no answer to the canary", NULL, NULL, 0);
			exit(1);
		}
	} while (!check_response(r, (size_t)n, true, begun_ms));
	check_all_answered();
}

static void
run_udp(unsigned long count)
{
	int s = -1;

	for (unsigned long window = 0; sent < count; window++) {
		if (window % WINDOWS_PER_SOCKET == 0) {
			if (s >= 0)
				close(s);
			s = open_socket(SOCK_DGRAM);
		}
		udp_window(s, count - sent < WINDOW ? count - sent : WINDOW);
	}
	close(s);
}

/* How a connection is used. */
struct manner {
	bool lies; /* about a length: what comes after is anybody's guess */
	bool cuts; /* writes in pieces */
	bool vanishes; /* resets the connection instead of reading */
	bool half_closes;
};

/* What has come of a connection, until it is cut into messages. */
struct incoming {
	size_t len;
	bool is_over; /* the canary's answer has come */
	uint8_t data[2 * (2 + DNS_MESSAGE_MAX)];
};

static struct incoming incoming;

static size_t
write_stream(uint8_t *out, const struct manner *m)
{
	size_t len = 0;

	for (size_t i = 0; i < slot_count; i++) {
		const struct packet *p = &slots[i].packet;
		bool lie = m->lies && (i == slot_count / 2 || rng_one_in(&rng, 8));

		wire_put16(out + len, !lie ? (uint16_t)p->len
		                      : rng_one_in(&rng, 2)
		                          ? (uint16_t)rng_next(&rng)
		                          : (uint16_t)(p->len + rng_below(&rng, 9) - 4));
		memcpy(out + len + 2, p->data, p->len);
		len += 2 + p->len;
		sent++;
	}
	if (!m->lies) {
		size_t n = make_canary(out + len + 2, (uint16_t)(first_id - 1));

		wire_put16(out + len, (uint16_t)n);
		len += 2 + n;
	}
	return len;
}

static void
take_messages(const struct manner *m, double begun_ms)
{
	size_t at = 0, n;

	while (incoming.len - at >= 2 &&
	       incoming.len - at >= 2 + (n = wire_get16(incoming.data + at))) {
		const uint8_t *r = incoming.data + at + 2;
		const char *wrong;

		if (incoming.is_over) {
			fail("something after the last answer", NULL, r, n);
		} else if (m->lies) {
			responses++;
			wrong = verdict_form(r, n);
			if (wrong != NULL)
				fail(wrong, NULL, r, n);
		} else {
			incoming.is_over = check_response(r, n, false, begun_ms);
		}
		at += 2 + n;
	}
	memmove(incoming.data, incoming.data + at, incoming.len - at);
	incoming.len -= at;
}

/* Reads what is there. False at the end. */
static bool
take(int s, const struct manner *m, double begun_ms)
{
	ssize_t n = recv(s, incoming.data + incoming.len,
	    sizeof(incoming.data) - incoming.len, MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return true;
	if (n <= 0)
		return false;
	incoming.len += (size_t)n;
	take_messages(m, begun_ms);
	return true;
}

/* Writes and reads at the same time. False: the server has ended it. */
static bool
exchange(int s, const uint8_t *out, size_t len, const struct manner *m)
{
	bool wants_end = m->lies || m->half_closes, is_shut = false;
	double begun_ms = now_ms();
	size_t at = 0;

	while (!incoming.is_over || (m->half_closes && !is_shut) || wants_end) {
		struct pollfd p = {.fd = s, .events = POLLIN};
		size_t n = len - at;

		if (at < len)
			p.events |= POLLOUT;
		if (at == len && wants_end && !is_shut) {
			shutdown(s, SHUT_WR);
			is_shut = true;
		}
		if (poll(&p, 1, PATIENCE_MS) != 1) {
			fail("no answer on a connection", NULL, NULL, 0);
			exit(1);
		}
		if (p.revents & POLLOUT) {
			ssize_t took;

			if (m->cuts)
				n = 1 + rng_below(&cuts, n < 300 ? n : 300);
			took = send(s, out + at, n, MSG_NOSIGNAL | MSG_DONTWAIT);
			if (took < 0 && errno != EAGAIN)
				return false;
			at += took > 0 ? (size_t)took : 0;
		}
		if (p.revents & (POLLIN | POLLHUP | POLLERR) && !take(s, m, begun_ms))
			return incoming.is_over;
	}
	return true;
}

static void
tcp_connection(size_t count)
{
	static uint8_t out[STREAM_MAX];
	struct linger hard = {.l_onoff = 1};
	struct manner m = {
	    .lies = rng_one_in(&rng, 8),
	    .cuts = rng_one_in(&rng, 3),
	    .vanishes = rng_one_in(&rng, 16),
	    .half_closes = rng_one_in(&rng, 4),
	};
	int s = open_socket(SOCK_STREAM);
	size_t len;

	make_slots(count);
	len = write_stream(out, &m);
	incoming.len = 0;
	incoming.is_over = false;
	if (m.vanishes) {
		size_t cut = rng_below(&rng, len < 50 ? len : 50);

		(void)send(s, out, len - cut, MSG_NOSIGNAL | MSG_DONTWAIT);
		setsockopt(s, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	} else if (!exchange(s, out, len, &m) && !m.lies) {
		fail("the connection ended before all was answered", NULL, NULL, 0);
	} else if (!m.lies) {
		check_all_answered();
	}
	close(s);
}

static void
run_tcp(unsigned long count)
{
	while (sent < count) {
		size_t n = 1 + rng_below(&rng, PIPELINE);

		tcp_connection(count - sent < n ? count - sent : n);
	}
}

static void
learn_canary(void)
{
	int s = open_socket(SOCK_DGRAM);
	uint8_t q[64];
	ssize_t n;

	(void)send(s, q, make_canary(q, 1), 0);
	n = recv(s, canary_answer, sizeof(canary_answer), 0);
	close(s);
	if (n < DNS_HEADER_LEN || (canary_answer[3] & 15) != 0 ||
	    wire_get16(canary_answer + 6) != 1) {
		printf("WRONG: canary.example.com has no A record there\n");
		exit(1);
	}
	canary_len = (size_t)n;
}

static void
usage(void)
{
	fputs("usage: wirefuzz [-t] [-n COUNT] [-s SEED] ADDRESS PORT [CORPUS ...]\n"
	      "  -t        over TCP instead of UDP\n"
	      "  -n COUNT  packets to send, about (default 10000)\n"
	      "  -s SEED   the same packets for the same seed (default 1)\n"
	      "The server has to have an A record of canary.example.com;\n"
	      "tests/system/test_wire.py gives it that and all the rest.\n",
	    stderr);
	exit(2);
}

int
main(int argc, char **argv)
{
	unsigned long count = 10000;
	bool over_tcp = false;
	int c;

	seed = 1;
	while ((c = getopt(argc, argv, "tn:s:")) != -1)
		if (c == 't')
			over_tcp = true;
		else if (c == 'n')
			count = strtoul(optarg, NULL, 10);
		else if (c == 's')
			seed = strtoul(optarg, NULL, 10);
		else
			usage();
	server.sin_family = AF_INET;
	if (argc - optind < 2 || inet_pton(AF_INET, argv[optind], &server.sin_addr) != 1)
		usage();
	server.sin_port = htons((uint16_t)strtoul(argv[optind + 1], NULL, 10));
	for (int i = optind + 2; i < argc; i++)
		packets_load(argv[i]);
	rng.state = seed * 0x9e3779b97f4a7c15u | 1;
	learn_canary();
	if (over_tcp)
		run_tcp(count);
	else
		run_udp(count);
	printf("%s seed=%lu packets=%lu responses=%lu canaries=%lu slowest_canary=%.1fms "
	       "wrong=%lu\n",
	    over_tcp ? "tcp" : "udp", seed, sent, responses, canaries, slowest_ms,
	    failures);
	return failures != 0;
}
