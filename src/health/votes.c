/* SPDX-License-Identifier: BSD-2-Clause */
#include "health/votes.h"

enum vote
vote_of(enum health_state measured)
{
	if (measured == HEALTH_UNKNOWN)
		return VOTE_NONE;
	return health_is_healthy(measured) ? VOTE_UP : VOTE_DOWN;
}

enum fleet_word
votes_count(unsigned up, unsigned down)
{
	if (up + down == 0)
		return FLEET_SILENT;
	return down >= 2 && down > up ? FLEET_DOWN : FLEET_UP;
}

enum health_state
votes_effective(enum health_state measured, enum fleet_word word)
{
	switch (word) {
	case FLEET_SILENT:
		break;
	case FLEET_UP:
		return measured == HEALTH_DOWN || measured == HEALTH_RECOVERING
		           ? HEALTH_SUSPECT
		           : measured;
	case FLEET_DOWN:
		return HEALTH_DOWN;
	}
	return measured;
}

const char *
fleet_word_text(enum fleet_word w)
{
	static const char *const texts[] = {"", "up", "down"};

	return texts[w];
}

void
fleet_contact_set(struct fleet_contact *c, bool is_on, bool is_heard,
    int64_t fresh_for_ms, struct mono now)
{
	bool was_followed = fleet_contact_phase(c, fresh_for_ms, now) == FLEET_FOLLOWED;

	if (!is_on) {
		*c = (struct fleet_contact){0};
		return;
	}
	if (!c->is_on || c->is_heard != is_heard)
		c->since = now;
	if (was_followed && !is_heard)
		c->lost = now;
	c->is_on = true;
	c->is_heard = is_heard;
}

enum fleet_phase
fleet_contact_phase(const struct fleet_contact *c, int64_t fresh_for_ms, struct mono now)
{
	if (!c->is_on)
		return FLEET_OFF;
	if (c->is_heard)
		return mono_diff_ms(now, c->since) < VOTES_FRESH_MS ? FLEET_SETTLING
		                                                    : FLEET_FOLLOWED;
	return fleet_contact_stands(c, fresh_for_ms, now) ? FLEET_STANDING : FLEET_ALONE;
}

bool
fleet_contact_stands(const struct fleet_contact *c, int64_t fresh_for_ms, struct mono now)
{
	return c->is_on && !mono_is_never(c->lost) &&
	       mono_diff_ms(now, c->lost) < fresh_for_ms;
}

const char *
fleet_phase_text(enum fleet_phase p)
{
	static const char *const texts[] = {
	    [FLEET_OFF] = "off",
	    [FLEET_SETTLING] = "settling",
	    [FLEET_FOLLOWED] = "followed",
	    [FLEET_STANDING] = "standing",
	    [FLEET_ALONE] = "alone",
	};

	return texts[p];
}
