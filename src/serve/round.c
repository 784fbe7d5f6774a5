/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/round.h"

#include <assert.h>

#include "serve/quick.h"
#include "steer/world.h"

/* The octets of those whose owner is gone are gone too. */
static void
forget_dropped(struct round *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->ask_count; i++)
		if (r->asks[i].of->owner != NULL)
			r->asks[n++] = r->asks[i];
	r->ask_count = n;
}

static void
begin_batch(struct round *r)
{
	struct answerer *a = &r->answerer;
	struct shared *shared = r->shared;
	const struct answer_ahead *like = NULL;

	publish_pin(&shared->domain, r->reader);
	answerer_begin(a, shared, r->now, wall_now_s());
	forget_dropped(r);
	for (size_t i = 0; i < r->ask_count; i++) {
		answer_prepare(
		    a->world, r->asks[i].packet, r->asks[i].len, like, &r->ahead[i]);
		like = &r->ahead[i];
	}
	answer_warm(r->ahead, r->ask_count);
}

static void
answer_ask(struct round *r, size_t i)
{
	const struct round_ask *ask = &r->asks[i];
	struct round_part *part = ask->of;
	struct answerer *a = &r->answerer;
	size_t n;

	a->stream = NULL;
	n = quick_answer(a, ask->packet, ask->len, &r->ahead[i], part->source, OVER_TCP,
	    round_room(r));
	part->used += 2 + ask->len;
	part->stream = a->stream;
	a->stream = NULL;
	assert(part->stream == NULL || n == 0);
	if (n != 0)
		round_put(r, n);
	part->is_full = part->stream != NULL || !round_has_room(r);
}

static void
finish(struct round *r, struct round_part *part)
{
	void *owner = part->owner;

	part->owner = NULL;
	if (owner != NULL)
		r->finish(owner, part);
	r->out_len = 0;
}

/* Answers all that was cut, and finishes the parts, but the last one if it has more. */
static void
answer_all(struct round *r, bool is_last_done)
{
	struct round_part *last = &r->parts[r->part_count - 1], *part = r->parts;
	uint64_t count = 0;

	begin_batch(r);
	for (size_t i = 0; i < r->ask_count; i++) {
		if (part != r->asks[i].of) {
			finish(r, part);
			part = r->asks[i].of;
		}
		if (part->owner == NULL || part->is_full)
			continue;
		answer_ask(r, i);
		count++;
	}
	counter_add(r->counters, COUNT_TCP_QUERIES, count);
	r->ask_count = 0;
	if (part != last)
		finish(r, part);
	if (is_last_done)
		finish(r, last);
	publish_unpin(r->reader);
	r->parts[0] = *last;
	r->part_count = is_last_done ? 0 : 1;
}

void
round_add(
    struct round *r, void *owner, const struct ip *source, const uint8_t *in, size_t len)
{
	struct round_part *part;
	size_t at = 0, n;
	bool is_long = false;

	part = &r->parts[r->part_count++];
	*part =
	    (struct round_part){.owner = owner, .source = source, .in = in, .len = len};
	/* when others are finished this owner may have to go */
	while (part->owner != NULL && !part->is_full &&
	       round_has_request(in + at, len - at, &n)) {
		if (r->ask_count == ANSWER_WARM_MOST) {
			/* what follows is of this part alone, and comes after it */
			answer_all(r, false);
			part = r->parts;
			is_long = true;
			continue;
		}
		r->asks[r->ask_count++] = (struct round_ask){part, in + at + 2, n};
		at += 2 + n;
	}
	if (at == 0) {
		r->part_count--;
		finish(r, part);
	} else if (is_long) {
		answer_all(r, true);
	}
}

void
round_finish(struct round *r)
{
	if (r->part_count != 0)
		answer_all(r, true);
}

void
round_drop(struct round *r, const void *owner)
{
	for (size_t i = 0; i < r->part_count; i++)
		if (r->parts[i].owner == owner)
			r->parts[i].owner = NULL;
}
