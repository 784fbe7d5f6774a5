/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A mailbox: how other threads reach one that waits for descriptors.
 *
 * Shape: a mail is an intrusive list node with the function that handles it. A descriptor
 * is readable while there is mail; its thread then calls mailbox_drain(), which runs
 * them in order of posting.
 * Owner: a posted mail belongs to the mailbox until run() gets it, which then owns it.
 * Threads: mailbox_post() and mailbox_wake() from any, all else by its own thread.
 * Errors: ERR_IO when the kernel gives no descriptor.
 * Source: eventfd(2).
 */
#ifndef BASE_MAILBOX_H
#define BASE_MAILBOX_H

#include <pthread.h>

#include "base/err.h"

struct mail {
	struct mail *next;
	void (*run)(struct mail *mail);
};

struct mailbox {
	int fd; /* -1: not open */
	pthread_mutex_t lock; /* guards the two below */
	struct mail *first;
	struct mail **last;
};

MUST_CHECK enum err
mailbox_open(struct mailbox *b);

/* What is still in it is not run: see mailbox_drain(). */
void
mailbox_close(struct mailbox *b);

void
mailbox_post(struct mailbox *b, struct mail *mail);

/* Its thread looks at the mailbox, also when there is nothing in it. */
void
mailbox_wake(struct mailbox *b);

/* Its descriptor was readable; before mailbox_drain(), so that no mail is overlooked. */
void
mailbox_clear(struct mailbox *b);

/* Runs the mail that is there now. */
void
mailbox_drain(struct mailbox *b);

#endif
