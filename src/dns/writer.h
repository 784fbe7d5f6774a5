/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes a response.
 *
 * Shape: a sticky cursor over the caller's buffer: once something did not fit, the
 * writer is `full` and the rest of that RRset is not written; the caller decides
 * what that means (TC, or leaving additional data out). Names are compressed
 * against the names already written, through a small fixed table of offsets.
 * Owner: the buffer is the caller's.
 * Threads: any; no allocation.
 * Errors: `full`.
 * Source: RFC 1035 4.1.4; RFC 3597 4 (only well-known types are compressed).
 */
#ifndef DNS_WRITER_H
#define DNS_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"
#include "dns/wire.h"

enum { WRITER_NAMES_MAX = 64 };

struct writer {
	uint8_t *buf;
	size_t len;
	size_t limit; /* octets that may be used; room for OPT is kept by the caller */
	bool full;
	uint8_t name_count;
	uint16_t names[WRITER_NAMES_MAX]; /* offsets of suffixes that may be pointed to */
	uint8_t name_lens[WRITER_NAMES_MAX]; /* their octets, were they not compressed */
};

void
writer_init(struct writer *w, uint8_t *buf, size_t limit);

/* Each returns with w->full set, and w->len as it was, when there is no room. */
void
writer_put(struct writer *w, const void *data, size_t len);

void
writer_put16(struct writer *w, uint16_t v);

void
writer_put32(struct writer *w, uint32_t v);

/* A name as it is, or as suffix and pointer. The uncompressed labels may be pointed to
 * later. */
void
writer_name(struct writer *w, const uint8_t *name, bool may_compress);

/* Registers the suffixes of an uncompressed name that was copied to offset. */
void
writer_note_name(struct writer *w, uint16_t offset);

/*
 * One RR: owner (compressed), type, class IN, TTL, RDATA. Names in the RDATA of the
 * types of RFC 1035 are compressed as RFC 3597 4 allows; all else is copied.
 */
void
writer_rr(struct writer *w, const uint8_t *owner, uint16_t type, uint32_t ttl,
    const uint8_t *rdata, uint16_t rdata_len);

/* True when the RDATA of this type may hold compressed names on the wire. */
bool
rdata_has_names(uint16_t type);

/*
 * True when the RDATA of a type with rdata_has_names() has the form of its type, so
 * that writer_rr() can trust it; true for all other types.
 */
bool
rdata_check(uint16_t type, const uint8_t *rdata, size_t len);

#endif
