/* SPDX-License-Identifier: BSD-2-Clause */
/* A client over TCP, for tests of the server's side. */
#ifndef TCP_CLIENT_H
#define TCP_CLIENT_H

#include <errno.h>
#include <poll.h>

#include "serve_make.h"

static inline size_t
framed(uint8_t *out, uint16_t id, char name)
{
	size_t n = question(out + 2, id, name);

	wire_put16(out, (uint16_t)n);
	return n + 2;
}

static inline void
send_all(int s, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len != 0) {
		ssize_t n = send(s, p, len, MSG_NOSIGNAL);

		assert_true(n > 0);
		p += n;
		len -= (size_t)n;
	}
}

/* What a recv() of all would return, but waits anew for each part. */
static inline ssize_t
receive_all(int s, uint8_t *to, size_t len)
{
	size_t have = 0;

	while (have < len) {
		ssize_t n = recv(s, to + have, len - have, 0);

		if (n <= 0)
			return have != 0 ? (ssize_t)have : n;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

/* One message; returns its id, -1 at the end of the connection. */
static inline int
receive_answer(int s, uint16_t count)
{
	static uint8_t r[65536];
	ssize_t n = receive_all(s, r, 2);

	if (n <= 0)
		return n == 0 || errno == ECONNRESET ? -1 : -2;
	assert_int_equal(n, 2);
	n = wire_get16(r);
	assert_int_equal(receive_all(s, r, (size_t)n), n);
	assert_int_equal(wire_get16(r + 6), count);
	return wire_get16(r);
}

/* Has the server closed it? What was not read by then makes that a reset. */
static inline bool
is_closed_by_server(int s)
{
	struct pollfd p = {.fd = s, .events = POLLRDHUP};

	return poll(&p, 1, 5000) == 1;
}

#endif
