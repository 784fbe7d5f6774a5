/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/guard.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- the largest size ---- */

/* Moves on by that many slots: what is older than 24 hours falls out. */
static void
shift(struct guard_peak *p, int64_t by)
{
	if (by <= 0)
		return;
	if (by > GUARD_SLOTS)
		by = GUARD_SLOTS;
	memmove(p->max + by, p->max, (size_t)(GUARD_SLOTS - by) * sizeof(p->max[0]));
	memset(p->max, 0, (size_t)by * sizeof(p->max[0]));
}

static void
turn(struct guard_peak *p, struct mono now)
{
	int64_t slot = now.ms / GUARD_SLOT_MS;
	int64_t by = slot - p->slot;

	if (by <= 0)
		return;
	shift(p, by);
	/* a size that nobody noted again was the size still */
	for (int64_t i = 0; i < by && i < GUARD_SLOTS; i++)
		p->max[i] = p->last;
	p->slot = slot;
}

void
guard_peak_note(struct guard_peak *p, size_t size, struct mono now)
{
	turn(p, now);
	p->last = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
	if (p->last > p->max[0])
		p->max[0] = p->last;
}

size_t
guard_peak_get(struct guard_peak *p, struct mono now)
{
	size_t most = 0;

	turn(p, now);
	for (size_t i = 0; i < GUARD_SLOTS; i++)
		if (p->max[i] > most)
			most = p->max[i];
	return most;
}

void
guard_peak_reset(struct guard_peak *p, size_t size, struct mono now)
{
	memset(p, 0, sizeof(*p));
	p->slot = now.ms / GUARD_SLOT_MS;
	guard_peak_note(p, size, now);
}

void
guard_peak_write(const struct guard_peak *p, struct buf *out)
{
	for (size_t i = 0; i < GUARD_SLOTS; i++)
		buf_printf(out, "%s%" PRIu32, i == 0 ? "" : " ", p->max[i]);
}

bool
guard_peak_read(struct guard_peak *p, const char *text, int64_t age_ms, struct mono now)
{
	struct guard_peak read = {.slot = now.ms / GUARD_SLOT_MS, .last = p->last};

	for (size_t i = 0; i < GUARD_SLOTS; i++) {
		char *end;
		unsigned long n = strtoul(text, &end, 10);

		if (end == text || n > UINT32_MAX)
			return false;
		read.max[i] = (uint32_t)n;
		text = end;
	}
	shift(&read, age_ms / GUARD_SLOT_MS);
	/* what this process has seen counts too */
	for (size_t i = 0; i < GUARD_SLOTS; i++)
		if (read.slot == p->slot && p->max[i] > read.max[i])
			read.max[i] = p->max[i];
	*p = read;
	return true;
}

/* ---- verdicts ---- */

enum guard_verdict
guard_zone(const struct guard_zone *z)
{
	size_t left = z->names - z->going;

	if (z->apex_goes)
		return GUARD_APEX;
	if (z->going == 0)
		return GUARD_PASS;
	if (left == 0 && !z->has_file)
		return GUARD_LAST;
	if (left + GUARD_FEW < z->peak &&
	    (uint64_t)left * 100 < (uint64_t)z->peak * GUARD_LEFT_PERCENT)
		return GUARD_NAMES;
	return GUARD_PASS;
}

enum guard_verdict
guard_endpoints(size_t present, size_t going, size_t peak)
{
	size_t left = present - going;

	if (going != 0 && left + GUARD_FEW < peak &&
	    (uint64_t)(peak - left) * 100 > (uint64_t)peak * GUARD_ENDPOINTS_PERCENT)
		return GUARD_ENDPOINTS;
	return GUARD_PASS;
}

void
guard_write(
    enum guard_verdict v, size_t present, size_t going, size_t peak, struct buf *out)
{
	size_t left = present - going;

	switch (v) {
	case GUARD_PASS:
		break;
	case GUARD_NAMES:
		buf_printf(out,
		    "%zu of %zu names would be left, of %zu in the last 24 hours", left,
		    present, peak);
		break;
	case GUARD_LAST:
		buf_printf(out, "the last of %zu names would go", present);
		break;
	case GUARD_APEX:
		buf_str(out, "what stands at the apex would go");
		break;
	case GUARD_POOL:
		buf_str(out, "a pool would be empty");
		break;
	case GUARD_ENDPOINTS:
		buf_printf(out,
		    "%zu of %zu endpoints of all pools would be left, of %zu in the last "
		    "24 hours",
		    left, present, peak);
		break;
	}
}

/* ---- many changes at once ---- */

void
guard_window_open(struct guard_window *w, size_t size, struct mono now)
{
	if (w->number != 0 && mono_diff_ms(now, w->began) < GUARD_WINDOW_MS)
		return;
	w->began = now;
	w->number = w->number == UINT16_MAX ? 1 : (uint16_t)(w->number + 1);
	w->size = size;
	w->changed = 0;
}

bool
guard_window_note(struct guard_window *w)
{
	w->changed++;
	/* true just once: for the first one that is beyond both */
	return w->changed > GUARD_FEW && w->changed * 2 > w->size &&
	       (w->changed == GUARD_FEW + 1 || (w->changed - 1) * 2 <= w->size);
}

bool
guard_window_is_calm(const struct guard_window *w, struct mono now)
{
	return mono_diff_ms(now, w->began) >= GUARD_WINDOW_MS;
}
