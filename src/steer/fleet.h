/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * This node in its fleet: casts its votes, and puts to the prober what the fleet says of
 * each target.
 *
 * Shape: looks at all targets twice a second; votes go out when one has changed. Words
 * are told as health/votes.h has it. When the fleet is lost for good, what began to fail
 * close to the loss, and only here, is served for one more round of `fall`.
 * Owner: fleet_free(), before the board's; a tally that is handed over belongs to it.
 * Threads: the probe thread's.
 * Errors: none.
 * Source: DESIGN "Fleet quorum".
 */
#ifndef STEER_FLEET_H
#define STEER_FLEET_H

#include "health/votes.h"
#include "steer/board.h"
#include "store/quorum.h"

struct fleet;

struct fleet_hooks {
	/* To the store thread, which takes it over. */
	void (*cast)(void *ctx, struct quorum_votes *votes);
	void *ctx;
};

struct fleet *
fleet_new(struct loop *loop, struct board *board, const struct fleet_hooks *hooks);

/* NULL is allowed. */
void
fleet_free(struct fleet *f);

void
fleet_hear(struct fleet *f, struct quorum_tally *tally);

#endif
