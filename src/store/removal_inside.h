/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of store/removal.h share, and nobody else.
 *
 * Shape: removal.c decides; removal_held.c has what is held.
 * Owner: see store/removal.h.
 * Threads: see there.
 * Errors: none.
 * Source: none.
 */
#ifndef STORE_REMOVAL_INSIDE_H
#define STORE_REMOVAL_INSIDE_H

#include "store/removal.h"

void
removal_unlink(struct removal *m);

void
removal_link(struct removal **list, struct removal *m);

void
removal_move(struct removals *r, struct removal *m, enum removal_state state);

void
removal_free(struct removal *m);

/* Counted by the census as what wants to go, or not any more; its zone is known. */
void
removal_go(struct removals *r, struct removal *m);

void
removal_stay(struct removals *r, struct removal *m);

void
removal_carry_out(struct removals *r, struct removal *m);

void
removal_unmark(struct removals *r, struct removal *m);

void
removals_hold(struct removals *r, struct removal *m, const char *why);

/* Zones that have got back a part of what is held: as removals_run(). */
int64_t
removals_end_quiet(struct removals *r, struct mono now);

void
removals_tell_held(struct removals *r);

void
removals_end_mass(struct removals *r);

#endif
