/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/mailbox.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum err
mailbox_open(struct mailbox *b)
{
	*b = (struct mailbox){.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
	b->last = &b->first;
	pthread_mutex_init(&b->lock, NULL);
	return b->fd >= 0 ? OK : ERR_IO;
}

void
mailbox_close(struct mailbox *b)
{
	if (b->fd >= 0)
		close(b->fd);
	pthread_mutex_destroy(&b->lock);
}

static struct mail *
detach(struct mailbox *b)
{
	struct mail *first;

	pthread_mutex_lock(&b->lock);
	first = b->first;
	b->first = NULL;
	b->last = &b->first;
	pthread_mutex_unlock(&b->lock);
	return first;
}

void
mailbox_drain(struct mailbox *b)
{
	struct mail *mail = detach(b);

	while (mail != NULL) {
		struct mail *next = mail->next;

		mail->run(mail);
		mail = next;
	}
}

void
mailbox_clear(struct mailbox *b)
{
	uint64_t count;
	ssize_t n;

	/* EAGAIN: somebody drained it already, the list tells */
	n = read(b->fd, &count, sizeof(count));
	(void)n;
}

void
mailbox_wake(struct mailbox *b)
{
	uint64_t one = 1;
	ssize_t n;

	/* EAGAIN means that the counter is full, so its thread will wake anyway */
	n = write(b->fd, &one, sizeof(one));
	(void)n;
}

void
mailbox_post(struct mailbox *b, struct mail *mail)
{
	bool was_empty;

	mail->next = NULL;
	pthread_mutex_lock(&b->lock);
	was_empty = b->first == NULL;
	*b->last = mail;
	b->last = &mail->next;
	pthread_mutex_unlock(&b->lock);
	if (was_empty)
		mailbox_wake(b);
}
