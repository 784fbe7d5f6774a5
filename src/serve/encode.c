/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/encode.h"

#include <string.h>

enum { RR_OWNER_LEN = 2, RR_TTL_AT = 6, RR_RDATA_AT = 12 };

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

static void
write_rrset(struct writer *w, const struct item *i, const uint8_t *qname)
{
	const struct rrset *s = i->rrset;
	struct rdata r;

	if (i->owner == NULL && s->flat) {
		copy_rrset(w, s, i->ttl);
		return;
	}
	for (size_t pos = 0; !w->full && rrset_next(s, &pos, &r);)
		writer_rr(w, i->owner != NULL ? i->owner : qname, s->type, i->ttl, r.data,
		    r.len);
}

static uint32_t
next_random(uint32_t *r)
{
	*r = *r * 1664525u + 1013904223u;
	return *r >> 8;
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

/* An endpoint by weight that is not yet among the first `have` of taken[]. */
static uint16_t
draw(const struct choice *c, const uint16_t *taken, uint16_t have, uint32_t *random)
{
	uint32_t total = c->weights[c->count - 1], r, before;
	uint16_t i;

	for (uint16_t k = 0; k < have; k++)
		total -=
		    c->weights[taken[k]] - (taken[k] != 0 ? c->weights[taken[k] - 1] : 0);
	r = total != 0 ? next_random(random) % total : 0;
	for (i = 0, before = 0; i < c->count; i++) {
		uint32_t weight = c->weights[i] - before;
		uint16_t k;

		before = c->weights[i];
		for (k = 0; k < have && taken[k] != i; k++)
			continue;
		if (k != have)
			continue;
		if (total == 0 || r < weight)
			break;
		r -= weight;
	}
	return i;
}

enum { DRAW_MAX = 64 };

/* All, from a random one on; or `take` of them, by weight and without replacement. */
static uint16_t
write_choice(struct writer *w, const struct item *item, uint32_t random)
{
	const struct choice *c = item->choice;
	uint16_t taken[DRAW_MAX], n = 0;
	uint16_t take = c->take;

	if (!c->weighted) {
		uint16_t at = (uint16_t)(random % c->count);

		for (n = 0; n < take && !w->full; n++) {
			write_choice_rr(w, c, at, item->ttl, item->owner);
			at = (uint16_t)(at + 1 == c->count ? 0 : at + 1);
		}
		return n;
	}
	if (take > DRAW_MAX && take < c->count)
		take = DRAW_MAX;
	for (n = 0; n < take && !w->full; n++) {
		uint16_t i = n;

		if (take < c->count)
			i = taken[n] = draw(c, taken, n, &random);
		write_choice_rr(w, c, i, item->ttl, item->owner);
	}
	return n;
}

/* One item in full or not at all. */
static void
write_item(struct writer *w, const struct encode_input *in, const struct item *i,
    struct counts *counts)
{
	const uint8_t *qname = in->packet + DNS_HEADER_LEN;
	uint16_t n = 1;

	if (i->rrset != NULL) {
		write_rrset(w, i, qname);
		n = i->rrset->count;
	} else if (i->choice != NULL) {
		n = write_choice(w, i, in->random);
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
		size_t len = w->len;
		uint8_t name_count = w->name_count;

		write_item(w, in, &d->items[i], counts);
		if (!w->full)
			continue;
		w->len = len;
		w->name_count = name_count;
		w->full = false;
		/* RFC 2181 9: what is only additional is left out without a word */
		if (d->items[i].section != SECTION_ADDITIONAL)
			return false;
	}
	return true;
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
	w.len = DNS_HEADER_LEN;
	if (q->question_len != 0) {
		writer_put(&w, in->packet + DNS_HEADER_LEN, q->question_len);
		writer_note_name(&w, DNS_HEADER_LEN);
	}
	if (d->aa)
		flags |= FLAG_AA;
	if (!write_items(&w, in, d, &counts))
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
