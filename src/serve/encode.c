/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/encode.h"

#include <assert.h>
#include <string.h>

#include "serve/draw.h"
#include "serve/hint.h"

enum {
	RR_OWNER_LEN = 2,
	RR_TTL_AT = 6,
	RR_LEN_AT = 10,
	RR_RDATA_AT = 12,
	POINTER = 0xc000,
	SOA_NUMBERS_LEN = 20
};

struct counts {
	uint16_t rr[3]; /* by enum section */
};

/* The RRs of an RRset whose owner is the question's name, as they stand. */
static void
copy_rrset(struct writer *w, const struct rrset *s, uint32_t ttl)
{
	uint8_t *to = w->buf + w->len;

	writer_put(w, s->wire, s->wire_len);
	if (w->full || ttl == s->ttl)
		return;
	for (size_t pos = 0; pos < s->wire_len;) {
		wire_put32(to + pos + RR_TTL_AT, ttl);
		pos += RR_RDATA_AT + (size_t)wire_get16(to + pos + RR_RDATA_AT - 2);
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
	const uint8_t *mname = s->wire + RR_RDATA_AT, *end = s->wire + s->wire_len,
	              *rname;
	size_t m = find_apex(a, mname, end), r;
	uint8_t *rr;

	if (m == 0)
		return false;
	rname = mname + m + a->name->len;
	r = find_apex(a, rname, end);
	if (r == 0 || w->limit < w->len || w->limit - w->len < s->wire_len)
		return false;
	rr = writer_take(w, RR_RDATA_AT + m + 2 + r + 2 + SOA_NUMBERS_LEN);
	if (rr == NULL)
		return false;
	wire_put16(rr, a->pointer);
	wire_put16(rr + RR_OWNER_LEN, TYPE_SOA);
	wire_put16(rr + RR_OWNER_LEN + 2, CLASS_IN);
	wire_put32(rr + RR_TTL_AT, ttl);
	wire_put16(rr + RR_LEN_AT, (uint16_t)(m + 2 + r + 2 + SOA_NUMBERS_LEN));
	rr += RR_RDATA_AT;
	wire_copy(rr, mname, m);
	wire_put16(rr + m, a->pointer);
	rr += m + 2;
	wire_copy(rr, rname, r);
	wire_put16(rr + r, a->pointer);
	memcpy(rr + r + 2, end - SOA_NUMBERS_LEN, SOA_NUMBERS_LEN);
	return true;
}

static bool
is_negative_soa(const struct item *i, const struct decision *d)
{
	return i->rrset->type == TYPE_SOA && d->zone != NULL &&
	       i->owner == d->zone->apex.bytes;
}

static bool
write_negative_soa(struct writer *w, const struct item *i, const struct decision *d,
    const struct query *q)
{
	const struct name_path *qname = &q->qname;
	const struct apex apex = {
	    .name = &d->zone->apex,
	    .pointer =
	        (uint16_t)(POINTER |
	                   (DNS_HEADER_LEN +
	                       qname->offset[qname->label_count - d->zone->apex_depth])),
	};

	return write_soa(w, i->rrset, i->ttl, &apex);
}

static void
write_rrset(struct writer *w, const struct item *i, const uint8_t *qname)
{
	const struct rrset *s = i->rrset;
	struct rdata r;

	/* the root is shorter than a pointer to it */
	if (i->owner == NULL && s->flat && qname[0] != 0) {
		copy_rrset(w, s, i->ttl);
		return;
	}
	for (size_t pos = 0; !w->full && rrset_next(s, &pos, &r);)
		writer_rr(w, i->owner != NULL ? i->owner : qname, s->type, i->ttl, r.data,
		    r.len);
}

static void
write_choice_rr(struct writer *w, const struct choice *c, uint16_t n, uint32_t ttl,
    const uint8_t *owner)
{
	const uint8_t *rr = c->rr + c->off[n];
	size_t len = c->off[n + 1] - c->off[n];
	uint8_t *to = w->buf + w->len;

	if (owner != NULL) {
		writer_rr(w, owner, wire_get16(rr + RR_OWNER_LEN), ttl, rr + RR_RDATA_AT,
		    (uint16_t)(len - RR_RDATA_AT));
		return;
	}
	writer_put(w, rr, len);
	if (!w->full)
		wire_put32(to + RR_TTL_AT, ttl);
}

/* As many as go into an answer. */
static uint16_t
write_choice(struct writer *w, const struct item *item, const uint8_t *qname,
    const struct draw_seed *seed)
{
	const struct choice *c = item->choice;
	/* as in write_rrset() */
	const uint8_t *owner = item->owner == NULL && qname[0] == 0 ? qname : item->owner;
	struct draw draw;
	uint16_t n;

	draw_begin(&draw, c, seed);
	for (n = 0; n < c->take && !w->full; n++)
		write_choice_rr(w, c, draw_next(&draw), item->ttl, owner);
	return n;
}

/* An RRset of HTTPS or SVCB with hints of the moment. */
static void
write_hinted(struct writer *w, const struct item *i, const struct decision *d,
    const uint8_t *qname, const struct draw_seed *seed)
{
	const uint8_t *owner = i->owner != NULL ? i->owner : qname;
	struct rdata r;

	for (size_t pos = 0; !w->full && rrset_next(i->rrset, &pos, &r);) {
		size_t at;

		writer_name(w, owner, true);
		writer_put16(w, i->rrset->type);
		writer_put16(w, CLASS_IN);
		writer_put32(w, i->ttl);
		at = w->len;
		writer_put16(w, 0);
		hint_write(w, &r, owner, d->hints, seed);
		if (!w->full)
			wire_put16(w->buf + at, (uint16_t)(w->len - at - 2));
	}
}

/* RFC 4892: a TXT of class CH, with TTL 0. */
static void
write_chaos(struct writer *w, const char *text, const uint8_t *qname)
{
	uint8_t len = (uint8_t)strlen(text); /* config: 255 at most */

	writer_name(w, qname, true);
	writer_put16(w, TYPE_TXT);
	writer_put16(w, CLASS_CH);
	writer_put32(w, 0);
	writer_put16(w, (uint16_t)(len + 1));
	writer_put(w, &len, 1);
	writer_put(w, text, len);
}

/* One item in full or not at all. */
static void
write_item(struct writer *w, const struct encode_input *in, const struct decision *d,
    const struct item *i, struct counts *counts)
{
	const struct draw_seed seed = {in->random, d->client_hash};
	const uint8_t *qname = in->packet + DNS_HEADER_LEN;
	uint16_t n = 1;

	if (i->rrset != NULL && !i->hinted) {
		if (!is_negative_soa(i, d) || !write_negative_soa(w, i, d, in->query))
			write_rrset(w, i, qname);
		n = i->rrset->count;
	} else if (i->rrset != NULL) {
		write_hinted(w, i, d, qname, &seed);
		n = i->rrset->count;
	} else if (i->choice != NULL) {
		n = write_choice(w, i, qname, &seed);
	} else if (i->chaos_text != NULL) {
		write_chaos(w, i->chaos_text, qname);
	} else {
		writer_rr(w, i->owner != NULL ? i->owner : qname, TYPE_CNAME, i->ttl,
		    i->cname, name_len(i->cname));
	}
	if (!w->full)
		counts->rr[i->section] = (uint16_t)(counts->rr[i->section] + n);
}

/* True when all that must be in the response is in it. */
static bool
write_items(struct writer *w, const struct encode_input *in, const struct decision *d,
    struct counts *counts)
{
	for (size_t i = 0; i < d->item_count; i++) {
		struct writer_mark mark = writer_mark(w);

		write_item(w, in, d, &d->items[i], counts);
		if (!w->full)
			continue;
		writer_rewind(w, &mark);
		/*
		 * RFC 2181 9: what is only additional is left out without a word;
		 * RFC 9471 3.1: but not the glue that a referral is worth nothing without
		 */
		if (d->items[i].section != SECTION_ADDITIONAL || d->items[i].required)
			return false;
	}
	return !d->is_incomplete;
}

size_t
encode(const struct encode_input *in, const struct decision *d, uint8_t *out)
{
	const struct query *q = in->query;
	size_t opt_len = in->edns != NULL ? edns_len(in->edns) : 0;
	uint16_t flags =
	    (uint16_t)(FLAG_QR | (q->flags & (FLAG_OPCODE | FLAG_RD)) | (d->rcode & 15));
	struct counts counts = {0};
	struct writer w;

	writer_init(&w, out, in->limit - opt_len);
	assert(DNS_HEADER_LEN + q->question_len + opt_len <= in->limit);
	w.len = DNS_HEADER_LEN;
	if (q->question_len != 0) {
		writer_put(&w, in->packet + DNS_HEADER_LEN, q->question_len);
		writer_note_name(&w, DNS_HEADER_LEN);
	}
	if (d->aa)
		flags |= FLAG_AA;
	if (in->truncate || !write_items(&w, in, d, &counts))
		flags |= FLAG_TC;
	w.limit = in->limit;
	w.full = false;
	if (in->edns != NULL)
		edns_write(in->edns, &w);
	wire_put16(out, q->id);
	wire_put16(out + 2, flags);
	wire_put16(out + 4, q->question_len != 0);
	wire_put16(out + 6, counts.rr[SECTION_ANSWER]);
	wire_put16(out + 8, counts.rr[SECTION_AUTHORITY]);
	wire_put16(
	    out + 10, (uint16_t)(counts.rr[SECTION_ADDITIONAL] + (in->edns != NULL)));
	return w.len;
}
