/* SPDX-License-Identifier: BSD-2-Clause */
/* A small world for tests of sockets, and the other end of them. */
#ifndef SERVE_MAKE_H
#define SERVE_MAKE_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "dns/wire.h"
#include "world_make.h"

enum { ANSWER_LEN = 12 + 15 + 4 + 16 }; /* of a question for a.test.test */

static inline void
serve_config(const struct maker *m, const char *limits)
{
	char *text = mem_printf("server: {state_dir: state%s}\nzones:\n"
	                        "  - {domain: test.test, file: test.zone}\n",
	    limits);

	maker_file(m, "sextant.yaml", text);
	mem_free(text);
}

/* As a reload does; limits: ", tcp_idle: 1s". */
static inline void
serve_limits(struct maker *m, const char *limits)
{
	serve_config(m, limits);
	maker_install(m, PARTS_RELOAD);
}

static inline void
serve_world(struct maker *m)
{
	struct buf zone = {0};

	maker_open(m);
	serve_config(m, "");
	buf_str(&zone, "$TTL 60\n@ SOA a a 1 1h 10m 2w 60\n@ NS a\na A 192.0.2.1\n");
	for (unsigned i = 0; i < 200; i++)
		buf_printf(&zone, "l A 192.0.2.%u\n", i);
	maker_file(m, "test.zone", buf_text(&zone));
	buf_fini(&zone);
	maker_install(m, PARTS_START);
}

/* A port that is free on 127.0.0.1 for both transports. */
static inline uint16_t
free_port(void)
{
	for (;;) {
		struct sockaddr_in sin = {
		    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		socklen_t len = sizeof(sin);
		int u = socket(AF_INET, SOCK_DGRAM, 0),
		    t = socket(AF_INET, SOCK_STREAM, 0);
		bool ok = bind(u, (struct sockaddr *)&sin, len) == 0 &&
		          getsockname(u, (struct sockaddr *)&sin, &len) == 0 &&
		          bind(t, (struct sockaddr *)&sin, len) == 0;

		close(u);
		close(t);
		if (ok)
			return ntohs(sin.sin_port);
	}
}

static inline struct ip_port
at_text(const char *address, uint16_t port)
{
	struct ip_port at = {.port = port};

	assert_int_equal(ip_parse(address, strlen(address), &at.ip), OK);
	return at;
}

/* A client's socket, connected; gives up waiting after five seconds. */
static inline int
client(int type, const char *address, uint16_t port)
{
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct timeval patience = {.tv_sec = 5};
	bool is_4 = inet_pton(AF_INET, address, &sin.sin_addr) == 1;
	int s = socket(is_4 ? AF_INET : AF_INET6, type, 0);

	assert_true(s >= 0);
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (is_4) {
		assert_int_equal(connect(s, (struct sockaddr *)&sin, sizeof(sin)), 0);
	} else {
		assert_int_equal(inet_pton(AF_INET6, address, &sin6.sin6_addr), 1);
		assert_int_equal(connect(s, (struct sockaddr *)&sin6, sizeof(sin6)), 0);
	}
	return s;
}

/* A question for a.test.test A or l.test.test A; returns its length. */
static inline size_t
question(uint8_t *out, uint16_t id, char name)
{
	static const uint8_t rest[] = "\1a\4test\4test\0\0\1\0\1";

	memset(out, 0, 12);
	wire_put16(out, id);
	out[5] = 1;
	memcpy(out + 12, rest, sizeof(rest) - 1);
	out[13] = (uint8_t)name;
	return 12 + sizeof(rest) - 1;
}

#endif
