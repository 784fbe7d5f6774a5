/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A keyed 64-bit hash for our own tables.
 *
 * Shape: hash_mix() folds one 64-bit word into a running value, hash_bytes() a run
 * of octets. The key is drawn once per process, so nobody outside can choose
 * names that collide; values must never be stored or sent.
 * Owner: the key is static; hash_init() draws it, before the first thread.
 * Threads: any, after hash_init(). Each look-up reads the key, so its cache line has
 * nothing else in it.
 * Errors: none; without hash_init() (tests, fuzzers) the key is a constant.
 * Source: multiply-and-fold as in wyhash's public description. Not a MAC.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

__extension__ typedef unsigned __int128 hash_wide;

/* The first two words are the key. */
extern alignas(64) uint64_t hash_key[8];

void
hash_init(void);

/* Fills p with octets that nobody can guess, as a key of something else. */
void
hash_draw_key(void *p, size_t len);

static inline uint64_t
hash_mix(uint64_t h, uint64_t v)
{
	hash_wide w = (hash_wide)(h ^ hash_key[0]) * (v ^ hash_key[1]);

	return (uint64_t)w ^ (uint64_t)(w >> 64);
}

static inline uint64_t
hash_bytes(uint64_t h, const uint8_t *p, size_t len)
{
	uint64_t v;

	h = hash_mix(h, len + 0x9e3779b97f4a7c15u);
	for (; len >= 8; p += 8, len -= 8) {
		memcpy(&v, p, 8);
		h = hash_mix(h, v);
	}
	if (len != 0) {
		v = 0;
		memcpy(&v, p, len);
		h = hash_mix(h, v);
	}
	return h;
}

#endif
