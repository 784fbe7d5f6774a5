/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes a response.
 *
 * Shape: a sticky cursor over the caller's buffer: once something did not fit, the
 * writer is `full` and the rest of that RRset is not written; the caller decides
 * what that means (TC, or leaving additional data out). Names are compressed
 * against the names already written, through a small fixed hash table of offsets;
 * the question's name goes into it when the first other name is written, so that an
 * answer made of octets that are copied pays nothing for it.
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
	uint16_t pending; /* offset of a name that is not in the table yet; 0: none */
	uint16_t names[WRITER_NAMES_MAX]; /* offsets of suffixes that may be pointed to */
	uint32_t hashes[WRITER_NAMES_MAX]; /* of those suffixes, in any case */
	uint8_t next[WRITER_NAMES_MAX]; /* in the bucket: index + 1, 0: none */
	uint8_t buckets[WRITER_NAMES_MAX]; /* unset while name_count is 0 */
};

/* A place to go back to: what was written behind it is forgotten, its names too. */
struct writer_mark {
	size_t len;
	uint16_t pending;
	uint8_t name_count;
};

static inline void
writer_init(struct writer *w, uint8_t *buf, size_t limit)
{
	w->buf = buf;
	w->len = 0;
	w->limit = limit;
	w->full = false;
	w->name_count = 0;
	w->pending = 0;
}

static inline struct writer_mark
writer_mark(const struct writer *w)
{
	return (struct writer_mark){w->len, w->pending, w->name_count};
}

/* Also clears `full`. */
void
writer_rewind(struct writer *w, const struct writer_mark *mark);

/* Room for len octets, or NULL and full. The limit may have been lowered below len. */
static inline uint8_t *
writer_take(struct writer *w, size_t len)
{
	uint8_t *p = w->buf + w->len;

	if (w->full || w->len > w->limit || w->limit - w->len < len) {
		w->full = true;
		return NULL;
	}
	w->len += len;
	return p;
}

/* Each returns with w->full set, and w->len as it was, when there is no room. */
static inline void
writer_put(struct writer *w, const void *data, size_t len)
{
	uint8_t *p = writer_take(w, len);

	if (p != NULL && len != 0)
		wire_copy(p, data, len);
}

static inline void
writer_put16(struct writer *w, uint16_t v)
{
	uint8_t *p = writer_take(w, 2);

	if (p != NULL)
		wire_put16(p, v);
}

static inline void
writer_put32(struct writer *w, uint32_t v)
{
	uint8_t *p = writer_take(w, 4);

	if (p != NULL)
		wire_put32(p, v);
}

/* A name as it is, or as suffix and pointer. The uncompressed labels may be pointed to
 * later. */
void
writer_name(struct writer *w, const uint8_t *name, bool may_compress);

/* Puts the pending name into the table. */
void
writer_note_pending(struct writer *w);

/* Lets later names point to an uncompressed name that was copied to offset, not 0. */
static inline void
writer_note_name(struct writer *w, uint16_t offset)
{
	if (w->pending != 0)
		writer_note_pending(w);
	w->pending = offset;
}

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
