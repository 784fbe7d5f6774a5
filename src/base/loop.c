/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/loop.h"

#include <assert.h>
#include <event2/event.h>
#include <stdatomic.h>
#include <stddef.h>

#include "base/mem.h"

struct loop {
	struct event_base *base;
	struct event *wake;
	struct mailbox mailbox;
	_Atomic bool stop;
};

struct loop_timer {
	struct event *ev;
	loop_fn *fn;
	void *ctx;
};

struct loop_watch {
	struct event *ev;
	loop_fd_fn *fn;
	loop_fn *signal_fn;
	void *ctx;
};

void
loop_drain(struct loop *l)
{
	mailbox_drain(&l->mailbox);
}

static void
on_wake(evutil_socket_t fd, short what, void *ctx)
{
	struct loop *l = ctx;

	(void)fd;
	(void)what;
	mailbox_clear(&l->mailbox);
	loop_drain(l);
	if (atomic_load(&l->stop))
		event_base_loopbreak(l->base);
}

enum err
loop_new(struct loop **out)
{
	struct event_config *cfg = event_config_new();
	struct loop *l = mem_new(sizeof(*l));
	enum err e = mailbox_open(&l->mailbox);

	/* our own mailbox is the only way in from other threads */
	event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK);
	event_config_set_flag(cfg, EVENT_BASE_FLAG_PRECISE_TIMER);
	l->base = event_base_new_with_config(cfg);
	event_config_free(cfg);
	if (e != OK || l->base == NULL) {
		loop_free(l);
		return ERR_IO;
	}
	l->wake = event_new(l->base, l->mailbox.fd, EV_READ | EV_PERSIST, on_wake, l);
	if (l->wake == NULL || event_add(l->wake, NULL) != 0) {
		loop_free(l);
		return ERR_IO;
	}
	*out = l;
	return OK;
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	if (l->wake != NULL)
		event_free(l->wake);
	if (l->base != NULL) {
		/* a bufferevent with a deferred callback is only freed by a turn */
		event_base_loop(l->base, EVLOOP_NONBLOCK);
		event_base_free(l->base);
	}
	mailbox_close(&l->mailbox);
	mem_free(l);
}

void
loop_run(struct loop *l)
{
	if (!atomic_load(&l->stop))
		event_base_dispatch(l->base);
}

void
loop_stop(struct loop *l)
{
	atomic_store(&l->stop, true);
	mailbox_wake(&l->mailbox);
}

void
loop_post(struct loop *l, struct mail *mail)
{
	mailbox_post(&l->mailbox, mail);
}

static void
on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct loop_timer *t = ctx;

	(void)fd;
	(void)what;
	t->fn(t->ctx);
}

struct loop_timer *
loop_timer_new(struct loop *l, loop_fn *fn, void *ctx)
{
	struct loop_timer *t = mem_new(sizeof(*t));

	t->fn = fn;
	t->ctx = ctx;
	t->ev = evtimer_new(l->base, on_timer, t);
	assert(t->ev != NULL);
	return t;
}

void
loop_timer_set_ms(struct loop_timer *t, int64_t ms)
{
	struct timeval tv;

	if (ms < 0)
		ms = 0;
	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	event_add(t->ev, &tv);
}

void
loop_timer_clear(struct loop_timer *t)
{
	event_del(t->ev);
}

void
loop_timer_free(struct loop_timer *t)
{
	if (t == NULL)
		return;
	event_free(t->ev);
	mem_free(t);
}

static void
on_fd(evutil_socket_t fd, short what, void *ctx)
{
	struct loop_watch *w = ctx;
	unsigned ready = 0;

	if (what & EV_READ)
		ready |= LOOP_READ;
	if (what & EV_WRITE)
		ready |= LOOP_WRITE;
	w->fn(w->ctx, fd, ready);
}

struct loop_watch *
loop_watch_new(struct loop *l, int fd, unsigned events, loop_fd_fn *fn, void *ctx)
{
	struct loop_watch *w = mem_new(sizeof(*w));
	short what = EV_PERSIST;

	if (events & LOOP_READ)
		what |= EV_READ;
	if (events & LOOP_WRITE)
		what |= EV_WRITE;
	w->fn = fn;
	w->ctx = ctx;
	w->ev = event_new(l->base, fd, what, on_fd, w);
	assert(w->ev != NULL);
	event_add(w->ev, NULL);
	return w;
}

void
loop_watch_free(struct loop_watch *w)
{
	if (w == NULL)
		return;
	event_free(w->ev);
	mem_free(w);
}

static void
on_signal(evutil_socket_t fd, short what, void *ctx)
{
	struct loop_watch *w = ctx;

	(void)fd;
	(void)what;
	w->signal_fn(w->ctx);
}

struct loop_watch *
loop_signal_new(struct loop *l, int signo, loop_fn *fn, void *ctx)
{
	struct loop_watch *w = mem_new(sizeof(*w));

	w->signal_fn = fn;
	w->ctx = ctx;
	w->ev = evsignal_new(l->base, signo, on_signal, w);
	assert(w->ev != NULL);
	event_add(w->ev, NULL);
	return w;
}

void *
loop_event_base(struct loop *l)
{
	return l->base;
}
