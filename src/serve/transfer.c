/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/transfer.h"

#include "dns/ixfr.h"
#include "steer/shared.h"

static bool
is_allowed(const struct transfer_request *rq, const struct config_zone *z)
{
	const struct config_peers *peers = config_transfer(rq->world->parts->config, z);

	for (size_t i = 0; i < peers->count; i++) {
		const struct config_peer *p = &peers->list[i];

		if (p->prefix.ip.family != 0 && !ip_prefix_holds(&p->prefix, rq->source))
			continue;
		if (p->key == NULL || p->key == rq->key)
			return true;
	}
	return false;
}

/* RFC 1982 3.2: a is b or before it. */
static bool
is_not_newer(uint32_t a, uint32_t b)
{
	return (int32_t)(b - a) >= 0;
}

static uint32_t
serial_of(const struct rrset *soa)
{
	return wire_get32(soa->wire + soa->wire_len - 20);
}

struct transfer_verdict
transfer_refusal(const struct zone *zone, uint16_t rcode, const char *reason)
{
	return (struct transfer_verdict){
	    .how = TRANSFER_ERROR, .rcode = rcode, .zone = zone, .reason = reason};
}

/* RFC 1995 2 and 4: over UDP, and to who has all already, the SOA alone. */
static struct transfer_verdict
decide_ixfr(const struct transfer_request *rq, const struct zone *zone)
{
	struct transfer_verdict v = {.how = TRANSFER_ZONE, .zone = zone};
	uint32_t serial;

	if (ixfr_read_serial(rq->packet, rq->len, rq->query->question_len, &serial) != OK)
		return transfer_refusal(
		    zone, RCODE_FORMERR, "no SOA in the authority section");
	if (!rq->over_tcp || is_not_newer(serial_of(zone->soa), serial))
		v.how = TRANSFER_SOA;
	return v;
}

struct transfer_verdict
transfer_decide(const struct transfer_request *rq)
{
	const struct name_path *qname = &rq->query->qname;
	const struct zone *z = zones_find(&rq->world->zones, qname);

	if (z == NULL || z->apex_depth != qname->label_count)
		return transfer_refusal(NULL, RCODE_NOTAUTH, "no such zone");
	if (!is_allowed(rq, z->config))
		return transfer_refusal(z, RCODE_REFUSED, "not allowed");
	if (z->broken)
		return transfer_refusal(z, RCODE_SERVFAIL, "the zone has no good data");
	/* a secondary keeps what it has rather than take what we would not answer with */
	if (z->store != NULL && rq->stale_ttl == STALE_EXPIRED)
		return transfer_refusal(
		    z, RCODE_SERVFAIL, "the records of the store are too old");
	if (rq->query->qtype == TYPE_IXFR)
		return decide_ixfr(rq, z);
	/* RFC 5936 4.2; NSD and Knot say so too */
	if (!rq->over_tcp)
		return transfer_refusal(z, RCODE_NOTIMP, "AXFR over UDP");
	return (struct transfer_verdict){.how = TRANSFER_ZONE, .zone = z};
}
