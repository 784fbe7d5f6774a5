/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/socket.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "control/line.h"
#include "control/listener.h"
#include "control/peer.h"

#define READ_CHUNK ((size_t)16 << 10)
#define IN_HIGH (LINE_MAX_LEN + 2) /* with "\r\n"; above: not read from */
#define OUT_HIGH ((size_t)256 << 10) /* above: no further request is begun */
#define TURN_REQUESTS 16 /* then the loop's other work gets its turn */
#define ACCEPT_PAUSE_MS 1000 /* after running out of descriptors */
#define STREAM_LOOK_MS 1000 /* is there still somebody whom a verb tells? */

struct client {
	struct socket *server;
	struct client *next, *prev;
	int fd;
	struct peer peer;
	bool may_write;
	bool eof; /* it sends no more, but may still read */
	bool broken; /* it is gone */
	bool skipping; /* in a line that is too long */
	bool skipped_json;
	bool in_turn;
	struct request *running;
	struct loop_watch *read_watch;
	struct loop_watch *write_watch;
	struct loop_timer *idle;
	struct loop_timer *again; /* goes on with requests after a pause */
	struct buf in;
	size_t in_at; /* octets of in that are done with */
	struct buf out;
	size_t out_at;
};

struct socket {
	struct loop *loop;
	struct listener listener;
	struct loop_watch *accept_watch;
	struct loop_timer *accept_again;
	struct client *clients;
	unsigned client_count;
	char *admin_group;
	const struct verb *verbs;
	void *ctx;
	int64_t idle_ms;
};

static void
client_turn(struct client *c);

static void
on_writable(void *ctx, int fd, unsigned ready);

static size_t
out_pending(const struct client *c)
{
	return c->out.len - c->out_at;
}

/* Forgets the octets that are done with, once they are the greater part. */
static void
drop_front(struct buf *b, size_t *at)
{
	size_t left = b->len - *at;

	if (*at == 0 || *at < left)
		return;
	memmove(b->data, b->data + *at, left);
	b->data[left] = '\0';
	b->len = left;
	*at = 0;
}

static bool
has_line(const struct client *c)
{
	return c->in.len != c->in_at &&
	       memchr(c->in.data + c->in_at, '\n', c->in.len - c->in_at) != NULL;
}

static bool
may_begin(const struct client *c)
{
	return !c->broken && c->running == NULL && out_pending(c) < OUT_HIGH;
}

static void
client_free(struct client *c)
{
	struct socket *s = c->server;

	if (c->running != NULL) {
		c->running->client = NULL; /* the verb's from now on */
		if (c->running->gone != NULL)
			c->running->gone(c->running->gone_ctx);
	}
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		s->clients = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	s->client_count--;
	loop_watch_free(c->read_watch);
	loop_watch_free(c->write_watch);
	loop_timer_free(c->idle);
	loop_timer_free(c->again);
	buf_fini(&c->in);
	buf_fini(&c->out);
	close(c->fd);
	mem_free(c);
}

static bool
is_stream(const struct client *c)
{
	return c->running != NULL && c->running->gone != NULL;
}

static int64_t
idle_ms(const struct client *c)
{
	return is_stream(c) ? STREAM_LOOK_MS : c->server->idle_ms;
}

static void
client_flush(struct client *c)
{
	while (!c->broken && out_pending(c) != 0) {
		/* MSG_NOSIGNAL: a client that went away is no reason to die */
		ssize_t n = send(c->fd, c->out.data + c->out_at, out_pending(c),
		    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n >= 0) {
			c->out_at += (size_t)n;
			loop_timer_set_ms(c->idle, idle_ms(c));
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			drop_front(&c->out, &c->out_at);
			return;
		} else if (errno != EINTR) {
			c->broken = true;
		}
	}
	if (c->out.cap > OUT_HIGH)
		buf_fini(&c->out); /* a rare large reply does not keep its room */
	else
		buf_clear(&c->out);
	c->out_at = 0;
}

/* The end of a request, from within its verb or any time later. */
static void
on_done(struct request *rq)
{
	struct client *c = rq->client;

	if (c != NULL) {
		c->running = NULL;
		reply_write(&rq->reply, rq->json, &c->out);
	}
	request_free(rq);
	if (c != NULL && !c->in_turn)
		client_turn(c);
}

static void
set_watch(struct client *c, struct loop_watch **watch, unsigned event, loop_fd_fn *fn,
    bool wanted)
{
	if (wanted && *watch == NULL) {
		*watch = loop_watch_new(c->server->loop, c->fd, event, fn, c);
	} else if (!wanted && *watch != NULL) {
		loop_watch_free(*watch);
		*watch = NULL;
	}
}

/* From a verb that goes on. */
static bool
on_send(struct request *rq, const struct buf *lines)
{
	struct client *c = rq->client;

	if (c->broken)
		return false;
	if (out_pending(c) + lines->len > OUT_HIGH) {
		log_notice(
		    "control client cut, it reads too slowly verb=\"%s\" who=\"%s\"",
		    rq->verb->name, rq->who);
		c->broken = true;
		return false;
	}
	buf_add(&c->out, lines->data, lines->len);
	client_flush(c);
	if (!c->in_turn)
		set_watch(
		    c, &c->write_watch, LOOP_WRITE, on_writable, out_pending(c) != 0);
	return !c->broken;
}

static void
refuse_line(struct client *c, bool json, const char *code, const char *error)
{
	struct reply r = {0};

	reply_fail(&r, code, error);
	reply_write(&r, json, &c->out);
	reply_fini(&r);
}

static void
begin(struct client *c, const char *text, size_t len)
{
	struct socket *s = c->server;
	struct line line = {0};
	struct buf why = {0};

	if (line_parse(text, len, &line, &why) != OK) {
		refuse_line(c, line.json, "syntax", buf_text(&why));
		buf_fini(&why);
		return;
	}
	c->running = request_new((int)line.words.count, line.words.list, c->may_write,
	    c->peer.name, on_done, c);
	c->running->send = on_send;
	line_fini(&line);
	/* when this returns the request may have ended already */
	verb_run(s->verbs, s->ctx, c->running);
	if (is_stream(c))
		loop_timer_set_ms(c->idle, STREAM_LOOK_MS);
}

/* No newline yet: what is too long is dropped, and refused when its end has come. */
static void
keep_part(struct client *c)
{
	size_t left = c->in.len - c->in_at;

	if (c->skipping || left > IN_HIGH) {
		if (!c->skipping)
			c->skipped_json = line_wants_json(c->in.data + c->in_at, left);
		c->skipping = true;
		buf_clear(&c->in);
		c->in_at = 0;
	}
}

/* Takes one line and begins its request; false when there is no whole line. */
static bool
next_request(struct client *c)
{
	const char *text, *newline;

	if (!has_line(c)) {
		keep_part(c);
		return false;
	}
	text = c->in.data + c->in_at;
	newline = memchr(text, '\n', c->in.len - c->in_at);
	c->in_at += (size_t)(newline - text) + 1;
	if (c->skipping) {
		c->skipping = false;
		refuse_line(c, c->skipped_json, "syntax", "the line is too long");
	} else {
		begin(c, text, (size_t)(newline - text));
	}
	return true;
}

static void
on_readable(void *ctx, int fd, unsigned ready)
{
	struct client *c = ctx;
	char chunk[READ_CHUNK];
	ssize_t n;

	(void)ready;
	n = recv(fd, chunk, sizeof(chunk), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return;
	if (n < 0)
		c->broken = true;
	else if (n == 0)
		c->eof = true;
	else {
		drop_front(&c->in, &c->in_at);
		buf_add(&c->in, chunk, (size_t)n);
	}
	loop_timer_set_ms(c->idle, idle_ms(c));
	client_turn(c);
}

static void
on_writable(void *ctx, int fd, unsigned ready)
{
	(void)fd;
	(void)ready;
	client_turn(ctx);
}

static void
on_again(void *ctx)
{
	client_turn(ctx);
}

/* One that sends no more is not read from, and would be missed for good. */
static bool
has_hung_up(const struct client *c)
{
	struct pollfd look = {.fd = c->fd};

	return is_stream(c) && poll(&look, 1, 0) == 1 &&
	       (look.revents & (POLLHUP | POLLERR)) != 0;
}

static void
on_idle(void *ctx)
{
	struct client *c = ctx;

	if (c->running != NULL && !has_hung_up(c)) {
		/* it waits for us, not we for it */
		loop_timer_set_ms(c->idle, idle_ms(c));
		return;
	}
	client_free(c);
}

/* Begins what may begin, sends what there is, and says what to wait for. */
static void
client_turn(struct client *c)
{
	bool more;

	c->in_turn = true;
	for (int i = 0; i < TURN_REQUESTS && may_begin(c); i++)
		if (!next_request(c))
			break;
	c->in_turn = false;
	client_flush(c);
	more = may_begin(c) && has_line(c);
	/* a last line without its newline is a torn one, and is not run */
	if (c->broken || (c->eof && !more && c->running == NULL && out_pending(c) == 0)) {
		client_free(c);
		return;
	}
	if (more)
		loop_timer_set_ms(c->again, 0);
	set_watch(c, &c->read_watch, LOOP_READ, on_readable,
	    !c->eof && c->in.len - c->in_at <= IN_HIGH && out_pending(c) < OUT_HIGH);
	set_watch(c, &c->write_watch, LOOP_WRITE, on_writable, out_pending(c) != 0);
}

static void
client_new(struct socket *s, int fd)
{
	struct client *c = mem_new(sizeof(*c));

	if (peer_of(fd, &c->peer) != OK) {
		close(fd);
		mem_free(c);
		return;
	}
	c->server = s;
	c->fd = fd;
	c->may_write = peer_may_write(&c->peer, geteuid(), s->admin_group);
	c->idle = loop_timer_new(s->loop, on_idle, c);
	c->again = loop_timer_new(s->loop, on_again, c);
	c->next = s->clients;
	if (c->next != NULL)
		c->next->prev = c;
	s->clients = c;
	s->client_count++;
	loop_timer_set_ms(c->idle, s->idle_ms);
	client_turn(c);
}

static void
turn_away(int fd)
{
	static const char text[] = "ERR busy too many connections\n";
	ssize_t n = send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);

	(void)n; /* it will see the connection close at least */
	close(fd);
}

static void
on_accept(void *ctx, int fd, unsigned ready)
{
	struct socket *s = ctx;
	int got = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)ready;
	if (got >= 0 && s->client_count >= SOCKET_CONNECTIONS_MAX) {
		turn_away(got);
	} else if (got >= 0) {
		client_new(s, got);
	} else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
	           errno == ENOBUFS) {
		/* the watch is level-triggered: without a pause it would spin */
		log_warning("control socket pauses reason=\"%s\"", strerror(errno));
		loop_watch_free(s->accept_watch);
		s->accept_watch = NULL;
		loop_timer_set_ms(s->accept_again, ACCEPT_PAUSE_MS);
	}
}

static void
on_accept_again(void *ctx)
{
	struct socket *s = ctx;

	s->accept_watch =
	    loop_watch_new(s->loop, s->listener.fd, LOOP_READ, on_accept, s);
}

enum err
socket_open(struct loop *loop, const struct socket_options *options, struct socket **out,
    struct buf *why)
{
	struct socket *s = mem_new(sizeof(*s));
	enum err e = listener_open(options->path, &s->listener, why);

	if (e != OK) {
		mem_free(s);
		return e;
	}
	if (options->admin_group != NULL && !peer_group_exists(options->admin_group))
		log_warning(
		    "control admin group unknown group=\"%s\"", options->admin_group);
	s->loop = loop;
	s->admin_group = mem_str(options->admin_group);
	s->verbs = options->verbs;
	s->ctx = options->ctx;
	s->idle_ms = options->idle_ms != 0 ? options->idle_ms : SOCKET_IDLE_MS;
	s->accept_again = loop_timer_new(loop, on_accept_again, s);
	s->accept_watch = loop_watch_new(loop, s->listener.fd, LOOP_READ, on_accept, s);
	*out = s;
	return OK;
}

void
socket_close(struct socket *s)
{
	if (s == NULL)
		return;
	while (s->clients != NULL) {
		client_flush(s->clients);
		client_free(s->clients);
	}
	loop_watch_free(s->accept_watch);
	loop_timer_free(s->accept_again);
	listener_close(&s->listener);
	mem_free(s->admin_group);
	mem_free(s);
}
