/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a request for a transfer is granted, and how it is answered.
 *
 * Shape: a request, where it comes from and the key that it is signed with in; a verdict
 * out.
 * Owner: the zone belongs to the world that was given.
 * Threads: any reader that has the world pinned; pure.
 * Errors: an rcode.
 * Source: RFC 5936 2 and 5, RFC 1995 2 to 4.
 */
#ifndef SERVE_TRANSFER_H
#define SERVE_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "dns/query.h"
#include "steer/world.h"

enum transfer_how {
	TRANSFER_ERROR, /* rcode says which */
	TRANSFER_SOA, /* a single SOA: as a question for it */
	TRANSFER_ZONE, /* all of it */
};

struct transfer_request {
	const struct world *world;
	const struct query *query;
	const uint8_t *packet;
	size_t len;
	const struct ip *source;
	const struct config_key *key; /* NULL: not signed */
	bool over_tcp;
	uint32_t stale_ttl; /* see steer/shared.h */
};

struct transfer_verdict {
	enum transfer_how how;
	uint16_t rcode;
	const struct zone *zone; /* NULL: none of that name */
	const char *reason; /* of a refusal, for people */
};

static inline bool
transfer_is_asked(const struct query *q)
{
	return (q->qtype == TYPE_AXFR || q->qtype == TYPE_IXFR) && q->qclass == CLASS_IN;
}

/* What says no, for another reason than transfer_decide() has. */
struct transfer_verdict
transfer_refusal(const struct zone *zone, uint16_t rcode, const char *reason);

struct transfer_verdict
transfer_decide(const struct transfer_request *rq);

#endif
