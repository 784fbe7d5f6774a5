/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/answer.h"

#include <assert.h>
#include <string.h>

#include "serve/encode.h"
#include "serve/options.h"

/* Few questions come there: their code is kept out of the way of all others. */
#define RARE __attribute__((noinline, cold))

/* What answer() is given. */
struct request {
	const uint8_t *packet;
	size_t len;
	const struct zone *zone; /* as struct answer_ahead has it */
	const struct zone_pair *own; /* NULL: to be found */
	const struct ip *source;
	enum answer_over over;
};

static void
count(struct answerer *a, const struct query *q, const struct decision *d, uint16_t flags)
{
	static const uint8_t counter_of[] = {
	    [RCODE_NOERROR] = COUNT_NOERROR,
	    [RCODE_FORMERR] = COUNT_FORMERR,
	    [RCODE_SERVFAIL] = COUNT_SERVFAIL,
	    [RCODE_NXDOMAIN] = COUNT_NXDOMAIN,
	    [RCODE_NOTIMP] = COUNT_NOTIMP,
	    [RCODE_REFUSED] = COUNT_REFUSED,
	    [RCODE_BADCOOKIE] = COUNT_BADCOOKIE,
	};
	unsigned which = d->rcode < sizeof(counter_of) ? counter_of[d->rcode] : 0;

	counter_add(a->counters, which != 0 ? (enum counter)which : COUNT_OTHER_RCODE, 1);
	if (flags & FLAG_TC)
		counter_add(a->counters, COUNT_TRUNCATED, 1);
	if (q->has_edns)
		counter_add(a->counters, COUNT_EDNS, 1);
	if (q->ecs.present)
		counter_add(a->counters, COUNT_ECS, 1);
	if (d->is_steered)
		counter_add(a->counters, COUNT_STEERED, 1);
	if (d->is_degraded)
		counter_add(a->counters, COUNT_DEGRADED, 1);
	if (d->is_stale)
		counter_add(a->counters, COUNT_STALE, 1);
	if (d->is_shed)
		counter_add(a->counters, COUNT_SHED_ADDITIONAL, 1);
}

RARE static void
decide_error(struct decision *d, uint16_t rcode)
{
	decision_clear(d);
	d->rcode = rcode;
}

/* A response over the limit is of use to a true client alone, and hardly longer than
 * its question. */
RARE static void
make_slip(struct encode_input *encoding, struct edns_reply *edns, struct decision *d)
{
	d->item_count = 0;
	/* an error has no records, so there is nothing to come again for */
	encoding->truncate = d->rcode == RCODE_NOERROR || d->rcode == RCODE_NXDOMAIN;
	if (edns != NULL) {
		/* the cookie stays: with it the client comes through by UDP as well */
		edns->nsid = NULL;
		edns->has_ede = false;
		edns_measure(edns);
	}
}

/* The rcode of a request with TSIG that is not to be answered, else NOERROR. */
RARE static uint16_t
check_signature(struct answerer *a, const uint8_t *packet, size_t len)
{
	uint16_t rcode = signing_begin(&a->signing, a->world->parts->config, packet, len,
	    a->asked->tsig_at, a->wall_s);

	counter_add(a->counters, rcode == RCODE_NOERROR ? COUNT_TSIG : COUNT_TSIG_BAD, 1);
	return rcode;
}

/*
 * Room for the response's TSIG. Where there is none beside the longest names, the
 * response has no records and TC, so that the client asks by TCP (RFC 8945 5.3).
 */
RARE static void
reserve_signature(struct answerer *a, const struct query *q, struct encode_input *e)
{
	size_t len = signing_len(&a->signing);

	if (DNS_HEADER_LEN + (size_t)q->question_len + OPTIONS_ROOM + len <= e->limit) {
		e->limit -= len;
		return;
	}
	a->signing.has_rr = false;
	e->truncate = true;
}

RARE static void
refuse_transfer(struct answerer *a, const struct ip *source, const char *reason)
{
	counter_add(a->counters, COUNT_TRANSFERS_REFUSED, 1);
	if (a->transfers.transfers != NULL)
		transfers_refused(
		    &a->transfers, a->asked->qname.bytes, source, reason, a->now);
}

/* AXFR and IXFR. The zone that is to be sent, or NULL: the decision is the answer. */
static const struct zone *
decide_transfer(
    struct answerer *a, const struct transfer_request *rq, struct decide_input *in)
{
	struct transfer_verdict v = transfer_decide(rq);

	if (v.how == TRANSFER_ZONE && a->shed) {
		v = transfer_refusal(NULL, RCODE_SERVFAIL, "overload");
		counter_add(a->counters, COUNT_SHED_TRANSFERS, 1);
	}
	if (v.how == TRANSFER_ZONE && a->transfers.transfers != NULL) {
		decide_error(&a->decision, RCODE_NOERROR);
		return v.zone;
	}
	if (v.how == TRANSFER_SOA) {
		a->asked->qtype = TYPE_SOA;
		decide(in, &a->decision);
		return NULL;
	}
	decide_error(&a->decision, v.how == TRANSFER_ERROR ? v.rcode : RCODE_REFUSED);
	if (v.how == TRANSFER_ERROR && v.rcode == RCODE_SERVFAIL)
		a->decision.zone = v.zone; /* for the extended error */
	refuse_transfer(a, rq->source, v.reason);
	return NULL;
}

RARE static void
begin_transfer(struct answerer *a, const struct transfer_request *rq,
    const struct zone *zone, struct edns_reply *edns)
{
	uint8_t opt[TRANSFER_OPT_MAX];
	struct transfer_order order = {
	    .request = rq,
	    .zone = zone,
	    .signing = &a->signing,
	    .opt = opt,
	};
	struct writer w;

	writer_init(&w, opt, sizeof(opt));
	/* padding is of a message's own length */
	if (edns != NULL)
		edns->pads = false;
	if (edns != NULL && edns_len(edns) <= sizeof(opt))
		edns_write(edns, &w);
	order.opt_len = w.len;
	counter_add(a->counters, COUNT_TRANSFERS, 1);
	a->stream = transfers_begin(&a->transfers, &order);
}

/* What options and signature alone decide: an rcode, or NOERROR. */
static uint16_t
check(struct answerer *a, const struct request *rq, enum query_outcome outcome)
{
	const struct query *q = a->asked;
	uint16_t error = RCODE_NOERROR, rcode;

	a->signing.has_rr = false;
	a->signing.key = NULL;
	a->cookie_ok = false;
	if (q->has_options || outcome != QUERY_ANSWER)
		error = options_check(a, outcome, rq->source, rq->over);
	if (q->tsig_at != 0) {
		rcode = check_signature(a, rq->packet, rq->len);
		error = rcode != RCODE_NOERROR ? rcode : error;
	}
	return error;
}

/* Returns the zone that is to be transferred, which *transfer then asks for, or NULL. */
static inline const struct zone *
decide_question(struct answerer *a, const struct request *rq, uint32_t random,
    struct transfer_request *transfer)
{
	const struct query *q = a->asked;
	struct decide_input in = {
	    .world = a->world,
	    .query = q,
	    .zone = rq->zone,
	    .own = rq->own,
	    .source = *rq->source,
	    .now = a->now,
	    .stale_ttl = a->stale_ttl,
	    .shed = a->shed,
	    .random = random,
	    .name = a->name,
	};

	if (!transfer_is_asked(q)) {
		decide(&in, &a->decision);
		return NULL;
	}
	*transfer = (struct transfer_request){
	    .world = a->world,
	    .query = q,
	    .packet = rq->packet,
	    .len = rq->len,
	    .source = rq->source,
	    .key = a->signing.key,
	    .over_tcp = rq->over == OVER_TCP,
	    .stale_ttl = a->stale_ttl,
	};
	return decide_transfer(a, transfer, &in);
}

/* Octets that the client takes; what it says of that counts when all could be read. */
static size_t
limit_of(const struct query *q, enum query_outcome outcome, enum answer_over over)
{
	if (over == OVER_TCP)
		return DNS_MESSAGE_MAX;
	if (outcome != QUERY_ANSWER)
		return DNS_UDP_MIN;
	return q->udp_size < DNS_UDP_CAP ? q->udp_size : DNS_UDP_CAP;
}

static void
set_edns(struct answerer *a, enum answer_over over, size_t limit, struct edns_reply *e)
{
	const struct query *q = a->asked;

	*e = (struct edns_reply){
	    .extended_rcode = (uint8_t)(a->decision.rcode >> 4),
	    .dnssec_ok = q->dnssec_ok,
	    .behind = (uint16_t)(a->signing.has_rr ? signing_len(&a->signing) : 0),
	};
	if (options_are_due(a))
		options_reply(a, over, limit - DNS_HEADER_LEN - q->question_len, e);
}

/* What struct answer_ahead has, of a query that stands anywhere. */
static size_t
answer_parsed(struct answerer *a, struct query *q, enum query_outcome outcome,
    const struct request *request, uint8_t *out)
{
	struct decision *d = &a->decision;
	struct encode_input encoding = {.query = q, .packet = request->packet};
	const struct zone *whole = NULL; /* to be transferred */
	struct transfer_request transfer;
	struct edns_reply edns;
	uint16_t error;
	size_t n = 0;

	a->asked = q;
	if (outcome == QUERY_DROP) {
		counter_add(a->counters, COUNT_DROPPED, 1);
		return 0;
	}
	encoding.random = answerer_random(a);
	error = check(a, request, outcome);
	if (outcome == QUERY_ANSWER && error == RCODE_NOERROR)
		whole = decide_question(a, request, encoding.random, &transfer);
	else
		decide_error(d, error);
	if (outcome == QUERY_ANSWER && error == RCODE_NOTAUTH && transfer_is_asked(q))
		refuse_transfer(a, request->source, signing_reason(&a->signing));
	encoding.limit = limit_of(q, outcome, request->over);
	if (a->signing.has_rr)
		reserve_signature(a, q, &encoding);
	if (q->has_edns) {
		set_edns(a, request->over, encoding.limit, &edns);
		encoding.edns = &edns;
	}
	/*
	 * Who has a cookie of ours did not forge its address. A signature says nothing of
	 * that: one that was overheard can be sent again from anywhere.
	 */
	if (a->limit != NULL && !a->cookie_ok) {
		enum limit_verdict verdict =
		    limit_check(a->limit, q, d, request->source, a->counters);

		if (verdict == LIMIT_DROP)
			return 0;
		if (verdict == LIMIT_SLIP)
			make_slip(&encoding, q->has_edns ? &edns : NULL, d);
	}
	if (whole != NULL)
		begin_transfer(a, &transfer, whole, q->has_edns ? &edns : NULL);
	else
		n = encode(&encoding, d, out);
	count(a, q, d, n != 0 ? wire_get16(out + 2) : 0);
	if (n != 0 && a->signing.has_rr)
		n = signing_finish(&a->signing, out, n, a->wall_s);
	return n;
}

/* The zone that the question's name is in; NULL: none of ours, or no question. */
static inline const struct zone *
zone_of(const struct world *w, const struct query *q, enum query_outcome outcome)
{
	unsigned depth = q->qname.label_count;

	if (outcome != QUERY_ANSWER)
		return NULL;
	if (depth > w->apex_depth_max)
		depth = w->apex_depth_max;
	return zones_find_above(&w->zones, &q->qname, depth + 1);
}

size_t
answer(struct answerer *a, const uint8_t *packet, size_t len, const struct ip *source,
    enum answer_over over, uint8_t *out)
{
	enum query_outcome outcome = query_parse(packet, len, &a->query);
	const struct request request = {
	    .packet = packet,
	    .len = len,
	    .zone = zone_of(a->world, &a->query, outcome),
	    .source = source,
	    .over = over,
	};

	return answer_parsed(a, &a->query, outcome, &request, out);
}

void
answer_prepare(const struct world *world, const uint8_t *packet, size_t len,
    const struct answer_ahead *like, struct answer_ahead *out)
{
	const struct zone *z = like != NULL ? like->zone : NULL;

	/* below it there must be no other zone */
	if (z != NULL && z->apex_depth != world->apex_depth_max)
		z = NULL;
	out->is_warm = false;
	out->outcome = query_parse_like(packet, len, z != NULL ? &like->query : NULL,
	    z != NULL ? z->apex_depth : 0, &out->query);
	if (z != NULL && out->outcome == QUERY_ANSWER && out->query.is_like)
		out->zone = z;
	else
		out->zone = zone_of(world, &out->query, out->outcome);
}

static inline void
seek(struct trie_seek *s, const struct table *t, const struct name_path *qname)
{
	trie_seek_begin(
	    s, &t->trie, qname->hash[qname->label_count], qname->bytes, qname->len);
}

void
answer_warm(struct answer_ahead *ahead, size_t count)
{
	struct trie_seek seeks[TRIE_SEEK_MOST];
	size_t n = 0;

	assert(count <= ANSWER_WARM_MOST);
	for (size_t i = 0; i < count; i++) {
		const struct zone *z = ahead[i].zone;

		if (z == NULL)
			continue;
		if (z->file != NULL)
			seek(&seeks[n++], z->file->table, &ahead[i].query.qname);
		if (z->store != NULL)
			seek(&seeks[n++], z->store, &ahead[i].query.qname);
	}
	trie_find_all(seeks, n);
	n = 0;
	for (size_t i = 0; i < count; i++) {
		const struct zone *z = ahead[i].zone;
		struct zone_pair *own = &ahead[i].own;

		if (z == NULL)
			continue;
		ahead[i].is_warm = true;
		own->file = z->file != NULL ? (const struct node *)seeks[n++].leaf : NULL;
		own->store =
		    z->store != NULL ? (const struct node *)seeks[n++].leaf : NULL;
	}
}

size_t
answer_ahead(struct answerer *a, const uint8_t *packet, size_t len,
    struct answer_ahead *ahead, const struct ip *source, enum answer_over over,
    uint8_t *out)
{
	const struct request request = {
	    .packet = packet,
	    .len = len,
	    .zone = ahead->zone,
	    .own = ahead->is_warm ? &ahead->own : NULL,
	    .source = source,
	    .over = over,
	};

	return answer_parsed(a, &ahead->query, ahead->outcome, &request, out);
}
