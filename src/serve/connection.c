/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/connection.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

enum {
	KEPT_START = 512, /* for a request of which a part has come */
	STREAM_HELD = 1 << 16, /* what a stream is taken to hold */
	TAKEN_MIN = 1 << 14, /* of answers, to count as reading them */
};

struct connection {
	struct member member;
	struct connections *all;
	struct loop_watch *reading, *writing;
	int fd;
	struct ip source;
	uint8_t *in; /* what came and was not answered yet */
	size_t in_len, in_cap;
	uint8_t *pending; /* what the client did not take yet */
	size_t pending_len, pending_at;
	size_t taken; /* of pending, since it last counted */
	struct stream *stream; /* the response that is being made, or NULL */
	bool is_unfinished; /* there is a request to answer, or a stream, in the next turn
	                     */
	bool has_ended; /* the client will send no more */
};

void
connection_close(struct member *m, bool is_orderly)
{
	struct connection *c = LINK_OF(m, struct connection, member);
	struct linger none = {.l_onoff = 1};

	crowd_remove(&c->all->crowd, m);
	loop_watch_free(c->reading);
	loop_watch_free(c->writing);
	if (!is_orderly)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(c->fd);
	if (c->stream != NULL)
		c->stream->free(c->stream);
	mem_free(c->in);
	mem_free(c->pending);
	mem_free(c);
}

static void
on_readable(void *ctx, int fd, unsigned ready);
static void
on_writable(void *ctx, int fd, unsigned ready);
static void
on_wake(void *ctx);

/* Reads on, or waits until the client takes more, or until the stream has more. */
static void
arrange(struct connection *c)
{
	bool must_wait =
	    c->pending_len == 0 && c->stream != NULL && c->stream->is_waiting;
	bool must_write = !must_wait && (c->pending_len != 0 || c->is_unfinished);

	if (must_write && c->writing == NULL)
		c->writing =
		    loop_watch_new(c->all->loop, c->fd, LOOP_WRITE, on_writable, c);
	if ((must_write || must_wait) && c->reading != NULL) {
		loop_watch_free(c->reading);
		c->reading = NULL;
	}
	if (!must_write && c->writing != NULL) {
		loop_watch_free(c->writing);
		c->writing = NULL;
	}
	if (!must_write && !must_wait && c->reading == NULL)
		c->reading =
		    loop_watch_new(c->all->loop, c->fd, LOOP_READ, on_readable, c);
}

/* Writes what was gathered; keeps what the client does not take. False: it is gone. */
static bool
flush(struct connection *c)
{
	struct connections *all = c->all;
	size_t rest = all->out_len;
	ssize_t n;

	all->out_len = 0;
	if (rest == 0)
		return true;
	n = send(c->fd, all->out, rest, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return false;
	if (n < 0)
		n = 0;
	rest -= (size_t)n;
	if (rest != 0) {
		c->pending = mem_dup(all->out + n, rest);
		c->pending_len = rest;
		c->taken = 0;
	}
	return true;
}

/* Is there room for a message of any length? */
static bool
has_room(const struct connections *all)
{
	return OUTPUT_MAX - all->out_len >= 2 + DNS_MESSAGE_MAX;
}

static void
end_message(struct connections *all, size_t len)
{
	wire_put16(all->out + all->out_len, (uint16_t)len);
	all->out_len += 2 + len;
}

static void
answer_one(struct connection *c, const uint8_t *request, size_t len)
{
	struct connections *all = c->all;
	struct answerer *a = &all->answerer;
	size_t n;

	a->stream = NULL;
	n = answer(a, request, len, &c->source, OVER_TCP, all->out + all->out_len + 2);
	c->stream = a->stream;
	a->stream = NULL;
	assert(c->stream == NULL || n == 0);
	if (c->stream != NULL) {
		c->stream->wake = on_wake;
		c->stream->wake_ctx = c;
	}
	if (n != 0)
		end_message(all, n);
}

/* Finds the complete request at the beginning; false when there is none. */
static bool
has_request(const uint8_t *in, size_t len, size_t *request_len)
{
	if (len < 2)
		return false;
	*request_len = wire_get16(in);
	return len >= 2 + *request_len;
}

/* Answers requests until there is enough for this turn; returns what was used of them. */
static size_t
answer_requests(struct connection *c, const uint8_t *in, size_t len)
{
	struct connections *all = c->all;
	struct answerer *a = &all->answerer;
	size_t n, at = 0;
	uint64_t count = 0;

	publish_pin(&all->shared->domain, all->reader);
	a->world = publish_load(&all->shared->world);
	a->now = all->now;
	a->wall_s = wall_now_s();
	a->stale_ttl =
	    atomic_load_explicit(&all->shared->stale_ttl, memory_order_relaxed);
	a->shed = atomic_load_explicit(&all->shared->overloaded, memory_order_relaxed);
	while (c->stream == NULL && has_room(all) && has_request(in + at, len - at, &n)) {
		answer_one(c, in + at + 2, n);
		at += 2 + n;
		count++;
	}
	publish_unpin(all->reader);
	counter_add(all->counters, COUNT_TCP_QUERIES, count);
	return at;
}

/* False: the stream broke off. */
static bool
run_stream(struct connection *c)
{
	struct connections *all = c->all;
	bool is_more = true, is_broken;
	size_t n;

	while (is_more && has_room(all)) {
		is_more = c->stream->next(
		    c->stream, all->out + all->out_len + 2, DNS_MESSAGE_MAX, &n);
		if (is_more)
			end_message(all, n);
	}
	if (is_more || c->stream->is_waiting)
		return true;
	is_broken = c->stream->broken;
	c->stream->free(c->stream);
	c->stream = NULL;
	return !is_broken;
}

/* Keeps what was not answered: it is c->in itself or the common buffer. */
static void
keep(struct connection *c, const uint8_t *rest, size_t len)
{
	if (len == 0) {
		mem_free(c->in);
		c->in = NULL;
		c->in_cap = 0;
	} else if (c->in != NULL) {
		memmove(c->in, rest, len);
	} else {
		c->in_cap = len < KEPT_START ? KEPT_START : len;
		c->in = mem_resize(NULL, c->in_cap, 1);
		memcpy(c->in, rest, len);
	}
	c->in_len = len;
}

/*
 * Clients that ask much and read little, or begin long requests, could make us hold a
 * quarter of a megabyte each. When that is too much in all, those of them go that have
 * got nowhere for longest; who holds nothing stays.
 */
static void
relieve(struct connections *all)
{
	while (all->crowd.held > all->held_max) {
		counter_add(all->counters, COUNT_TCP_LIMIT_MEMORY, 1);
		connection_close(crowd_stuck(&all->crowd), false);
	}
}

static void
update(struct connection *c, bool has_moved)
{
	size_t held = c->in_cap + c->pending_len + (c->stream != NULL ? STREAM_HELD : 0);

	crowd_update(&c->all->crowd, &c->member, held, has_moved, c->all->now);
}

bool
connection_excuse(struct member *m)
{
	struct connection *c = LINK_OF(m, struct connection, member);

	if (c->pending_len != 0 || c->stream == NULL || !c->stream->is_waiting)
		return false;
	c->all->now = mono_now();
	update(c, true);
	return true;
}

/* One turn, when nothing is pending. c may be gone when this returns. */
static void
turn(struct connection *c, const uint8_t *in, size_t len)
{
	struct connections *all = c->all;
	size_t used = 0, n;
	bool is_alive = true, has_moved;

	all->now = mono_now();
	if (c->stream == NULL && len != 0)
		used = answer_requests(c, in, len);
	if (c->stream != NULL)
		is_alive = run_stream(c);
	has_moved = used != 0 || all->out_len != 0;
	/* what came before a stream broke off is sent: it is part of other answers */
	is_alive = flush(c) && is_alive;
	if (used != 0 || in != c->in)
		keep(c, in + used, len - used);
	c->is_unfinished = c->stream != NULL || has_request(c->in, c->in_len, &n);
	if (!is_alive || (c->has_ended && c->pending_len == 0 && !c->is_unfinished)) {
		connection_close(&c->member, true);
	} else {
		arrange(c);
		update(c, has_moved);
	}
	relieve(all);
}

/* The stream has something, or will never have. */
static void
on_wake(void *ctx)
{
	struct connection *c = ctx;

	/* what is pending comes first: then the stream is asked anyway */
	if (c->pending_len == 0)
		turn(c, c->in, c->in_len);
}

static void
on_readable(void *ctx, int fd, unsigned ready)
{
	struct connection *c = ctx;
	uint8_t *in = c->all->in;
	size_t cap = REQUEST_MAX, len = 0;
	ssize_t n;

	(void)ready;
	if (c->in != NULL) {
		if (c->in_len == c->in_cap) {
			c->in_cap =
			    c->in_cap * 4 < REQUEST_MAX ? c->in_cap * 4 : REQUEST_MAX;
			c->in = mem_resize(c->in, c->in_cap, 1);
		}
		in = c->in;
		cap = c->in_cap;
		len = c->in_len;
	}
	n = recv(fd, in + len, cap - len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		connection_close(&c->member, true);
		return;
	}
	c->has_ended = n == 0;
	len += (size_t)n;
	if (c->in != NULL)
		c->in_len = len;
	turn(c, in, len);
}

static void
on_writable(void *ctx, int fd, unsigned ready)
{
	struct connection *c = ctx;
	ssize_t n;

	(void)ready;
	if (c->pending_len == 0) {
		turn(c, c->in, c->in_len);
		return;
	}
	n = send(
	    fd, c->pending + c->pending_at, c->pending_len - c->pending_at, MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		connection_close(&c->member, true);
		return;
	}
	c->pending_at += (size_t)n;
	c->taken += (size_t)n;
	c->all->now = mono_now();
	if (c->pending_at < c->pending_len) {
		/* who takes a few octets now and then holds the rest for ever */
		bool has_moved = c->taken >= TAKEN_MIN;

		c->taken = has_moved ? 0 : c->taken;
		update(c, has_moved);
		return;
	}
	mem_free(c->pending);
	c->pending = NULL;
	c->pending_len = c->pending_at = 0;
	update(c, true);
	/* requests that had come before we stopped reading, or more of the stream */
	turn(c, c->in, c->in_len);
}

void
connection_new(struct connections *all, int fd, const struct ip *source)
{
	struct connection *c = mem_new(sizeof(*c));

	c->all = all;
	c->fd = fd;
	c->source = *source;
	crowd_add(&all->crowd, &c->member, source, mono_now());
	counter_add(all->counters, COUNT_TCP_CONNECTIONS, 1);
	/* the request is often here already */
	arrange(c);
	on_readable(c, fd, LOOP_READ);
}
