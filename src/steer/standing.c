/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/standing.h"

enum standing
standing_of(enum health_state measured, bool held, enum override override)
{
	switch (override) {
	case OVERRIDE_AUTO:
		break;
	case OVERRIDE_UP:
		return STANDING_UP; /* which also ends a hold */
	case OVERRIDE_DOWN:
		return STANDING_DOWN;
	case OVERRIDE_DRAIN:
		return STANDING_DRAINED;
	}
	switch (measured) {
	case HEALTH_UP:
	case HEALTH_SUSPECT:
		return held ? STANDING_HELD : STANDING_UP;
	case HEALTH_UNKNOWN:
		return held ? STANDING_HELD : STANDING_UNKNOWN;
	case HEALTH_DOWN:
	case HEALTH_RECOVERING:
		break;
	}
	return STANDING_DOWN;
}

bool
standing_is_healthy(enum standing s)
{
	return s == STANDING_UP || s == STANDING_UNKNOWN || s == STANDING_HELD;
}

const char *
standing_text(enum standing s)
{
	static const char *const texts[] = {
	    [STANDING_UP] = "up",
	    [STANDING_UNKNOWN] = "unknown",
	    [STANDING_HELD] = "held",
	    [STANDING_DRAINED] = "drained",
	    [STANDING_DOWN] = "down",
	};

	return texts[s];
}

const char *
override_text(enum override o)
{
	static const char *const texts[] = {
	    [OVERRIDE_AUTO] = "auto",
	    [OVERRIDE_UP] = "up",
	    [OVERRIDE_DOWN] = "down",
	    [OVERRIDE_DRAIN] = "drain",
	};

	return texts[o];
}
