/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/due.h"

#include <assert.h>
#include <stddef.h>

static struct due_item *
first(struct due *d)
{
	if (d->urgent.next != &d->urgent)
		return d->urgent.next;
	return d->other.next != &d->other ? d->other.next : NULL;
}

static void
run_slice(struct due *d)
{
	struct due_item *item;

	for (unsigned i = 0; i < DUE_SLICE && (item = first(d)) != NULL; i++) {
		due_remove(item);
		d->fn(d->ctx, item);
	}
	d->is_running = first(d) != NULL;
	if (d->is_running)
		loop_timer_set_ms(d->timer, 0);
	else
		d->on_empty(d->ctx);
}

static void
on_timer(void *ctx)
{
	run_slice(ctx);
}

void
due_init(struct due *d, struct loop *loop, void (*fn)(void *ctx, struct due_item *item),
    void (*on_empty)(void *ctx), void *ctx)
{
	*d = (struct due){.fn = fn, .on_empty = on_empty, .ctx = ctx};
	d->urgent.prev = d->urgent.next = &d->urgent;
	d->other.prev = d->other.next = &d->other;
	d->timer = loop_timer_new(loop, on_timer, d);
}

void
due_fini(struct due *d)
{
	assert(first(d) == NULL);
	loop_timer_free(d->timer);
}

void
due_put(struct due *d, struct due_item *item, bool is_urgent)
{
	struct due_item *row = is_urgent ? &d->urgent : &d->other;

	if (item->next != NULL && (item->is_urgent || !is_urgent))
		return;
	due_remove(item);
	item->is_urgent = is_urgent;
	item->prev = row->prev;
	item->next = row;
	item->prev->next = item->next->prev = item;
}

void
due_remove(struct due_item *item)
{
	if (item->next == NULL)
		return;
	item->prev->next = item->next;
	item->next->prev = item->prev;
	item->prev = item->next = NULL;
}

void
due_run(struct due *d)
{
	if (!d->is_running)
		run_slice(d);
}
