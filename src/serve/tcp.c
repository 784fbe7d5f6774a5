/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/tcp.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "serve/answer.h"
#include "serve/listen.h"

enum {
	CONNECTIONS_MAX = 4096,
	READ_MAX = 2 + DNS_MESSAGE_MAX, /* the longest request with its length */
	INPUT_START = 4096,
	OUTPUT_MAX =
	    4 * (2 + DNS_MESSAGE_MAX), /* what is gathered before it is written */
	HELD_MAX = 64 << 20, /* for input and answers of all connections */
	IDLE_MS = 20000, /* RFC 7766 6.2.3: a few seconds at least */
	SWEEP_MS = 1000,
	ACCEPT_BURST = 64, /* so that a flood of connections does not starve the others */
};

struct connection {
	struct connection *prev, *next; /* ring by last activity, oldest first */
	struct tcp *owner;
	struct loop_watch *reading, *writing;
	int fd;
	struct ip source;
	struct mono last; /* a complete request, or progress in writing */
	uint8_t *in;
	size_t in_len, in_cap;
	uint8_t *pending; /* what the client did not take yet */
	size_t pending_len, pending_at;
	bool ended; /* the client will send no more */
};

struct tcp {
	struct shared *shared;
	struct loop *loop;
	struct loop_timer *sweep;
	struct publish_reader *reader;
	pthread_t thread;
	bool running;
	size_t listener_count;
	int *fds;
	struct loop_watch **listeners;
	size_t connection_count;
	size_t held; /* octets of all connections' buffers */
	size_t held_max;
	int64_t idle_ms;
	struct connection ring;
	struct counters counters;
	struct answerer answerer;
	size_t out_len;
	uint8_t out[OUTPUT_MAX];
};

static void
connection_close(struct connection *c)
{
	struct tcp *t = c->owner;

	c->prev->next = c->next;
	c->next->prev = c->prev;
	t->held -= c->in_cap + c->pending_len;
	loop_watch_free(c->reading);
	loop_watch_free(c->writing);
	close(c->fd);
	mem_free(c->in);
	mem_free(c->pending);
	mem_free(c);
	t->connection_count--;
}

static void
touch(struct connection *c)
{
	struct connection *ring = &c->owner->ring;

	c->last = mono_now();
	c->prev->next = c->next;
	c->next->prev = c->prev;
	c->prev = ring->prev;
	c->next = ring;
	c->prev->next = c->next->prev = c;
}

static void
on_readable(void *ctx, int fd, unsigned ready);
static void
on_writable(void *ctx, int fd, unsigned ready);

/* Reads on, or waits until the client has taken what is pending. */
static void
arrange(struct connection *c)
{
	bool must_write = c->pending_len != 0;

	if (must_write && c->writing == NULL)
		c->writing =
		    loop_watch_new(c->owner->loop, c->fd, LOOP_WRITE, on_writable, c);
	if (must_write && c->reading != NULL) {
		loop_watch_free(c->reading);
		c->reading = NULL;
	}
	if (!must_write && c->writing != NULL) {
		loop_watch_free(c->writing);
		c->writing = NULL;
	}
	if (!must_write && c->reading == NULL)
		c->reading =
		    loop_watch_new(c->owner->loop, c->fd, LOOP_READ, on_readable, c);
}

/* Writes what was gathered; keeps what the client does not take. False: it is gone. */
static bool
flush(struct connection *c)
{
	struct tcp *t = c->owner;
	ssize_t n = 0;

	if (t->out_len == 0)
		return true;
	if (c->pending_len == 0)
		n = send(c->fd, t->out, t->out_len, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return false;
	if (n < 0)
		n = 0;
	if ((size_t)n < t->out_len) {
		size_t rest = t->out_len - (size_t)n;

		c->pending = mem_resize(c->pending, c->pending_len + rest, 1);
		memcpy(c->pending + c->pending_len, t->out + n, rest);
		c->pending_len += rest;
		t->held += rest;
	}
	t->out_len = 0;
	return true;
}

static void
answer_one(struct connection *c, const uint8_t *request, size_t len)
{
	struct tcp *t = c->owner;
	uint8_t *out = t->out + t->out_len;
	size_t n = answer(&t->answerer, request, len, &c->source, OVER_TCP, out + 2);

	if (n == 0)
		return;
	wire_put16(out, (uint16_t)n);
	t->out_len += 2 + n;
}

/* Takes the next complete request out of the input; false when there is none. */
static bool
next_request(const struct connection *c, size_t *at, const uint8_t **request, size_t *len)
{
	size_t left = c->in_len - *at;

	if (left < 2)
		return false;
	*len = wire_get16(c->in + *at);
	if (left < 2 + *len)
		return false;
	*request = c->in + *at + 2;
	*at += 2 + *len;
	return true;
}

/* Answers all complete requests of the input. False: the client is gone. */
static bool
serve(struct connection *c)
{
	struct tcp *t = c->owner;
	struct answerer *a = &t->answerer;
	const uint8_t *request;
	size_t len, at = 0;
	uint64_t count = 0;
	bool alive = true;

	publish_pin(&t->shared->domain, t->reader);
	a->world = publish_load(&t->shared->world);
	a->now = mono_now();
	a->stale_ttl = atomic_load_explicit(&t->shared->stale_ttl, memory_order_relaxed);
	while (alive && c->pending_len == 0 && next_request(c, &at, &request, &len)) {
		answer_one(c, request, len);
		count++;
		if (OUTPUT_MAX - t->out_len < 2 + DNS_MESSAGE_MAX)
			alive = flush(c);
	}
	publish_unpin(t->reader);
	if (alive)
		alive = flush(c);
	t->out_len = 0;
	if (count == 0)
		return alive;
	counter_add(&t->counters, COUNT_TCP_QUERIES, count);
	memmove(c->in, c->in + at, c->in_len - at);
	c->in_len -= at;
	touch(c);
	return alive;
}

/*
 * Clients that ask much and read little, or begin long requests, could make us hold a
 * quarter of a megabyte each. When that is too much in all, those of them go that have
 * got nowhere for longest; who holds nothing beyond his due stays.
 */
static void
relieve(struct tcp *t)
{
	struct connection *c = t->ring.next, *next;

	for (; t->held > t->held_max && c != &t->ring; c = next) {
		next = c->next;
		if (c->in_cap > INPUT_START || c->pending_len != 0)
			connection_close(c);
	}
}

/* c may be gone when this returns. */
static void
serve_or_close(struct connection *c)
{
	struct tcp *t = c->owner;

	if (!serve(c) || (c->ended && c->pending_len == 0))
		connection_close(c);
	else
		arrange(c);
	relieve(t);
}

static void
on_readable(void *ctx, int fd, unsigned ready)
{
	struct connection *c = ctx;
	ssize_t n;

	(void)ready;
	if (c->in_len == c->in_cap && c->in_cap < READ_MAX) {
		size_t cap = c->in_cap * 4 < READ_MAX ? c->in_cap * 4 : READ_MAX;

		c->in = mem_resize(c->in, cap, 1);
		c->owner->held += cap - c->in_cap;
		c->in_cap = cap;
	}
	n = recv(fd, c->in + c->in_len, c->in_cap - c->in_len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		connection_close(c);
		return;
	}
	c->ended = n == 0;
	c->in_len += (size_t)n;
	serve_or_close(c);
}

static void
on_writable(void *ctx, int fd, unsigned ready)
{
	struct connection *c = ctx;
	ssize_t n = send(
	    fd, c->pending + c->pending_at, c->pending_len - c->pending_at, MSG_NOSIGNAL);

	(void)ready;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		connection_close(c);
		return;
	}
	touch(c);
	c->pending_at += (size_t)n;
	if (c->pending_at < c->pending_len)
		return;
	mem_free(c->pending);
	c->owner->held -= c->pending_len;
	c->pending = NULL;
	c->pending_len = c->pending_at = 0;
	/* requests that had come before we stopped reading */
	serve_or_close(c);
}

/* True when a connection that has been idle longest was closed. */
static bool
make_room(struct tcp *t)
{
	if (t->ring.next == &t->ring)
		return false;
	connection_close(t->ring.next);
	return true;
}

static void
on_acceptable(void *ctx, int fd, unsigned ready);

/* Listens, or does not until the next sweep: a listener that can not be served would
 * wake us without end. */
static void
set_listening(struct tcp *t, bool on)
{
	for (size_t i = 0; i < t->listener_count; i++) {
		if (on && t->listeners[i] == NULL)
			t->listeners[i] = loop_watch_new(
			    t->loop, t->fds[i], LOOP_READ, on_acceptable, t);
		if (!on) {
			loop_watch_free(t->listeners[i]);
			t->listeners[i] = NULL;
		}
	}
}

/* No descriptor or memory for another connection. */
static bool
is_exhausted(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void
add_connection(struct tcp *t, int fd, const struct sockaddr_storage *peer)
{
	struct connection *c = mem_new(sizeof(*c));

	c->owner = t;
	c->fd = fd;
	listen_peer(peer, &c->source);
	c->in_cap = INPUT_START;
	c->in = mem_array(c->in_cap, 1);
	t->held += c->in_cap;
	c->prev = c->next = c;
	touch(c);
	t->connection_count++;
	counter_add(&t->counters, COUNT_TCP_CONNECTIONS, 1);
	/* the request is mostly here already (TCP_DEFER_ACCEPT) */
	arrange(c);
	on_readable(c, fd, LOOP_READ);
}

static void
on_acceptable(void *ctx, int fd, unsigned ready)
{
	struct tcp *t = ctx;

	(void)ready;
	for (unsigned i = 0; i < ACCEPT_BURST; i++) {
		struct sockaddr_storage peer;
		socklen_t len = sizeof(peer);
		int s = accept4(
		    fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (s < 0) {
			if (is_exhausted(errno) && !make_room(t))
				set_listening(t, false);
			return;
		}
		if (t->connection_count >= CONNECTIONS_MAX)
			make_room(t);
		add_connection(t, s, &peer);
	}
}

static void
on_sweep(void *ctx)
{
	struct tcp *t = ctx;
	struct mono now = mono_now();

	while (t->ring.next != &t->ring &&
	       mono_diff_ms(now, t->ring.next->last) > t->idle_ms)
		connection_close(t->ring.next);
	set_listening(t, true);
	loop_timer_set_ms(t->sweep, SWEEP_MS);
}

static void *
run(void *ctx)
{
	struct tcp *t = ctx;

	loop_run(t->loop);
	return NULL;
}

enum err
tcp_open(const struct ip_port *at, size_t count, struct shared *shared, struct tcp **out,
    struct buf *why)
{
	struct tcp *t = aligned_alloc(64, (sizeof(*t) + 63) / 64 * 64);
	enum err e = OK;

	if (t == NULL)
		return ERR_SPACE;
	memset(t, 0, sizeof(*t));
	t->shared = shared;
	t->idle_ms = IDLE_MS;
	t->held_max = HELD_MAX;
	t->ring.prev = t->ring.next = &t->ring;
	t->answerer.counters = &t->counters;
	t->answerer.random = hash_mix((uint64_t)mono_now().ms, (uintptr_t)t) | 1;
	t->fds = mem_array(count, sizeof(*t->fds));
	t->listeners = mem_array(count, sizeof(struct loop_watch *));
	if (publish_join(&shared->domain, &t->reader) != OK || loop_new(&t->loop) != OK) {
		buf_str(why, "no room for a TCP worker");
		e = ERR_SPACE;
	}
	for (size_t i = 0; e == OK && i < count; i++) {
		e = listen_open(LISTEN_TCP, &at[i], &t->fds[i], why);
		if (e == OK)
			t->listener_count++;
	}
	if (e != OK) {
		tcp_free(t);
		return e;
	}
	*out = t;
	return OK;
}

void
tcp_set_idle_ms(struct tcp *t, int64_t ms)
{
	t->idle_ms = ms;
}

void
tcp_set_held_max(struct tcp *t, size_t octets)
{
	t->held_max = octets;
}

void
tcp_start(struct tcp *t)
{
	set_listening(t, true);
	t->sweep = loop_timer_new(t->loop, on_sweep, t);
	loop_timer_set_ms(t->sweep, SWEEP_MS);
	t->running = pthread_create(&t->thread, NULL, run, t) == 0;
	if (!t->running)
		log_error("cannot start a TCP worker");
}

void
tcp_free(struct tcp *t)
{
	if (t == NULL)
		return;
	if (t->running) {
		loop_stop(t->loop);
		pthread_join(t->thread, NULL);
	}
	while (t->ring.next != &t->ring)
		connection_close(t->ring.next);
	assert(t->held == 0);
	for (size_t i = 0; i < t->listener_count; i++) {
		loop_watch_free(t->listeners[i]);
		close(t->fds[i]);
	}
	loop_timer_free(t->sweep);
	loop_free(t->loop);
	mem_free(t->listeners);
	mem_free(t->fds);
	free(t);
}

const struct counters *
tcp_counters(const struct tcp *t)
{
	return &t->counters;
}
