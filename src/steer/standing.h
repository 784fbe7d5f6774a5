/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an endpoint counts for on the ladder: what was measured of it, whether it is held
 * back, and what an operator says, in one word. Pure.
 *
 * Shape: five standings, the best first.
 * Owner: values.
 * Threads: any.
 * Errors: none.
 * Source: DESIGN "The ladder", "Health", "Overrides".
 */
#ifndef STEER_STANDING_H
#define STEER_STANDING_H

#include <stdbool.h>
#include <stdint.h>

#include "health/machine.h"

enum standing {
	STANDING_UP, /* measured as up or suspect, or said to be up */
	STANDING_UNKNOWN, /* no result yet: healthy where nothing better is there */
	STANDING_HELD, /* up, but came back too often: passed over where others suffice */
	STANDING_DRAINED, /* not healthy, but used before rescue */
	STANDING_DOWN,
};

/* What an operator says of an endpoint in place of what is measured. */
enum override { OVERRIDE_AUTO, OVERRIDE_UP, OVERRIDE_DOWN, OVERRIDE_DRAIN };

enum standing
standing_of(enum health_state measured, bool held, enum override override);

/* Up, unknown and held are healthy. */
bool
standing_is_healthy(enum standing s);

/* "up", "unknown", "held", "drained", "down". */
const char *
standing_text(enum standing s);

/* "auto", "up", "down", "drain". */
const char *
override_text(enum override o);

#endif
