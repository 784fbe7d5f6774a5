/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/connection.h"

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
	bool is_waiting; /* it is a part of the round */
};

void
connection_close(struct member *m, bool is_orderly)
{
	struct connection *c = LINK_OF(m, struct connection, member);
	struct linger none = {.l_onoff = 1};

	crowd_remove(&c->all->crowd, m);
	if (c->is_waiting)
		round_drop(&c->all->round, c);
	poller_forget(c->all->poller, c->fd);
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
on_ready(void *ctx, int fd, unsigned ready);
static void
on_wake(void *ctx);

/*
 * Reads on, or waits until the client takes more, or until the stream has more. False:
 * the kernel can not watch it.
 */
static bool
arrange(struct connection *c)
{
	bool must_wait =
	    c->pending_len == 0 && c->stream != NULL && c->stream->is_waiting;
	bool must_write = !must_wait && (c->pending_len != 0 || c->is_unfinished);
	unsigned events = must_wait ? 0 : must_write ? POLLER_WRITE : POLLER_READ;

	return poller_watch(c->all->poller, c->fd, events, on_ready, c) == OK;
}

/* Writes what was gathered; keeps what the client does not take. False: it is gone. */
static bool
flush(struct connection *c)
{
	const struct round *r = &c->all->round;
	size_t rest = r->out_len;
	ssize_t n;

	if (rest == 0)
		return true;
	n = send(c->fd, r->out, rest, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return false;
	if (n < 0)
		n = 0;
	rest -= (size_t)n;
	if (rest != 0) {
		c->pending = mem_dup(r->out + n, rest);
		c->pending_len = rest;
		c->taken = 0;
	}
	return true;
}

/* False: the stream broke off. */
static bool
run_stream(struct connection *c)
{
	struct round *r = &c->all->round;
	bool is_more = true, is_broken;
	size_t n;

	while (is_more && round_has_room(r)) {
		is_more = c->stream->next(c->stream, round_room(r), DNS_MESSAGE_MAX, &n);
		if (is_more)
			round_put(r, n);
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

	crowd_update(&c->all->crowd, &c->member, held, has_moved, c->all->round.now);
}

bool
connection_excuse(struct member *m)
{
	struct connection *c = LINK_OF(m, struct connection, member);

	if (c->pending_len != 0 || c->stream == NULL || !c->stream->is_waiting)
		return false;
	c->all->round.now = mono_now();
	update(c, true);
	return true;
}

/* The end of a turn: what was answered of its input is in the round's output. */
static void
on_answered(void *owner, const struct round_part *part)
{
	struct connection *c = owner;
	struct connections *all = c->all;
	bool is_alive = true, has_moved;
	size_t n;

	c->is_waiting = false;
	if (part->stream != NULL) {
		c->stream = part->stream;
		c->stream->wake = on_wake;
		c->stream->wake_ctx = c;
	}
	if (c->stream != NULL)
		is_alive = run_stream(c);
	has_moved = part->used != 0 || all->round.out_len != 0;
	/* what came before a stream broke off is sent: it is part of other answers */
	is_alive = flush(c) && is_alive;
	if (part->used != 0 || part->in != c->in)
		keep(c, part->in + part->used, part->len - part->used);
	c->is_unfinished = c->stream != NULL || round_has_request(c->in, c->in_len, &n);
	if (c->has_ended && c->pending_len == 0 && !c->is_unfinished)
		is_alive = false;
	if (is_alive && arrange(c))
		update(c, has_moved);
	else
		connection_close(&c->member, true);
	relieve(all);
}

/*
 * One turn, when nothing is pending, with len octets at `in`, which are c->in or belong
 * to the turn. c may be gone when this returns.
 */
static void
turn(struct connection *c, const uint8_t *in, size_t len)
{
	struct round *r = &c->all->round;

	if (c->stream == NULL) {
		c->is_waiting = true;
		round_add(r, c, &c->source, in, len);
		return;
	}
	/* nothing is answered before it has come to its end */
	round_add(r, c, &c->source, in, 0);
}

/* Where the next octets of c go, behind len that came before. */
static uint8_t *
input_room(struct connection *c, size_t *cap)
{
	struct connections *all = c->all;

	if (c->in == NULL) {
		if (INPUT_MAX - all->in_len < ROUND_MESSAGE_MAX)
			connections_answer(all);
		*cap = ROUND_MESSAGE_MAX;
		return all->in + all->in_len;
	}
	if (c->in_len == c->in_cap) {
		c->in_cap =
		    c->in_cap * 4 < ROUND_MESSAGE_MAX ? c->in_cap * 4 : ROUND_MESSAGE_MAX;
		c->in = mem_resize(c->in, c->in_cap, 1);
	}
	*cap = c->in_cap - c->in_len;
	return c->in + c->in_len;
}

/* False: nothing has come. Else c may be gone when this returns. */
static bool
take_input(struct connection *c)
{
	struct connections *all = c->all;
	size_t cap;
	uint8_t *room = input_room(c, &cap);
	ssize_t n = recv(c->fd, room, cap, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n < 0) {
		connection_close(&c->member, true);
		return true;
	}
	c->has_ended = n == 0;
	if (c->in != NULL) {
		c->in_len += (size_t)n;
		turn(c, c->in, c->in_len);
	} else {
		all->in_len += (size_t)n;
		turn(c, room, (size_t)n);
	}
	if (all->round.part_count == 0)
		all->in_len = 0;
	return true;
}

static void
give_output(struct connection *c)
{
	ssize_t n;

	if (c->pending_len == 0) {
		turn(c, c->in, c->in_len);
		return;
	}
	n = send(c->fd, c->pending + c->pending_at, c->pending_len - c->pending_at,
	    MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		connection_close(&c->member, true);
		return;
	}
	c->pending_at += (size_t)n;
	c->taken += (size_t)n;
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

static void
on_ready(void *ctx, int fd, unsigned ready)
{
	struct connection *c = ctx;

	(void)fd;
	c->all->round.now = poller_now(c->all->poller);
	if (ready & POLLER_READ)
		take_input(c);
	else
		give_output(c);
}

/* The stream has something, or will never have. */
static void
on_wake(void *ctx)
{
	struct connection *c = ctx;

	c->all->round.now = poller_now(c->all->poller);
	/* what is pending comes first: then the stream is asked anyway */
	if (c->pending_len == 0)
		turn(c, c->in, c->in_len);
}

void
connection_new(struct connections *all, int fd, const struct ip *source)
{
	struct connection *c = mem_new(sizeof(*c));

	c->all = all;
	c->fd = fd;
	c->source = *source;
	all->round.now = poller_now(all->poller);
	crowd_add(&all->crowd, &c->member, source, all->round.now);
	counter_add(all->counters, COUNT_TCP_CONNECTIONS, 1);
	/* the request is often here already; to be watched before that would be in vain
	 */
	if (!take_input(c) && !arrange(c))
		connection_close(&c->member, true);
}

void
connections_init(struct connections *all, struct poller *poller, size_t held_max)
{
	all->poller = poller;
	all->held_max = held_max;
	all->counters = all->round.counters;
	all->round.finish = on_answered;
	crowd_init(&all->crowd);
}

void
connections_fini(struct connections *all)
{
	crowd_fini(&all->crowd);
}

void
connections_answer(struct connections *all)
{
	round_finish(&all->round);
	all->in_len = 0;
}
