/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SipHash-2-4: a keyed hash that nobody can forge without the key.
 *
 * Shape: 16 octets of key and any octets in, 64 bits out. As octets the result is
 * little-endian, which siphash_put() writes.
 * Owner: none.
 * Threads: any; no state.
 * Errors: none.
 * Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012; RFC 9018 4.4.
 */
#ifndef DNS_SIPHASH_H
#define DNS_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

enum { SIPHASH_KEY_LEN = 16, SIPHASH_LEN = 8 };

uint64_t
siphash(const uint8_t key[SIPHASH_KEY_LEN], const uint8_t *p, size_t len);

void
siphash_put(uint8_t out[SIPHASH_LEN], uint64_t hash);

#endif
