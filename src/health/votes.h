/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fleet quorum: what the votes of several nodes make of a target, and whose word stands
 * while they cannot be heard. Pure.
 *
 * Shape: a node's vote is up or down; a target without a result has none. Down is what a
 * majority of the votes says, and at least two; a missing vote is no "down". While the
 * fleet is out of reach its last word stands for a time; then each node decides alone.
 * Owner: values.
 * Threads: any; time is a parameter.
 * Errors: none.
 * Source: DESIGN "Fleet quorum".
 */
#ifndef HEALTH_VOTES_H
#define HEALTH_VOTES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "health/machine.h"

enum vote { VOTE_NONE, VOTE_UP, VOTE_DOWN };

/* What the fleet says of a target; SILENT: nothing, and what is measured here counts. */
enum fleet_word { FLEET_SILENT, FLEET_UP, FLEET_DOWN };

enum vote
vote_of(enum health_state measured);

enum fleet_word
votes_count(unsigned up, unsigned down);

/* What counts, in the words of the state machine: a target that fails here and not
 * elsewhere is suspect. */
enum health_state
votes_effective(enum health_state measured, enum fleet_word word);

/* "", "up", "down". */
const char *
fleet_word_text(enum fleet_word w);

enum {
	VOTES_INTERVAL_MS = 1000, /* between two looks at the others' votes */
	VOTES_FRESH_MS = 3 * VOTES_INTERVAL_MS, /* how long a vote lasts */
	VOTES_LOSS_MS = 10000, /* what began so close to a loss is one with it */
};

enum fleet_phase {
	FLEET_OFF,
	FLEET_SETTLING, /* heard anew: votes have time to come before they are counted */
	FLEET_FOLLOWED,
	FLEET_STANDING, /* not heard: the last word stands */
	FLEET_ALONE,
};

/* All zero is off. */
struct fleet_contact {
	bool is_on, is_heard;
	struct mono since; /* of is_heard */
	struct mono lost; /* when the fleet was followed last; never: not yet */
};

void
fleet_contact_set(struct fleet_contact *c, bool is_on, bool is_heard,
    int64_t fresh_for_ms, struct mono now);

enum fleet_phase
fleet_contact_phase(const struct fleet_contact *c, int64_t fresh_for_ms, struct mono now);

/* While it is not followed: do its last words still stand? */
bool
fleet_contact_stands(
    const struct fleet_contact *c, int64_t fresh_for_ms, struct mono now);

/* "off", "settling", "followed", "standing", "alone". */
const char *
fleet_phase_text(enum fleet_phase p);

#endif
