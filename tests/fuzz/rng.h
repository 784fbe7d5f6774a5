/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers that look random and are the same for the same seed (xorshift64*). */
#ifndef FUZZ_RNG_H
#define FUZZ_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t state; /* not 0 */
};

static inline uint32_t
rng_next(struct rng *r)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return (uint32_t)(r->state * 0x2545f4914f6cdd1du >> 32);
}

/* 0 to n - 1; n is not 0. */
static inline uint32_t
rng_below(struct rng *r, size_t n)
{
	return (uint32_t)(((uint64_t)rng_next(r) * n) >> 32);
}

/* One time in n. */
static inline bool
rng_one_in(struct rng *r, uint32_t n)
{
	return rng_below(r, n) == 0;
}

#endif
