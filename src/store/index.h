/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which records there are: what a replica knows of each key without its fields.
 *
 * Shape: a hash table of entries, a block of a slab each: 35 octets and the key, about 75
 * octets for a common record with its place in the table. All types of one owner are in
 * one chain, so that its other records are found at once.
 * Owner: the index owns its entries.
 * Threads: one at a time.
 * Errors: none.
 * Source: none.
 */
#ifndef STORE_INDEX_H
#define STORE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ENTRY_ACCEPTED = 1, /* a good version was seen; sum is that version's */
	ENTRY_EMITTED = 2, /* and handed on */
	ENTRY_STEERED = 4, /* refers to regions, checks or pools of the configuration */
	ENTRY_REMOVAL = 8, /* is to be served no longer: see store/removal.h */
	ENTRY_COUNTED = 16, /* served, and counted by store/census.h */
	ENTRY_GOING = 32, /* counted there as what wants to go */
	ENTRY_WAITS = 64, /* has changed in a zone that is frozen */
};

struct removal;

struct reject {
	uint64_t sum; /* of the version that was rejected; 0: it could not be read */
	int64_t since_s;
	char why[];
};

struct entry {
	struct entry *next;
	uint64_t sum;
	union {
		struct reject *reject; /* NULL: the last version seen is good */
		struct removal *removal; /* with ENTRY_REMOVAL */
	};
	uint32_t generation; /* of the full read that saw it last */
	uint16_t key_len;
	uint16_t endpoints; /* of its pool, as far as the census counts */
	uint16_t window; /* number of the minute in which it changed last */
	uint8_t flags;
	char key[]; /* NUL behind it */
};

struct index {
	struct entry **buckets;
	size_t bucket_count; /* a power of two, or 0 */
	size_t count;
	size_t reject_count;
	uint32_t generation;
	struct slab *slab; /* NULL: no entry yet */
};

struct slab;

void
index_fini(struct index *x);

/* So many entries are about to come. */
void
index_reserve(struct index *x, size_t count);

/* NULL: not there. */
struct entry *
index_find(const struct index *x, const char *key, size_t len);

/* Adds it when it is not there; its generation is set to the present one. len is below
 * 65,536. */
struct entry *
index_get(struct index *x, const char *key, size_t len);

void
index_remove(struct index *x, struct entry *e);

/* Notes why the last version was rejected; NULL: it was good. Not with ENTRY_REMOVAL. */
void
index_reject(struct index *x, struct entry *e, uint64_t sum, const char *why);

/* NULL: the last version seen is good, or is one that removes. */
static inline struct reject *
entry_reject(const struct entry *e)
{
	return e->flags & ENTRY_REMOVAL ? NULL : e->reject;
}

/* The next entry of e's owner behind e; with `first`, the first of all. NULL: no more. */
struct entry *
index_sibling(const struct index *x, const struct entry *e, bool first);

/* Use as  for (size_t at = 0; (e = index_next(x, &at, e)) != NULL;)  with e NULL first.
 */
struct entry *
index_next(const struct index *x, size_t *at, const struct entry *e);

#endif
