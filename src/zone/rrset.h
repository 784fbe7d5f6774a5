/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One RRset, as wire bytes that are ready to be copied into a response.
 *
 * Shape: one allocation. wire[] is `count` complete RRs one behind the other: owner
 * C0 0C (a pointer to offset 12, where the question's name stands), type, class IN,
 * TTL, RDLENGTH, RDATA with uncompressed names. RRs are in canonical RDATA order, each
 * once. A steered RRset has no RRs but the id of its pool: type POOL (for A and AAAA
 * or the CNAME, and hints), or A or AAAA alone.
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
	uint16_t type;
	uint16_t count; /* RRs, 0 when steered */
	uint32_t ttl; /* seconds; of a POOL: the zone file's TTL, 0 when it gave none */
	uint32_t pool; /* pool id of a steered one, else 0 */
	uint16_t wire_len;
	bool flat : 1; /* no names in the RDATA that may be compressed: copy as is */
	bool from_store : 1;
	bool last : 1; /* of its node: set by zone/table.c */
	uint8_t wire[];
};

/* Octets that it takes, with what aligns another behind it. */
static inline size_t
rrset_size(const struct rrset *s)
{
	return (offsetof(struct rrset, wire) + s->wire_len + 3u) & ~(size_t)3;
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
