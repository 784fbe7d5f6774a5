/* SPDX-License-Identifier: BSD-2-Clause */
#include "health/held.h"

/* By how many falls there were within the window. */
static const int64_t hold_ms[HELD_FALLS + 1] = {0, 0, 60000, 180000, 420000, 900000};

void
held_fall(struct held *h, int64_t now_ms)
{
	for (unsigned i = HELD_FALLS - 1; i > 0; i--)
		h->falls_ms[i] = h->falls_ms[i - 1];
	h->falls_ms[0] = now_ms;
	h->until_ms = 0;
}

unsigned
held_count(const struct held *h, int64_t now_ms)
{
	unsigned n = 0;

	while (n < HELD_FALLS && h->falls_ms[n] != 0 &&
	       now_ms - h->falls_ms[n] < HELD_WINDOW_MS)
		n++;
	return n;
}

void
held_rise(struct held *h, int64_t now_ms)
{
	/* as many as there were when it fell, however long it was down */
	unsigned n = held_count(h, h->falls_ms[0]);

	h->until_ms = n < 2 ? 0 : now_ms + hold_ms[n];
}

void
held_clear(struct held *h)
{
	*h = (struct held){0};
}

bool
held_is_held(const struct held *h, int64_t now_ms)
{
	return h->until_ms != 0 && now_ms < h->until_ms;
}
