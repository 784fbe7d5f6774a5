/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/poller.h"

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/mem.h"

enum {
	TURN_MOST = 64, /* descriptors of one turn */
	SLOTS_START = 256,
};

/* Of the descriptor whose number is its index. */
struct slot {
	poller_fd_fn *fn;
	void *ctx;
	/*
	 * Which one of all that had this number. What was closed can still be told of, in
	 * the turn in which it was, or while a child of this process, which has not begun
	 * its program yet, holds it too.
	 */
	uint32_t serial;
	unsigned events; /* 0: not watched */
};

struct poller {
	int epoll;
	struct mailbox mailbox;
	_Atomic bool stop;
	struct slot *slots;
	size_t slot_count;
	uint32_t serial;
	struct mono now;
	unsigned ready_count;
	poller_fn *at_end;
	void *at_end_ctx;
	poller_fn *every;
	void *every_ctx;
	int64_t every_ms;
	struct mono due; /* every() */
};

static void
on_mail(void *ctx, int fd, unsigned ready)
{
	struct poller *p = ctx;

	(void)fd;
	(void)ready;
	mailbox_clear(&p->mailbox);
	mailbox_drain(&p->mailbox);
}

enum err
poller_new(struct poller **out)
{
	struct poller *p = mem_new(sizeof(*p));
	enum err e = mailbox_open(&p->mailbox);

	p->now = mono_now();
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (e == OK)
		e = p->epoll >= 0 ? OK : ERR_IO;
	if (e == OK)
		e = poller_watch(p, p->mailbox.fd, POLLER_READ, on_mail, p);
	if (e != OK) {
		poller_free(p);
		return e;
	}
	*out = p;
	return OK;
}

void
poller_free(struct poller *p)
{
	if (p == NULL)
		return;
	if (p->epoll >= 0)
		close(p->epoll);
	mailbox_close(&p->mailbox);
	mem_free(p->slots);
	mem_free(p);
}

void
poller_at_end(struct poller *p, poller_fn *fn, void *ctx)
{
	p->at_end = fn;
	p->at_end_ctx = ctx;
}

void
poller_every_ms(struct poller *p, int64_t ms, poller_fn *fn, void *ctx)
{
	p->every = fn;
	p->every_ctx = ctx;
	p->every_ms = ms;
	p->due = mono_add_ms(mono_now(), ms);
}

static struct slot *
slot_of(struct poller *p, int fd)
{
	size_t count = p->slot_count != 0 ? p->slot_count : SLOTS_START;

	assert(fd >= 0);
	while (count <= (size_t)fd)
		count *= 2;
	if (count > p->slot_count) {
		p->slots = mem_resize(p->slots, count, sizeof(*p->slots));
		for (size_t i = p->slot_count; i < count; i++)
			p->slots[i] = (struct slot){0};
		p->slot_count = count;
	}
	return &p->slots[fd];
}

enum err
poller_watch(struct poller *p, int fd, unsigned events, poller_fd_fn *fn, void *ctx)
{
	struct slot *s = slot_of(p, fd);
	struct epoll_event e = {0};
	int op = s->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;

	s->fn = fn;
	s->ctx = ctx;
	if (events == s->events)
		return OK;
	/* with no events it would still be told of when the other side is gone */
	if (events == 0)
		op = EPOLL_CTL_DEL;
	else if (s->events == 0)
		s->serial = ++p->serial;
	if (events & POLLER_READ)
		e.events |= EPOLLIN;
	if (events & POLLER_WRITE)
		e.events |= EPOLLOUT;
	e.data.u64 = (uint64_t)s->serial << 32 | (uint32_t)fd;
	if (epoll_ctl(p->epoll, op, fd, &e) != 0)
		return ERR_SPACE;
	s->events = events;
	return OK;
}

void
poller_forget(struct poller *p, int fd)
{
	/* close() tells the kernel */
	if ((size_t)fd < p->slot_count)
		p->slots[fd].events = 0;
}

static void
dispatch(struct poller *p, const struct epoll_event *e)
{
	int fd = (int)(uint32_t)e->data.u64;
	struct slot *s = &p->slots[fd];
	unsigned ready = 0;

	if (s->serial != (uint32_t)(e->data.u64 >> 32))
		return;
	if (e->events & (EPOLLIN | EPOLLERR | EPOLLHUP))
		ready |= POLLER_READ;
	if (e->events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
		ready |= POLLER_WRITE;
	ready &= s->events;
	if (ready != 0)
		s->fn(s->ctx, fd, ready);
}

static int
time_left_ms(const struct poller *p)
{
	int64_t left;

	if (p->every == NULL)
		return -1;
	left = mono_diff_ms(p->due, p->now);
	return left > 0 ? (int)left : 0;
}

void
poller_run(struct poller *p)
{
	struct epoll_event ready[TURN_MOST];

	while (!atomic_load(&p->stop)) {
		int n = epoll_wait(p->epoll, ready, TURN_MOST, time_left_ms(p));

		p->now = mono_now();
		p->ready_count = n > 0 ? (unsigned)n : 0;
		for (int i = 0; i < n; i++)
			dispatch(p, &ready[i]);
		if (p->at_end != NULL)
			p->at_end(p->at_end_ctx);
		if (p->every != NULL && mono_diff_ms(p->due, p->now) <= 0) {
			p->due = mono_add_ms(p->now, p->every_ms);
			p->every(p->every_ctx);
		}
	}
}

void
poller_stop(struct poller *p)
{
	atomic_store(&p->stop, true);
	mailbox_wake(&p->mailbox);
}

struct mailbox *
poller_mailbox(struct poller *p)
{
	return &p->mailbox;
}

struct mono
poller_now(const struct poller *p)
{
	return p->now;
}

unsigned
poller_ready_count(const struct poller *p)
{
	return p->ready_count;
}
