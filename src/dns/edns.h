/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The OPT record of a response.
 *
 * Shape: struct edns_reply says what to put in; edns_measure() adds up its options,
 * where there are any; edns_len() says how many octets it needs, so that the sections
 * before it can be limited; edns_write() writes it, and pads with what room is left.
 * Owner: values; nsid points into the configuration, cookie to COOKIE_LEN octets.
 * Threads: any.
 * Errors: none: edns_len() octets must be free.
 * Source: RFC 6891 6.1, RFC 7871 7.2, RFC 7873 4, RFC 7828 3.1, RFC 7830 3, RFC 8467 4.1,
 * RFC 5001, RFC 8914.
 */
#ifndef DNS_EDNS_H
#define DNS_EDNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/query.h"
#include "dns/wire.h"
#include "dns/writer.h"

enum {
	EDNS_OPT_LEN = 1 + DNS_RR_FIXED_LEN, /* root owner and fixed part */
	EDNS_PADDING_BLOCK = 468, /* of responses, RFC 8467 4.1 */
};

struct edns_reply {
	uint8_t extended_rcode; /* the upper eight bits of the rcode */
	bool dnssec_ok; /* copied from the request */
	/* options: 0, NULL, false: not returned */
	uint16_t options_len; /* octets of all but padding, by edns_measure() */
	uint8_t ecs_scope;
	uint8_t nsid_len;
	uint16_t ede; /* INFO-CODE */
	uint16_t keepalive; /* in units of 100 ms */
	bool has_ede;
	bool has_keepalive;
	bool pads; /* the message to a multiple of the block, as far as there is room */
	uint16_t behind; /* octets that will follow OPT, and count: a signature */
	const struct query_ecs *ecs;
	const char *nsid;
	const uint8_t *cookie;
};

/* Octets of a client subnet option that is returned. */
static inline size_t
edns_subnet_len(const struct query_ecs *ecs)
{
	return 8 + (size_t)ecs->octets;
}

/* OPT with a client subnet at most (ecs NULL: none); returns its end. */
uint8_t *
edns_write_subnet(uint8_t *p, bool dnssec_ok, const struct query_ecs *ecs, uint8_t scope);

/* After any of the options was set. */
void
edns_measure(struct edns_reply *e);

size_t
edns_len(const struct edns_reply *e);

/* As the last record of the message. */
void
edns_write(const struct edns_reply *e, struct writer *w);

#endif
