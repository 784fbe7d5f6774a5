/* SPDX-License-Identifier: BSD-2-Clause */
#include "health/blind.h"

static void
set_hearing(struct blind *b, struct ear *e, bool is_hearing)
{
	if (e->is_hearing == is_hearing)
		return;
	e->is_hearing = is_hearing;
	if (is_hearing)
		b->hearing++;
	else
		b->hearing--;
}

static void
hear(struct blind *b, struct ear *e)
{
	e->silent = 0;
	b->heard += !e->was_heard;
	e->was_heard = true;
	set_hearing(b, e, true);
}

static enum blind_change
end(struct blind *b)
{
	if (!b->is_blind)
		return BLIND_SAME;
	b->is_blind = false;
	return BLIND_ENDED;
}

enum blind_change
blind_feed(struct blind *b, struct ear *e, bool is_silent, uint32_t fall)
{
	if (!is_silent) {
		hear(b, e);
		return end(b);
	}
	if (e->silent < UINT32_MAX)
		e->silent++;
	if (e->silent < fall)
		return BLIND_SAME;
	set_hearing(b, e, false);
	if (b->is_blind || b->hearing != 0 || b->heard == 0)
		return BLIND_SAME;
	b->is_blind = true;
	return BLIND_BEGAN;
}

void
blind_trust(struct blind *b, struct ear *e)
{
	hear(b, e);
}

enum blind_change
blind_leave(struct blind *b, struct ear *e)
{
	set_hearing(b, e, false);
	b->heard -= e->was_heard;
	*e = (struct ear){0};
	/* nobody is left who could be heard again */
	return b->heard == 0 ? end(b) : BLIND_SAME;
}
