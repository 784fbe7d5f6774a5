/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rings: doubly linked lists whose links are in the things themselves.
 *
 * Shape: a ring is a link of its own, its head; the first is head.next, the last
 * head.prev. A link that is in no ring points to itself.
 * Owner: whoever holds the thing; a ring owns nothing.
 * Threads: one at a time.
 * Errors: none.
 * Source: none.
 */
#ifndef BASE_LINK_H
#define BASE_LINK_H

#include <stdbool.h>
#include <stddef.h>

struct link {
	struct link *prev, *next;
};

/* The thing that has this link as its member. */
#define LINK_OF(link, type, member) \
	((type *)(void *)((char *)(link)-offsetof(type, member)))

/* For a head, and for a link before its first use. */
static inline void
link_init(struct link *l)
{
	l->prev = l->next = l;
}

/* Out of the ring that it is in, if it is in one. */
static inline void
link_remove(struct link *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	l->prev = l->next = l;
}

/* To the end of a ring, out of the one that it was in. */
static inline void
link_put_last(struct link *head, struct link *l)
{
	link_remove(l);
	l->prev = head->prev;
	l->next = head;
	l->prev->next = l->next->prev = l;
}

static inline bool
link_is_empty(const struct link *head)
{
	return head->next == head;
}

#endif
