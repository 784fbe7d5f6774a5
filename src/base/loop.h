/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An event loop per thread, with timers, descriptors, signals and a mailbox.
 *
 * Shape: libevent behind a narrow door. loop_post() hands a mail (base/mailbox.h) to the
 * loop's thread, which calls run() there, in order of posting.
 * Owner: timers and watches belong to who made them and must be freed before the
 * loop. A posted mail belongs to the loop until run() gets it, which then owns it.
 * Threads: everything in the loop's own thread, but loop_post() and loop_stop(),
 * which any thread may call.
 * Errors: ERR_IO when the kernel gives no descriptor.
 * Source: libevent 2.1.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mailbox.h"

struct loop;
struct loop_timer;
struct loop_watch;

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

typedef void
loop_fn(void *ctx);

typedef void
loop_fd_fn(void *ctx, int fd, unsigned ready);

MUST_CHECK enum err
loop_new(struct loop **out);

void
loop_free(struct loop *l);

/* Runs until loop_stop(), which may come first. Mail that is posted later stays unrun:
 * see loop_drain(). */
void
loop_run(struct loop *l);

void
loop_stop(struct loop *l);

/* Runs the mail that is there now, without waiting; for taking things down in order. */
void
loop_drain(struct loop *l);

void
loop_post(struct loop *l, struct mail *mail);

/* A one-shot timer, idle until it is set. It may be set again from its own function. */
struct loop_timer *
loop_timer_new(struct loop *l, loop_fn *fn, void *ctx);

void
loop_timer_set_ms(struct loop_timer *t, int64_t ms);

void
loop_timer_clear(struct loop_timer *t);

/* NULL is allowed. */
void
loop_timer_free(struct loop_timer *t);

/* Level-triggered watch; events is LOOP_READ, LOOP_WRITE or both. */
struct loop_watch *
loop_watch_new(struct loop *l, int fd, unsigned events, loop_fd_fn *fn, void *ctx);

/* NULL is allowed; the descriptor stays open. */
void
loop_watch_free(struct loop_watch *w);

/* Calls fn in the loop whenever the process gets the signal. */
struct loop_watch *
loop_signal_new(struct loop *l, int signo, loop_fn *fn, void *ctx);

/* The struct event_base, for the files that may include libevent (HACKING.md, "Fences").
 */
void *
loop_event_base(struct loop *l);

#endif
