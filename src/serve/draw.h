/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Draws the endpoints of a choice that go into one answer, one after the other.
 *
 * Shape: by weight without replacement, or, where weights do not differ, one after the
 * other from a random one on; of a sticky choice in the order in which the client keeps
 * to them. The same seed gives the same endpoints: A answers and the hints of HTTPS are
 * made alike.
 * Owner: the caller's struct; the choice must outlive it.
 * Threads: any; no state but the caller's seed.
 * Errors: none; at most choice->count endpoints may be drawn.
 * Source: DESIGN "The ladder", max_answers.
 */
#ifndef SERVE_DRAW_H
#define SERVE_DRAW_H

#include "steer/choice.h"

struct draw_seed {
	uint32_t random;
	uint64_t client; /* rendezvous_client(), for choices that are hashed */
};

struct draw {
	const struct choice *choice;
	uint64_t random;
	uint64_t client;
	bool is_sticky;
	bool by_weight;
	uint16_t at; /* the next one, when not by weight */
	uint32_t left; /* the weights of those that were not drawn */
	uint64_t drawn[(POOL_ENDPOINTS_MAX + 63) / 64]; /* by weight, or sticky */
};

/* choice has endpoints. */
void
draw_begin(struct draw *d, const struct choice *c, const struct draw_seed *seed);

/* An endpoint by weight that was not drawn yet; where no weight is left, the next one. */
uint16_t
draw_by_weight(struct draw *d);

/* The one that comes next for the client, of those that were not drawn yet. */
uint16_t
draw_sticky(struct draw *d);

/* The index of the next one. */
static inline uint16_t
draw_next(struct draw *d)
{
	uint16_t at = d->at;

	if (d->is_sticky)
		return draw_sticky(d);
	if (d->by_weight)
		return draw_by_weight(d);
	d->at = (uint16_t)(at + 1 == d->choice->count ? 0 : at + 1);
	return at;
}

#endif
