/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/outgoing.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "dns/wire.h"
#include "serve/axfr.h"

enum {
	LONGEST_MS = 2 * 3600 * 1000,
	ANCOUNT_AT = 6,
	ARCOUNT_AT = 10,
};

/* To where it is logged and freed. */
static void
finish(struct outgoing *o)
{
	o->mail.run = outgoing_on_done;
	loop_post(transfers_loop(o->owner), &o->mail);
}

static void
free_stream(struct stream *s)
{
	struct outgoing *o = (struct outgoing *)(void *)s;

	if (o->is_away)
		o->is_abandoned = true;
	else
		finish(o);
}

void
outgoing_on_ready(struct mail *mail)
{
	struct outgoing *o =
	    (struct outgoing *)(void *)((char *)mail - offsetof(struct outgoing, mail));

	o->is_away = false;
	if (o->is_abandoned)
		finish(o);
	else if (o->stream.wake != NULL)
		o->stream.wake(o->stream.wake_ctx);
}

static void
write_header(const struct outgoing *o, uint8_t *out)
{
	uint16_t flags = FLAG_QR | (o->flags & (FLAG_OPCODE | FLAG_RD));

	wire_put16(out, o->id);
	/* RFC 5936 2.2.1: AA in all messages of a transfer */
	wire_put16(out + 2, (uint16_t)(flags | (o->rcode == 0 ? FLAG_AA : 0) | o->rcode));
}

/* RFC 5936 2.2.2 and 2.2.5: question and OPT go with the first message. */
static void
write_first(const struct outgoing *o, uint8_t *out, size_t *len)
{
	wire_put16(out + 4, 1);
	memcpy(out + DNS_HEADER_LEN, o->question, o->question_len);
	if (o->opt_len == 0)
		return;
	memcpy(out + *len, o->opt, o->opt_len);
	*len += o->opt_len;
	wire_put16(out + ARCOUNT_AT, 1);
}

/* False: there are no more. */
static bool
write_message(const struct outgoing *o, uint8_t *out, size_t *len)
{
	if (o->axfr != NULL) {
		if (o->at == o->axfr->count)
			return false;
		*len = o->axfr->messages[o->at].len;
		memcpy(out, o->axfr->messages[o->at].data, *len);
	} else {
		if (o->at != 0)
			return false;
		memset(out, 0, DNS_HEADER_LEN);
		*len = DNS_HEADER_LEN + (size_t)o->question_len;
	}
	write_header(o, out);
	if (o->at == 0)
		write_first(o, out, len);
	return true;
}

static bool
next_message(struct stream *s, uint8_t *out, size_t room, size_t *len)
{
	struct outgoing *o = (struct outgoing *)(void *)s;
	size_t n;

	(void)room;
	s->is_waiting = o->is_away;
	if (o->is_away)
		return false;
	if (mono_diff_ms(mono_now(), o->begun) > LONGEST_MS) {
		s->broken = true;
		return false;
	}
	if (!write_message(o, out, &n)) {
		o->is_complete = o->axfr != NULL;
		return false;
	}
	if (o->is_signed && n + tsig_signer_len(&o->signer) > DNS_MESSAGE_MAX) {
		/* one record that leaves no room: the zone can only be taken unsigned */
		s->broken = true;
		return false;
	}
	if (o->is_signed && tsig_sign(&o->signer, out, &n, wall_now_s()) != OK) {
		s->broken = true;
		return false;
	}
	o->at++;
	o->octets += n;
	*len = n;
	return true;
}

struct outgoing *
outgoing_new(const struct transfers_client *c, const struct transfer_order *order)
{
	const struct transfer_request *rq = order->request;
	const struct query *q = rq->query;
	struct outgoing *o = mem_new(sizeof(*o));

	o->stream.next = next_message;
	o->stream.free = free_stream;
	o->owner = c->transfers;
	o->home = c->home;
	o->apex = order->zone->apex;
	o->source = *rq->source;
	o->id = q->id;
	o->flags = q->flags;
	o->question_len = q->question_len;
	memcpy(o->question, rq->packet + DNS_HEADER_LEN, q->question_len);
	if (order->opt_len <= sizeof(o->opt)) {
		memcpy(o->opt, order->opt, order->opt_len);
		o->opt_len = order->opt_len;
	}
	o->is_ixfr = q->qtype == TYPE_IXFR;
	if (order->signing != NULL && order->signing->key != NULL) {
		o->is_signed = true;
		o->key = order->signing->key->tsig;
		o->signer = order->signing->signer;
		o->signer.key = &o->key;
	}
	o->begun = mono_now();
	o->is_away = true;
	return o;
}
