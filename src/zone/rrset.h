/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One RRset, as wire bytes that are ready to be copied into a response.
 *
 * Shape: one allocation. wire[] is `count` complete RRs one behind the other: owner
 * C0 0C (a pointer to offset 12, where the question's name stands), type, class IN,
 * TTL, RDLENGTH, RDATA with uncompressed names. RRs are in canonical RDATA order, each
 * once. A steered RRset has no RRs but the id of its pool: type POOL (for A and AAAA
 * or the CNAME, and hints), or A or AAAA alone. Its wire_len is 0, and behind it stands
 * one RR of that type whose RDATA is the id; so type and TTL are in wire[] of all.
 * Owner: whoever made it; a node has its own copy (zone/table.h).
 * Threads: immutable.
 * Errors: ERR_RANGE when the RRset would pass 65,535 octets.
 * Source: RFC 2181 5, RFC 4034 6.3.
 */
#ifndef ZONE_RRSET_H
#define ZONE_RRSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dns/wire.h"

struct rrset {
	uint16_t wire_len; /* of the RRs */
	uint16_t count; /* RRs, 0 when steered */
	bool flat : 1; /* no names in the RDATA that may be compressed: copy as is */
	bool from_store : 1;
	bool steered : 1;
	bool last : 1; /* of its node: set by zone/table.c */
	uint8_t wire[];
};

enum { RRSET_STEERED_LEN = 16 }; /* of its wire[] */

/* As it is written. */
static inline const uint8_t *
rrset_type_at(const struct rrset *s)
{
	return s->wire + 2;
}

static inline uint16_t
rrset_type(const struct rrset *s)
{
	return wire_get16(rrset_type_at(s));
}

/* Seconds; of a POOL: the zone file's TTL, 0 when it gave none. */
static inline uint32_t
rrset_ttl(const struct rrset *s)
{
	return wire_get32(s->wire + 6);
}

/* The pool's id; 0 when it is not steered. */
static inline uint32_t
rrset_pool(const struct rrset *s)
{
	return s->steered ? wire_get32(s->wire + 12) : 0;
}

/* Octets that it takes, with what aligns another behind it. */
static inline size_t
rrset_size(const struct rrset *s)
{
	size_t len = s->steered ? (size_t)RRSET_STEERED_LEN : s->wire_len;

	return (offsetof(struct rrset, wire) + len + 1u) & ~(size_t)1;
}

struct rdata {
	const uint8_t *data;
	uint16_t len;
};

/* Sorts, drops duplicates, copies. */
MUST_CHECK enum err
rrset_new(uint16_t type, uint32_t ttl, const struct rdata *rdatas, size_t count,
    struct rrset **out);

struct rrset *
rrset_new_steered(uint16_t type, uint32_t ttl, uint32_t pool);

/* NULL is allowed. */
void
rrset_free(struct rrset *s);

/* RFC 4034 6.3 order of RDATA as octet strings. */
int
rdata_compare(const struct rdata *a, const struct rdata *b);

/*
 * Walks the RRs: *pos starts at 0; false at the end. Use as
 *   for (size_t pos = 0; rrset_next(s, &pos, &r);)
 */
static inline bool
rrset_next(const struct rrset *s, size_t *pos, struct rdata *out)
{
	const uint8_t *rr = s->wire + *pos;

	if (*pos >= s->wire_len)
		return false;
	out->len = wire_get16(rr + 10);
	out->data = rr + 12;
	*pos += 12u + out->len;
	return true;
}

#endif
