/* SPDX-License-Identifier: BSD-2-Clause */
#include "health/dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sockaddr.h"
#include "health/expect.h"

enum { READ_MAX = 4096 };

struct dial {
	struct loop *loop;
	const struct config_check *check;
	const struct probe_hooks *hooks;
	void *ctx;
	struct ip ip;
	struct expect expect;
	size_t sent;
	bool is_connected;
	int fd; /* -1: there was none to be had */
	int error; /* of the call that starts it; 0: in progress or connected */
	struct timespec started;
	struct loop_watch *watch;
	struct loop_timer *deadline;
};

/*
 * A connection from a port to itself: what TCP makes of a connect to a closed port of
 * this host that happens to be the local port too (RFC 9293 3.5, simultaneous open).
 */
static bool
is_own_echo(int fd)
{
	struct sockaddr_storage a, b;
	socklen_t a_len = sizeof(a), b_len = sizeof(b);

	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	return getsockname(fd, (struct sockaddr *)&a, &a_len) == 0 &&
	       getpeername(fd, (struct sockaddr *)&b, &b_len) == 0 && a_len == b_len &&
	       memcmp(&a, &b, a_len) == 0;
}

void
dial_stop(struct dial *p)
{
	loop_watch_free(p->watch);
	loop_timer_free(p->deadline);
	if (p->fd >= 0)
		close(p->fd);
	expect_fini(&p->expect);
	mem_free(p);
}

static void
finish(struct dial *p, struct probe_result *r)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	r->latency_us = (uint32_t)((now.tv_sec - p->started.tv_sec) * 1000000 +
	                           (now.tv_nsec - p->started.tv_nsec) / 1000);
	p->hooks->on_done(p->ctx, r);
	dial_stop(p);
}

static void
finish_error(struct dial *p, int error)
{
	struct probe_result r = {0};

	probe_set_connect_error(
	    &r, error, error != ENETUNREACH || probe_has_route(&p->ip));
	finish(p, &r);
}

/* ---- the talk ---- */

enum { STATUS_GOOD = 200 }; /* there is none over TCP: to health/expect.h it is this */

static void
on_talk(void *ctx, int fd, unsigned ready);

static void
watch(struct dial *p, unsigned events)
{
	loop_watch_free(p->watch);
	p->watch = loop_watch_new(p->loop, p->fd, events, on_talk, p);
}

/* True when the probe is over, and gone. */
static bool
hear(struct dial *p)
{
	struct probe_result r = {0};
	char data[READ_MAX];
	ssize_t n = recv(p->fd, data, sizeof(data), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n > 0 &&
	    !expect_is_decided_by_body(&p->expect, data, (size_t)n, STATUS_GOOD, &r))
		return false;
	if (n < 0)
		probe_set_stream_error(&r, errno);
	else if (n == 0 && p->expect.body_len == 0)
		probe_fail(&r, "closed");
	else if (n == 0)
		expect_judge(&p->expect, STATUS_GOOD, &r);
	finish(p, &r);
	return true;
}

/* As above. */
static bool
say(struct dial *p)
{
	const char *text = p->check->send;
	struct probe_result r = {0};
	ssize_t n = send(p->fd, text + p->sent, strlen(text + p->sent), MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n < 0) {
		probe_set_stream_error(&r, errno);
		finish(p, &r);
		return true;
	}
	p->sent += (size_t)n;
	if (text[p->sent] != '\0')
		return false;
	if (p->check->body == NULL) {
		probe_succeed(&r);
		finish(p, &r);
		return true;
	}
	watch(p, LOOP_READ);
	return false;
}

static void
on_talk(void *ctx, int fd, unsigned ready)
{
	struct dial *p = ctx;

	(void)fd;
	if ((ready & LOOP_READ) && hear(p))
		return;
	if ((ready & LOOP_WRITE) && p->check->send != NULL)
		(void)say(p);
}

static void
on_connect(void *ctx, int fd, unsigned ready)
{
	struct dial *p = ctx;
	struct probe_result r = {0};
	int error = 0;
	socklen_t len = sizeof(error);

	(void)ready;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	if (error == 0 && is_own_echo(fd))
		error = ECONNREFUSED;
	if (error != 0) {
		finish_error(p, error);
		return;
	}
	if (p->check->send != NULL || p->check->body != NULL) {
		p->is_connected = true;
		p->hooks->on_ready(p->ctx);
		/* who expects nothing reads nothing */
		watch(p, (p->check->send != NULL ? LOOP_WRITE : 0) |
		             (p->check->body != NULL ? LOOP_READ : 0));
		return;
	}
	probe_succeed(&r);
	finish(p, &r);
}

static void
on_deadline(void *ctx)
{
	struct dial *p = ctx;
	struct probe_result r = {0};

	if (p->error != 0) {
		finish_error(p, p->error);
		return;
	}
	probe_fail(&r, p->is_connected ? "timeout" : "connect-timeout");
	finish(p, &r);
}

struct dial *
dial_start(struct loop *loop, const struct config_check *check, const struct ip *ip,
    const struct probe_hooks *hooks, void *ctx)
{
	struct dial *p = mem_new(sizeof(*p));
	struct ip_port to = {*ip, check->port};
	struct sockaddr_storage ss;
	socklen_t len = sockaddr_write(&to, &ss);

	p->loop = loop;
	p->check = check;
	p->hooks = hooks;
	p->ctx = ctx;
	p->ip = *ip;
	expect_init(&p->expect, check);
	clock_gettime(CLOCK_MONOTONIC, &p->started);
	p->deadline = loop_timer_new(loop, on_deadline, p);
	p->fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->fd < 0 ||
	    (connect(p->fd, (struct sockaddr *)&ss, len) != 0 && errno != EINPROGRESS))
		p->error = errno;
	if (p->error != 0) {
		/* told from the loop, as every other result */
		loop_timer_set_ms(p->deadline, 0);
		return p;
	}
	loop_timer_set_ms(p->deadline, check->timeout_ms);
	p->watch = loop_watch_new(loop, p->fd, LOOP_WRITE, on_connect, p);
	return p;
}
