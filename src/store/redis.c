/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/redis.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <hiredis/hiredis.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/mem.h"
#include "store/sieve.h"

enum { FEED_MAX = 64 << 10 };

struct question {
	redis_fn *fn;
	void *ctx;
};

struct redis {
	struct bufferevent *bev;
	redisReader *reader;
	struct sieve sieve;
	struct redis_hooks hooks;
	struct question *asked; /* ring of cap entries */
	size_t head, count, cap;
	struct mono heard;
	struct loop_timer *late; /* tells of a connection that failed at once */
	int late_errno;
	bool tls;
	bool up;
	bool busy; /* a callback runs */
	bool down;
	bool closed;
};

static void
reply_free(void *p)
{
	struct redis_reply *r = p;

	if (r == NULL)
		return;
	for (size_t i = 0; i < r->count; i++)
		reply_free(r->list[i]);
	mem_free(r->list);
	mem_free(r->text);
	mem_free(r);
}

/* A new object, put into its array. Arrays grow with what really came, so that a header
 * alone claims no memory. */
static struct redis_reply *
reply_new(const redisReadTask *task, enum redis_kind kind)
{
	struct redis_reply *r = mem_new(sizeof(*r));

	r->kind = kind;
	if (task->parent != NULL) {
		struct redis_reply *up = task->parent->obj;

		up->list = mem_grow(up->list, up->count, &up->cap, sizeof(*up->list));
		up->list[up->count++] = r;
	}
	return r;
}

static void *
make_string(const redisReadTask *task, char *text, size_t len)
{
	struct redis_reply *r =
	    reply_new(task, task->type == REDIS_REPLY_ERROR ? REDIS_ERROR : REDIS_TEXT);

	r->text = mem_strn(text, len);
	r->len = len;
	return r;
}

static void *
make_array(const redisReadTask *task, int elements)
{
	assert(elements <= SIEVE_ELEMENTS_MAX);
	return reply_new(task, REDIS_ARRAY);
}

static void *
make_integer(const redisReadTask *task, long long value)
{
	struct redis_reply *r = reply_new(task, REDIS_INTEGER);

	r->integer = value;
	return r;
}

static void *
make_nil(const redisReadTask *task)
{
	return reply_new(task, REDIS_NIL);
}

static redisReplyObjectFunctions makers = {
    make_string, make_array, make_integer, make_nil, reply_free};

static void
destroy(struct redis *r)
{
	loop_timer_free(r->late);
	bufferevent_free(r->bev);
	redisReaderFree(r->reader);
	mem_free(r->asked);
	mem_free(r);
}

void
redis_close(struct redis *r)
{
	if (r == NULL)
		return;
	if (r->busy)
		r->closed = true;
	else
		destroy(r);
}

/* Every callback of libevent's is between these two. */
static void
begin(struct redis *r)
{
	assert(!r->busy);
	r->busy = true;
}

static void
finish(struct redis *r)
{
	r->busy = false;
	if (r->closed)
		destroy(r);
}

static void
go_down(struct redis *r, enum fault fault, const char *reason)
{
	if (r->down || r->closed)
		return;
	r->down = true;
	bufferevent_disable(r->bev, EV_READ | EV_WRITE);
	r->hooks.on_down(r->hooks.ctx, fault, reason);
}

static void
go_bad(struct redis *r, const char *why)
{
	char reason[200];

	snprintf(reason, sizeof(reason), "not a Redis reply: %s", why);
	go_down(r, FAULT_PROTOCOL, reason);
}

static void
dispatch(struct redis *r, struct redis_reply *reply)
{
	struct question q = {r->hooks.on_push, r->hooks.ctx};

	if (r->count != 0) {
		q = r->asked[r->head];
		r->head = (r->head + 1) & (r->cap - 1);
		r->count--;
	}
	if (q.fn != NULL)
		q.fn(q.ctx, reply);
	else
		go_down(r, FAULT_PROTOCOL,
		    "the server said something that was not asked for");
}

static void
take_replies(struct redis *r)
{
	while (!r->closed && !r->down) {
		void *reply = NULL;

		if (redisReaderGetReply(r->reader, &reply) != REDIS_OK) {
			go_bad(r, r->reader->errstr);
			return;
		}
		if (reply == NULL)
			break;
		dispatch(r, reply);
		reply_free(reply);
	}
}

static void
on_read(struct bufferevent *bev, void *ctx)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct redis *r = ctx;
	char *piece = mem_array(2, FEED_MAX + SIEVE_MORE);
	char *clean = piece + FEED_MAX + SIEVE_MORE;
	int n;

	begin(r);
	r->heard = mono_now();
	while (!r->closed && !r->down && (n = evbuffer_remove(in, piece, FEED_MAX)) > 0) {
		size_t len;
		bool good = sieve_feed(&r->sieve, piece, (size_t)n, clean, &len);

		if (redisReaderFeed(r->reader, clean, len) != REDIS_OK)
			good = false;
		take_replies(r);
		if (!good)
			go_bad(r, r->sieve.why != NULL ? r->sieve.why : "no memory");
	}
	mem_free(piece);
	finish(r);
}

static void
go_lost(struct redis *r, short what, int fault)
{
	enum fault kind = r->up ? FAULT_LOST : FAULT_UNREACHABLE;
	char reason[200] = "";

	if (r->tls)
		tls_explain(r->bev, reason, sizeof(reason));
	if (reason[0] != '\0')
		go_down(r, FAULT_TLS, reason);
	else if (what & BEV_EVENT_EOF)
		go_down(r, kind, "the server closed the connection");
	else
		go_down(r, kind, fault != 0 ? strerror(fault) : "the connection failed");
}

static void
on_event(struct bufferevent *bev, short what, void *ctx)
{
	int fault = EVUTIL_SOCKET_ERROR();
	struct redis *r = ctx;
	int one = 1;

	begin(r);
	if (what & BEV_EVENT_CONNECTED) {
		r->heard = mono_now();
		/* questions are small and each is waited for; fails on a Unix socket,
		 * which has no such delay */
		(void)setsockopt(
		    bufferevent_getfd(bev), IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		r->up = true;
		r->hooks.on_up(r->hooks.ctx);
	} else {
		go_lost(r, what, fault);
	}
	finish(r);
}

static void
on_late(void *ctx)
{
	struct redis *r = ctx;

	begin(r);
	go_down(r, FAULT_UNREACHABLE, strerror(r->late_errno));
	finish(r);
}

static socklen_t
make_address(
    const struct ip_port *from, const char *unix_path, struct sockaddr_storage *out)
{
	struct sockaddr_un *un = (struct sockaddr_un *)out;
	struct sockaddr_in *in4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (unix_path != NULL) {
		un->sun_family = AF_UNIX;
		snprintf(un->sun_path, sizeof(un->sun_path), "%s", unix_path);
		return sizeof(*un);
	}
	if (from->ip.family == 4) {
		in4->sin_family = AF_INET;
		in4->sin_port = htons(from->port);
		memcpy(&in4->sin_addr, from->ip.bytes, 4);
		return sizeof(*in4);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(from->port);
	memcpy(&in6->sin6_addr, from->ip.bytes, 16);
	return sizeof(*in6);
}

struct redis *
redis_open(struct loop *loop, const struct redis_to *to, const struct redis_hooks *hooks)
{
	struct redis *r = mem_new(sizeof(*r));
	struct sockaddr_storage address;
	socklen_t len = make_address(&to->address, to->unix_path, &address);

	r->hooks = *hooks;
	r->reader = redisReaderCreateWithFunctions(&makers);
	r->tls = to->tls != NULL;
	/* deferred: a refusal that is known at once must not call back from in here */
	r->bev = r->tls ? tls_bufferevent(to->tls, loop, to->tls_name, &to->address.ip)
	                : bufferevent_socket_new(loop_event_base(loop), -1,
	                      BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	assert(r->reader != NULL && r->bev != NULL);
	bufferevent_setcb(r->bev, on_read, NULL, on_event, r);
	bufferevent_enable(r->bev, EV_READ | EV_WRITE);
	r->late = loop_timer_new(loop, on_late, r);
	/* most failures come as an event, but one such as a missing Unix socket does not
	 */
	if (bufferevent_socket_connect(r->bev, (struct sockaddr *)&address, (int)len) !=
	    0) {
		r->late_errno = EVUTIL_SOCKET_ERROR();
		loop_timer_set_ms(r->late, 0);
	}
	return r;
}

static void
push_asked(struct redis *r, redis_fn *fn, void *ctx)
{
	if (r->count == r->cap) {
		size_t cap = r->cap == 0 ? 64 : r->cap * 2;
		struct question *ring = mem_array(cap, sizeof(*ring));

		for (size_t i = 0; i < r->count; i++)
			ring[i] = r->asked[(r->head + i) & (r->cap - 1)];
		mem_free(r->asked);
		r->asked = ring;
		r->head = 0;
		r->cap = cap;
	}
	r->asked[(r->head + r->count++) & (r->cap - 1)] = (struct question){fn, ctx};
}

void
redis_ask(struct redis *r, redis_fn *fn, void *ctx, size_t count,
    const char *const *words, const size_t *lens)
{
	const char **argv = mem_array(count, sizeof(*argv));
	char *text = NULL;
	int len;

	if (r->down || r->closed) {
		mem_free(argv);
		return;
	}
	assert(count != 0 && count < INT_MAX);
	memcpy(argv, words, count * sizeof(*argv));
	len = redisFormatCommandArgv(&text, (int)count, argv, lens);
	assert(len > 0);
	bufferevent_write(r->bev, text, (size_t)len);
	redisFreeCommand(text);
	mem_free(argv);
	if (fn != NULL)
		push_asked(r, fn, ctx);
}

struct mono
redis_heard(const struct redis *r)
{
	return r->heard;
}
