/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/axfr.h"

#include <string.h>

#include "base/mem.h"
#include "dns/tsig.h"
#include "dns/writer.h"
#include "serve/contents.h"
#include "serve/transfers.h"

enum {
	ENOUGH = 1 << 14,
	LIMIT = DNS_MESSAGE_MAX - TSIG_LEN_MAX,
	FIRST_LIMIT = LIMIT - TRANSFER_OPT_MAX,
	KEPT_NAMES =
	    16, /* of the first record of a message, the zone's name among them */
	ANCOUNT_AT = 6,
};

struct rendering {
	struct axfr *axfr;
	struct writer w;
	uint16_t count; /* records in this message */
	uint8_t kept;
	const uint8_t *owner; /* of the record before */
	uint8_t buf[DNS_MESSAGE_MAX];
};

static void
begin_message(struct rendering *r)
{
	writer_init(&r->w, r->buf, LIMIT);
	memset(r->buf, 0, DNS_HEADER_LEN);
	r->w.len = DNS_HEADER_LEN;
	r->count = 0;
	r->kept = 0;
	r->owner = NULL;
}

static void
end_message(struct rendering *r)
{
	struct axfr *a = r->axfr;

	wire_put16(r->buf + ANCOUNT_AT, r->count);
	a->messages = mem_grow(a->messages, a->count, &a->cap, sizeof(*a->messages));
	a->messages[a->count++] =
	    (struct axfr_message){mem_dup(r->buf, r->w.len), r->w.len};
	a->octets += r->w.len;
	begin_message(r);
}

/*
 * Names of other owners are forgotten, as they would fill the writer's list and be of
 * little use: most names have only the zone's in common.
 */
static bool
put_record(struct rendering *r, const uint8_t *owner, const struct rrset *s,
    const struct rdata *data)
{
	struct writer_mark mark = writer_mark(&r->w);

	mark.name_count = r->kept;
	if (owner != r->owner && r->count != 0)
		writer_rewind(&r->w, &mark);
	r->owner = owner;
	writer_rr(&r->w, owner, rrset_type(s), rrset_ttl(s), data->data, data->len);
	if (r->w.full)
		return false;
	if (r->count == 0)
		r->kept = r->w.name_count < KEPT_NAMES ? r->w.name_count : KEPT_NAMES;
	r->count++;
	r->axfr->records++;
	return true;
}

static enum err
put_rrset(void *ctx, const uint8_t *owner, const struct rrset *s)
{
	struct rendering *r = ctx;
	struct rdata data;

	for (size_t pos = 0; rrset_next(s, &pos, &data);) {
		if (r->w.len >= ENOUGH)
			end_message(r);
		if (put_record(r, owner, s, &data))
			continue;
		if (r->count != 0)
			end_message(r);
		/* alone it may have the room of a TSIG, which is mostly shorter */
		begin_message(r);
		r->w.limit = DNS_MESSAGE_MAX;
		if (!put_record(r, owner, s, &data))
			return ERR_RANGE;
	}
	return OK;
}

enum err
axfr_render(const struct world *w, const struct zone *z, struct axfr **out)
{
	struct rendering *r = mem_new(sizeof(*r));
	enum err e;

	r->axfr = mem_new(sizeof(*r->axfr));
	r->axfr->serial = wire_get32(z->soa->wire + z->soa->wire_len - 20);
	begin_message(r);
	r->w.limit = FIRST_LIMIT;
	/* the question, which is the client's: nothing may point into it */
	memset(r->buf + r->w.len, 0, z->apex.len + 4u);
	r->w.len += z->apex.len + 4u;
	e = put_rrset(r, z->apex.bytes, z->soa);
	if (e == OK)
		e = contents_each(w, z, put_rrset, r);
	if (e == OK)
		e = put_rrset(r, z->apex.bytes, z->soa);
	end_message(r);
	if (e == OK)
		*out = r->axfr;
	else
		axfr_free(r->axfr);
	mem_free(r);
	return e;
}

void
axfr_free(struct axfr *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->count; i++)
		mem_free(a->messages[i].data);
	mem_free(a->messages);
	mem_free(a);
}
