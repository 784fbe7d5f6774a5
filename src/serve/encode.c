/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/encode.h"

#include <assert.h>
#include <string.h>

#include "serve/draw.h"
#include "serve/hint.h"
#include "serve/records.h"

enum {
	RR_OWNER_LEN = 2,
	RR_TTL_AT = 6,
	RR_RDATA_AT = 12,
};

struct counts {
	uint16_t rr[3]; /* by enum section */
};

static bool
is_negative_soa(const struct item *i, const struct decision *d)
{
	return rrset_type(i->rrset) == TYPE_SOA && d->zone != NULL &&
	       i->owner == d->zone->apex.bytes;
}

static void
write_choice_rr(struct writer *w, const uint8_t *rr, size_t len, uint32_t ttl)
{
	uint8_t *to = writer_take(w, len);

	if (to == NULL)
		return;
	wire_copy(to, rr, len);
	wire_put32(to + RR_TTL_AT, ttl);
}

/* As many as go into an answer. */
static uint16_t
write_choice(struct writer *w, const struct item *item, const uint8_t *qname,
    const struct draw_seed *seed)
{
	const struct choice *c = item->choice;
	/* the root is shorter than the pointer that they have */
	bool as_is = item->owner == NULL && qname[0] != 0;
	struct draw draw;
	uint16_t n;

	draw_begin(&draw, c, seed);
	for (n = 0; n < c->take && !w->full; n++) {
		uint16_t which = draw_next(&draw);
		const uint8_t *rr = c->rr + c->off[which];
		size_t len = c->off[which + 1] - c->off[which];

		if (as_is) {
			write_choice_rr(w, rr, len, item->ttl);
			continue;
		}
		(void)records_owner(w, item->owner, qname);
		writer_rr_behind(w, wire_get16(rr + RR_OWNER_LEN), item->ttl,
		    rr + RR_RDATA_AT, (uint16_t)(len - RR_RDATA_AT));
	}
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
		uint8_t *fixed;
		size_t start;

		(void)records_owner(w, i->owner, qname);
		fixed = writer_take(w, DNS_RR_FIXED_LEN);
		start = w->len;
		hint_write(w, &r, owner, d->hints, seed);
		if (w->full)
			return;
		wire_put16(fixed, rrset_type(i->rrset));
		wire_put16(fixed + 2, CLASS_IN);
		wire_put32(fixed + 4, i->ttl);
		wire_put16(fixed + 8, (uint16_t)(w->len - start));
	}
}

/* RFC 4892: a TXT of class CH, with TTL 0. */
static void
write_chaos(struct writer *w, const char *text, const uint8_t *qname)
{
	uint8_t len = (uint8_t)strlen(text); /* config: 255 at most */

	(void)records_owner(w, NULL, qname);
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
		if (!is_negative_soa(i, d) ||
		    !records_write_soa(w, i, d->zone, &in->query->qname))
			records_write(w, i, qname);
		n = i->rrset->count;
	} else if (i->rrset != NULL) {
		write_hinted(w, i, d, qname, &seed);
		n = i->rrset->count;
	} else if (i->choice != NULL) {
		n = write_choice(w, i, qname, &seed);
	} else if (i->chaos_text != NULL) {
		write_chaos(w, i->chaos_text, qname);
	} else {
		(void)records_owner(w, i->owner, qname);
		writer_rr_behind(w, TYPE_CNAME, i->ttl, i->cname, name_len(i->cname));
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

/* Most names end in the apex, as the question's does. */
static void
set_anchor(struct writer *w, const struct zone *z, const struct name_path *qname)
{
	uint8_t at = qname->offset[qname->label_count - z->apex_depth];

	writer_set_anchor(w, z->apex.bytes, z->apex.len, z->apex_depth,
	    (uint16_t)(DNS_HEADER_LEN + at));
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
	if (d->zone != NULL)
		set_anchor(&w, d->zone, &q->qname);
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
