/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waits for many descriptors in one thread, for no more than the kernel takes for it.
 *
 * Shape: a table by descriptor; epoll tells which are ready, level-triggered, and their
 * functions are called. What is closed needs no call of the kernel beside close(). A
 * turn is what one wait brings; it ends with a function of the caller's, which finishes
 * what the others have gathered. base/loop.h has timers and signals as well, and takes
 * more: a poller is for the threads that answer.
 * Owner: descriptors belong to the caller.
 * Threads: all in one, but poller_stop() and posting to the mailbox.
 * Errors: ERR_IO when the kernel gives no descriptor, ERR_SPACE when it can watch no
 * more. Source: epoll(7).
 */
#ifndef BASE_POLLER_H
#define BASE_POLLER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mailbox.h"

enum { POLLER_READ = 1, POLLER_WRITE = 2 };

struct poller;

typedef void
poller_fn(void *ctx);

/* Both are ready when the other side is gone: what is done next will say so. */
typedef void
poller_fd_fn(void *ctx, int fd, unsigned ready);

MUST_CHECK enum err
poller_new(struct poller **out);

/* NULL is allowed. */
void
poller_free(struct poller *p);

/* At the end of each turn; and about every so many milliseconds. Before poller_run(). */
void
poller_at_end(struct poller *p, poller_fn *fn, void *ctx);
void
poller_every_ms(struct poller *p, int64_t ms, poller_fn *fn, void *ctx);

/* Runs until poller_stop(), which may come first. */
void
poller_run(struct poller *p);

void
poller_stop(struct poller *p);

/* Its mail is run in the poller's thread. */
struct mailbox *
poller_mailbox(struct poller *p);

/* When this turn began, and how many descriptors were ready. */
struct mono
poller_now(const struct poller *p);
unsigned
poller_ready_count(const struct poller *p);

/* events: POLLER_READ, POLLER_WRITE, both, or 0: not now. */
MUST_CHECK enum err
poller_watch(struct poller *p, int fd, unsigned events, poller_fd_fn *fn, void *ctx);

/* Right before it is closed; it need not be watched. */
void
poller_forget(struct poller *p, int fd);

#endif
