/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/records.h"

#include <string.h>

enum {
	OWNER_LEN = 2,
	TTL_AT = 6,
	LEN_AT = 10,
	RDATA_AT = 12,
	POINTER = 0xc000,
	QUESTION = POINTER | DNS_HEADER_LEN, /* its name */
	SOA_NUMBERS_LEN = 20
};

/* The pointer to an owner that is in the response; 0: it may be, or not. */
static inline uint16_t
find_owner(struct writer *w, const uint8_t *owner, const uint8_t *qname)
{
	if (owner != NULL)
		return writer_known(w, owner);
	/* the root is shorter than a pointer to it */
	return qname[0] != 0 ? QUESTION : 0;
}

uint16_t
records_owner(struct writer *w, const uint8_t *owner, const uint8_t *qname)
{
	uint16_t pointer = find_owner(w, owner, qname);

	if (pointer == 0)
		return writer_name(w, owner != NULL ? owner : qname);
	writer_put16(w, pointer);
	return pointer;
}

/* As they stand, but for owner and TTL. */
static void
copy(struct writer *w, const struct rrset *s, uint16_t owner, uint32_t ttl)
{
	uint8_t *rr = writer_take(w, s->wire_len);

	if (rr == NULL)
		return;
	wire_copy(rr, s->wire, s->wire_len);
	if (owner == QUESTION && ttl == rrset_ttl(s))
		return;
	for (unsigned left = s->count; left != 0; left--) {
		wire_put16(rr, owner);
		wire_put32(rr + TTL_AT, ttl);
		rr += RDATA_AT + (size_t)wire_get16(rr + LEN_AT);
	}
}

void
records_write(struct writer *w, const struct item *i, const uint8_t *qname)
{
	const struct rrset *s = i->rrset;
	uint16_t owner = find_owner(w, i->owner, qname);
	size_t pos = 0;
	struct rdata r;

	if (s->flat && owner != 0) {
		copy(w, s, owner, i->ttl);
		return;
	}
	/* the first one, or all of those that can not be pointed to */
	while (owner == 0 && !w->full && rrset_next(s, &pos, &r)) {
		owner = writer_name(w, i->owner != NULL ? i->owner : qname);
		writer_rr_behind(w, rrset_type(s), i->ttl, r.data, r.len);
	}
	while (!w->full && pos < s->wire_len) {
		const uint8_t *rr = s->wire + pos;

		pos += RDATA_AT + (size_t)wire_get16(rr + LEN_AT);
		writer_rr_stored(w, owner, i->ttl, rr);
	}
}

/* What a negative answer needs to know of its zone. */
struct apex {
	const struct name *name; /* lower case */
	uint16_t pointer; /* to where it stands in the question */
};

/*
 * Where, from `from` on, the apex begins in the name that begins there; 0: it does not
 * end in the apex, in the same case. Nothing is read from `end` on.
 */
static inline size_t
find_apex(const struct apex *a, const uint8_t *from, const uint8_t *end)
{
	size_t at = 0, len = a->name->len;

	for (; from[at] != 0; at += from[at] + 1u)
		if (from[at] == a->name->bytes[0] && (size_t)(end - from) >= at + len &&
		    wire_equal(from + at, a->name->bytes, len))
			return at;
	return 0;
}

/*
 * The SOA of a negative answer, which lies in the zone of its question: the apex is part
 * of the question's name, and nearly always what the names of the RDATA end in. So there
 * is nothing to look for in the writer's table. False, and nothing is written, when it is
 * otherwise, or room is short.
 */
static bool
write_soa(struct writer *w, const struct rrset *s, uint32_t ttl, const struct apex *a)
{
	const uint8_t *mname = s->wire + RDATA_AT, *end = s->wire + s->wire_len, *rname;
	size_t m = find_apex(a, mname, end), r;
	uint8_t *rr;

	if (m == 0)
		return false;
	rname = mname + m + a->name->len;
	r = find_apex(a, rname, end);
	if (r == 0 || w->limit < w->len || w->limit - w->len < s->wire_len)
		return false;
	rr = writer_take(w, RDATA_AT + m + 2 + r + 2 + SOA_NUMBERS_LEN);
	if (rr == NULL)
		return false;
	wire_put16(rr, a->pointer);
	wire_put16(rr + OWNER_LEN, TYPE_SOA);
	wire_put16(rr + OWNER_LEN + 2, CLASS_IN);
	wire_put32(rr + TTL_AT, ttl);
	wire_put16(rr + LEN_AT, (uint16_t)(m + 2 + r + 2 + SOA_NUMBERS_LEN));
	rr += RDATA_AT;
	wire_copy(rr, mname, m);
	wire_put16(rr + m, a->pointer);
	rr += m + 2;
	wire_copy(rr, rname, r);
	wire_put16(rr + r, a->pointer);
	memcpy(rr + r + 2, end - SOA_NUMBERS_LEN, SOA_NUMBERS_LEN);
	return true;
}

bool
records_write_soa(struct writer *w, const struct item *i, const struct zone *zone,
    const struct name_path *qname)
{
	const struct apex apex = {
	    .name = &zone->apex,
	    .pointer =
	        (uint16_t)(POINTER |
	                   (DNS_HEADER_LEN +
	                       qname->offset[qname->label_count - zone->apex_depth])),
	};

	return write_soa(w, i->rrset, i->ttl, &apex);
}
