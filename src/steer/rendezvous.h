/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which of several things a client keeps to: rendezvous hashing by the prefix of its
 * address. Pure.
 *
 * Shape: a hash of the client's prefix and one of each candidate give each candidate a
 * draw; the best draw for its weight wins. Who loses its candidate takes the next best,
 * and nobody else moves. The numbers are fixed for ever: no key, the same on all nodes,
 * machines and versions; sextant-steering(7) has them, tests/unit/test_rendezvous.c the
 * vectors. They are not the process's own hash (base/hash.h), which is keyed.
 * Owner: values.
 * Threads: any.
 * Errors: none.
 * Source: Thaler and Ravishankar 1998; with weights, Schindelhauer and Schomaker 2005:
 * the least -log(u) / weight. FNV-1a (RFC 9923); the finalizer of SplitMix64.
 */
#ifndef STEER_RENDEZVOUS_H
#define STEER_RENDEZVOUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"

enum { RENDEZVOUS_IPV4_LEN = 24, RENDEZVOUS_IPV6_LEN = 48 };

/*
 * The client's prefix: /24 of an IPv4 address, also of one inside an IPv6 address, else
 * /48. *scope is set to its length in bits of the address as given.
 */
uint64_t
rendezvous_client(const struct ip *client, uint8_t *scope);

/* Candidates: an address, a name (lower case, on the wire), a region. */
uint64_t
rendezvous_address(const struct ip *address);

uint64_t
rendezvous_name(const uint8_t *name, size_t len);

uint64_t
rendezvous_region(const char *region);

/* What a candidate draws. */
struct rendezvous {
	uint64_t draw;
	uint32_t weight; /* 0: after all that have one */
	uint32_t cost; /* -log2(draw / 2^64) in 1/2^24; 0: not reckoned yet */
};

static inline struct rendezvous
rendezvous_draw(uint64_t client, uint64_t candidate, uint32_t weight)
{
	uint64_t x = client ^ candidate;

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return (struct rendezvous){.draw = x ^ x >> 31, .weight = weight};
}

/* Does a come before b? Reckons costs where weights differ. */
bool
rendezvous_is_before(struct rendezvous *a, struct rendezvous *b);

#endif
