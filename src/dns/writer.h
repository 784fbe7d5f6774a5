/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes a response.
 *
 * Shape: a sticky cursor over the caller's buffer: once something did not fit, the
 * writer is `full` and the rest of that RRset is not written; the caller decides
 * what that means (TC, or leaving additional data out). Names are compressed
 * against the names already written: those are a tree of labels, with the root as its
 * root, in a table of fixed size, in which a label is found under its parent by hash. So
 * a name is walked from its right end as far as the tree goes. The question's name goes
 * into it when the first other name is written, so that an answer made of octets that
 * are copied pays nothing for it.
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

enum {
	WRITER_NAMES_MAX = 255, /* labels: a question of 127 and what an answer has */
	WRITER_BUCKETS = 64,
	WRITER_KNOWN_MAX = 16,
};

/* A label that was written, which stands for the name that begins with it. */
struct writer_label {
	uint32_t hash; /* in any case, with that of its parent */
	uint16_t offset; /* beyond fourteen bits: not to be pointed to */
	uint8_t parent; /* the label on its right; 0: the root */
	uint8_t next; /* in the bucket, 0: none */
};

/* A name of the caller's, and the pointer that stands for it. */
struct writer_known {
	const uint8_t *name;
	uint16_t pointer;
};

struct writer {
	uint8_t *buf;
	size_t len;
	size_t limit; /* octets that may be used; room for OPT is kept by the caller */
	bool full;
	uint8_t name_count; /* labels in the tree */
	uint8_t known_count;
	uint8_t known_next; /* where in `known` to look first */
	bool is_rooted; /* the anchor's labels are in the tree under the root */
	uint16_t pending; /* offset of a name that is not in the tree yet; 0: none */
	uint16_t anchor_offset;
	uint8_t anchor_depth; /* labels of the anchor, and its place in the tree */
	uint8_t anchor_len; /* octets, 0: there is none */
	const uint8_t *anchor;
	struct writer_known known[WRITER_KNOWN_MAX]; /* the first ones */
	uint8_t buckets[WRITER_BUCKETS]; /* unset while name_count is 0 */
	struct writer_label names[1 + WRITER_NAMES_MAX]; /* 0: the root */
};

/* A place to go back to: what was written behind it is forgotten, its names too. */
struct writer_mark {
	size_t len;
	uint16_t pending;
	uint8_t name_count;
	uint8_t known_count;
};

static inline void
writer_init(struct writer *w, uint8_t *buf, size_t limit)
{
	w->buf = buf;
	w->len = 0;
	w->limit = limit;
	w->full = false;
	w->name_count = 0;
	w->known_count = 0;
	w->known_next = 0;
	w->pending = 0;
	w->anchor_len = 0;
}

static inline struct writer_mark
writer_mark(const struct writer *w)
{
	return (struct writer_mark){w->len, w->pending, w->name_count, w->known_count};
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

/*
 * A name as it is, or as what is new of it and a pointer to the rest. Returns the
 * pointer that stands for it from now on; 0: none does.
 */
uint16_t
writer_name(struct writer *w, const uint8_t *name);

/*
 * The pointer to a name that was written from these very octets, or 0. For callers whose
 * names all stay where and as they are until the message is written.
 */
static inline uint16_t
writer_known(struct writer *w, const uint8_t *name)
{
	unsigned count = w->known_count, i = w->known_next;

	/* names are mostly asked for in the order they were written in */
	for (unsigned n = 0; n < count; n++, i++) {
		if (i >= count)
			i = 0;
		if (w->known[i].name == name) {
			w->known_next = (uint8_t)i;
			return w->known[i].pointer;
		}
	}
	return 0;
}

/* Lets all names point to an uncompressed name that was copied to offset, not 0, before
 * them. */
static inline void
writer_note_name(struct writer *w, uint16_t offset)
{
	w->pending = offset;
}

/*
 * What most names will end in, as the name does that was noted, in any case: in its last
 * `depth` labels, which stand at offset. Names that end in these very octets are looked
 * up from there, and it costs nothing that there are others.
 */
static inline void
writer_set_anchor(
    struct writer *w, const uint8_t *name, uint8_t len, unsigned depth, uint16_t offset)
{
	w->anchor = name;
	w->anchor_len = len;
	w->anchor_depth = (uint8_t)depth;
	w->anchor_offset = offset;
}

/*
 * One RR: owner (compressed), type, class IN, TTL, RDATA. Names in the RDATA of the
 * types of RFC 1035 are compressed as RFC 3597 4 allows; all else is copied. It is there
 * whole or not at all.
 */
void
writer_rr(struct writer *w, const uint8_t *owner, uint16_t type, uint32_t ttl,
    const uint8_t *rdata, uint16_t rdata_len);

/*
 * The same from behind the owner, which the caller has written. When full, it is the
 * caller who goes back to before that.
 */
void
writer_rr_behind(struct writer *w, uint16_t type, uint32_t ttl, const uint8_t *rdata,
    uint16_t rdata_len);

/*
 * The same of a whole RR that is stored with a pointer as owner, in place of which it
 * gets this one.
 */
void
writer_rr_stored(struct writer *w, uint16_t owner, uint32_t ttl, const uint8_t *rr);

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
