/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each zone should have on disk: so many rows, and the sum of their sums.
 *
 * Shape: a hash table by the text between the braces of a key, "" for keys without one.
 * Owner: tally_fini(). Threads: one at a time. Errors: none.
 * Source: DESIGN "On disk": a flipped page header drops rows unnoticed.
 */
#ifndef STORE_TALLY_H
#define STORE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tally_zone {
	char *zone; /* NULL: an empty place */
	uint64_t records;
	uint64_t sum; /* modulo 2^64 */
	uint64_t damaged; /* rows whose own sum is wrong */
	bool changed; /* since it was written */
};

struct tally {
	struct tally_zone *list;
	size_t count;
	size_t size; /* a power of two, or 0 */
	struct tally_zone *last; /* rows come by zone */
};

void
tally_fini(struct tally *t);

/* NULL: none. */
struct tally_zone *
tally_find(struct tally *t, const char *zone, size_t len);

/* Adds it when it is not there. Good until the next call that adds. */
struct tally_zone *
tally_get(struct tally *t, const char *zone, size_t len);

/* The zone of a record's key. */
struct tally_zone *
tally_of_key(struct tally *t, const char *key, size_t len);

#endif
