/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/loop.h"

#include <assert.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"

struct loop {
	struct event_base *base;
	struct event *wake;
	int wake_fd;
	_Atomic bool stop;
	pthread_mutex_t lock; /* guards the two below */
	struct mail *first;
	struct mail **last;
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

static struct mail *
detach(struct loop *l)
{
	struct mail *first;

	pthread_mutex_lock(&l->lock);
	first = l->first;
	l->first = NULL;
	l->last = &l->first;
	pthread_mutex_unlock(&l->lock);
	return first;
}

void
loop_drain(struct loop *l)
{
	struct mail *mail = detach(l);

	while (mail != NULL) {
		struct mail *next = mail->next;

		mail->run(mail);
		mail = next;
	}
}

static void
on_wake(evutil_socket_t fd, short what, void *ctx)
{
	struct loop *l = ctx;
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof(count)) < 0)
		count = 0; /* somebody drained it already: the list tells */
	loop_drain(l);
	if (atomic_load(&l->stop))
		event_base_loopbreak(l->base);
}

MUST_CHECK static enum err
make(struct loop **out, bool is_precise)
{
	struct event_config *cfg = event_config_new();
	struct loop *l = mem_new(sizeof(*l));

	pthread_mutex_init(&l->lock, NULL);
	l->last = &l->first;
	l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	/* our own mailbox is the only way in from other threads */
	event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK);
	if (is_precise)
		event_config_set_flag(cfg, EVENT_BASE_FLAG_PRECISE_TIMER);
	l->base = event_base_new_with_config(cfg);
	event_config_free(cfg);
	if (l->wake_fd < 0 || l->base == NULL) {
		loop_free(l);
		return ERR_IO;
	}
	l->wake = event_new(l->base, l->wake_fd, EV_READ | EV_PERSIST, on_wake, l);
	if (l->wake == NULL || event_add(l->wake, NULL) != 0) {
		loop_free(l);
		return ERR_IO;
	}
	*out = l;
	return OK;
}

enum err
loop_new(struct loop **out)
{
	return make(out, true);
}

enum err
loop_new_coarse(struct loop **out)
{
	return make(out, false);
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
	if (l->wake_fd >= 0)
		close(l->wake_fd);
	pthread_mutex_destroy(&l->lock);
	mem_free(l);
}

static void
wake(struct loop *l)
{
	uint64_t one = 1;
	ssize_t n;

	/* EAGAIN means that the counter is full, so the loop will wake anyway */
	n = write(l->wake_fd, &one, sizeof(one));
	(void)n;
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
	wake(l);
}

void
loop_post(struct loop *l, struct mail *mail)
{
	bool was_empty;

	mail->next = NULL;
	pthread_mutex_lock(&l->lock);
	was_empty = l->first == NULL;
	*l->last = mail;
	l->last = &mail->next;
	pthread_mutex_unlock(&l->lock);
	if (was_empty)
		wake(l);
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
