/* SPDX-License-Identifier: BSD-2-Clause */
#include "health/schedule.h"

#include "base/mem.h"

void
schedule_fini(struct schedule *s)
{
	mem_free(s->heap);
	*s = (struct schedule){0};
}

static void
set_place(struct schedule *s, size_t place, struct schedule_item *item)
{
	s->heap[place] = item;
	item->place = place;
}

static void
sift_up(struct schedule *s, struct schedule_item *item)
{
	size_t at = item->place;

	for (; at > 1 && item->due_ms < s->heap[at / 2]->due_ms; at /= 2)
		set_place(s, at, s->heap[at / 2]);
	set_place(s, at, item);
}

static void
sift_down(struct schedule *s, struct schedule_item *item)
{
	size_t at = item->place, child;

	while ((child = at * 2) <= s->count) {
		if (child < s->count &&
		    s->heap[child + 1]->due_ms < s->heap[child]->due_ms)
			child++;
		if (item->due_ms <= s->heap[child]->due_ms)
			break;
		set_place(s, at, s->heap[child]);
		at = child;
	}
	set_place(s, at, item);
}

void
schedule_put(struct schedule *s, struct schedule_item *item, int64_t due_ms)
{
	item->due_ms = due_ms;
	if (item->place == 0) {
		s->heap = mem_grow(s->heap, s->count + 1, &s->cap, sizeof(*s->heap));
		set_place(s, ++s->count, item);
	}
	sift_up(s, item);
	sift_down(s, item);
}

void
schedule_remove(struct schedule *s, struct schedule_item *item)
{
	struct schedule_item *last;

	if (item->place == 0)
		return;
	last = s->heap[s->count--];
	if (last != item) {
		set_place(s, item->place, last);
		sift_up(s, last);
		sift_down(s, last);
	}
	item->place = 0;
}

struct schedule_item *
schedule_first(const struct schedule *s)
{
	return s->count == 0 ? NULL : s->heap[1];
}

int64_t
schedule_gap_ms(int64_t interval_ms, bool spread, uint64_t random)
{
	int64_t from = spread ? 0 : interval_ms * 9 / 10;
	int64_t to = spread ? interval_ms : interval_ms * 11 / 10;
	int64_t gap = from + (int64_t)(random % (uint64_t)(to - from + 1));

	return gap > 0 ? gap : 1;
}

void
schedule_rate_init(struct schedule_rate *r, int64_t per_s, int64_t burst, int64_t now_ms)
{
	r->per_s = per_s;
	r->burst = burst;
	r->level = burst * 1000;
	r->filled_ms = now_ms;
}

static void
fill(struct schedule_rate *r, int64_t now_ms)
{
	int64_t full = r->burst * 1000;
	int64_t passed = now_ms - r->filled_ms;

	if (passed <= 0)
		return;
	r->filled_ms = now_ms;
	/* tested first, so that a long pause can not overflow */
	if (passed >= full / r->per_s + 1)
		r->level = full;
	else
		r->level += passed * r->per_s;
	if (r->level > full)
		r->level = full;
}

bool
schedule_rate_take(struct schedule_rate *r, int64_t now_ms)
{
	fill(r, now_ms);
	if (r->level < 1000)
		return false;
	r->level -= 1000;
	return true;
}

int64_t
schedule_rate_wait_ms(struct schedule_rate *r, int64_t now_ms)
{
	fill(r, now_ms);
	return r->level >= 1000 ? 0 : (1000 - r->level + r->per_s - 1) / r->per_s;
}
