/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/answer.h"

#include <string.h>

#include "serve/encode.h"
#include "serve/options.h"

/* xorshift64*: which address comes first need not be unpredictable, only even. */
static uint32_t
draw_random(struct answerer *a)
{
	a->random ^= a->random >> 12;
	a->random ^= a->random << 25;
	a->random ^= a->random >> 27;
	return (uint32_t)(a->random * 0x2545f4914f6cdd1du >> 32);
}

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
}

static void
decide_error(struct decision *d, uint16_t rcode)
{
	memset(d, 0, offsetof(struct decision, items));
	d->rcode = rcode;
}

/* A response over the limit is of use to a true client alone, and hardly longer than
 * its question. */
static void
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

size_t
answer(struct answerer *a, const uint8_t *packet, size_t len, const struct ip *source,
    enum answer_over over, uint8_t *out)
{
	struct query *q = &a->query;
	struct decision *d = &a->decision;
	struct encode_input encoding = {
	    .query = q, .packet = packet, .limit = DNS_MESSAGE_MAX};
	enum query_outcome outcome = query_parse(packet, len, q);
	uint16_t error = RCODE_NOERROR; /* else there is nothing to decide */
	struct edns_reply edns;
	size_t n;

	if (outcome == QUERY_DROP) {
		counter_add(a->counters, COUNT_DROPPED, 1);
		return 0;
	}
	encoding.random = draw_random(a);
	a->cookie_ok = false;
	if (q->has_options || outcome != QUERY_ANSWER)
		error = options_check(a, outcome, source, over);
	if (outcome == QUERY_ANSWER && error == RCODE_NOERROR) {
		struct decide_input in = {
		    .world = a->world,
		    .query = q,
		    .source = *source,
		    .now = a->now,
		    .stale_ttl = a->stale_ttl,
		    .random = encoding.random,
		};

		decide(&in, d);
	} else {
		decide_error(d, error);
	}
	if (over == OVER_UDP) {
		encoding.limit = outcome == QUERY_ANSWER ? q->udp_size : DNS_UDP_MIN;
		if (encoding.limit > DNS_UDP_CAP)
			encoding.limit = DNS_UDP_CAP;
	}
	if (q->has_edns) {
		edns = (struct edns_reply){
		    .extended_rcode = (uint8_t)(d->rcode >> 4),
		    .dnssec_ok = q->dnssec_ok,
		};
		if (options_are_due(a))
			options_reply(a, over,
			    encoding.limit - DNS_HEADER_LEN - q->question_len, &edns);
		encoding.edns = &edns;
	}
	/* who has a cookie of ours did not forge its address */
	if (a->limit != NULL && !a->cookie_ok) {
		enum limit_verdict verdict =
		    limit_check(a->limit, q, d, source, a->counters);

		if (verdict == LIMIT_DROP)
			return 0;
		if (verdict == LIMIT_SLIP)
			make_slip(&encoding, q->has_edns ? &edns : NULL, d);
	}
	n = encode(&encoding, d, out);
	count(a, q, d, wire_get16(out + 2));
	return n;
}
