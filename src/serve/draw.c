/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/draw.h"

#include <string.h>

#include "steer/rendezvous.h"

/* Knuth's MMIX generator: a few even draws from one seed. */
static uint32_t
next_random(uint64_t *r)
{
	*r = *r * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*r >> 32);
}

void
draw_begin(struct draw *d, const struct choice *c, const struct draw_seed *seed)
{
	d->choice = c;
	d->random = seed->random;
	d->client = seed->client;
	d->at = (uint16_t)(seed->random % c->count);
	d->is_sticky = c->sticky && c->count > 1;
	/* what is served for want of anything healthy is no matter of weights */
	d->by_weight = c->weighted && c->pick != PICK_ALL;
	if (!d->by_weight && !d->is_sticky)
		return;
	d->left = c->weights[c->count - 1];
	memset(d->drawn, 0, (size_t)(c->count + 63) / 64 * sizeof(d->drawn[0]));
}

uint16_t
draw_by_weight(struct draw *d)
{
	const struct choice *c = d->choice;
	uint64_t r = (uint64_t)next_random(&d->random) * d->left >> 32;
	uint32_t before = 0, weight;
	uint16_t i;

	for (i = 0; i < c->count; i++) {
		weight = c->weights[i] - before;
		before = c->weights[i];
		if (d->drawn[i / 64] >> i % 64 & 1)
			continue;
		if (r < weight || d->left == 0) {
			d->drawn[i / 64] |= UINT64_C(1) << i % 64;
			d->left -= weight;
			break;
		}
		r -= weight;
	}
	return i;
}

uint16_t
draw_sticky(struct draw *d)
{
	const struct choice *c = d->choice;
	struct rendezvous best = {0};
	uint32_t before = 0;
	uint16_t at = 0;
	bool found = false;

	for (uint16_t i = 0; i < c->count; i++) {
		uint32_t weight = d->by_weight ? c->weights[i] - before : 1;
		struct rendezvous r;

		before = c->weights[i];
		if (d->drawn[i / 64] >> i % 64 & 1)
			continue;
		r = rendezvous_draw(d->client, c->hashes[i], weight);
		if (found && !rendezvous_is_before(&r, &best))
			continue;
		best = r;
		at = i;
		found = true;
	}
	d->drawn[at / 64] |= UINT64_C(1) << at % 64;
	return at;
}
