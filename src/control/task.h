/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Work that waits, in a thread of its own that ends with it.
 *
 * Shape: `work` runs in the thread, then `done` in the loop.
 * Owner: who starts a task makes it (any struct that begins with struct task); done() or
 * whoever it tells frees it.
 * Threads: task_start() in the loop's thread. The thread takes no signals.
 * Errors: ERR_IO when there is no thread to be had.
 * Source: base/loop.h.
 */
#ifndef CONTROL_TASK_H
#define CONTROL_TASK_H

#include <pthread.h>

#include "base/err.h"
#include "base/loop.h"

struct task {
	struct mail mail; /* first */
	struct loop *home;
	pthread_t thread;
	void (*work)(struct task *t);
	void (*done)(struct task *t);
};

/* work and done are set. */
MUST_CHECK enum err
task_start(struct task *t, struct loop *home);

#endif
