/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The OPT record of a response.
 *
 * Shape: struct edns_reply says what to put in; edns_len() how many octets that
 * needs, so that the sections before it can be limited; edns_write() writes it.
 * Owner: values; nsid points into the configuration.
 * Threads: any.
 * Errors: none: edns_len() octets must be free.
 * Source: RFC 6891 6.1, RFC 7871 7.2, RFC 5001, RFC 8914.
 */
#ifndef DNS_EDNS_H
#define DNS_EDNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/query.h"
#include "dns/writer.h"

struct edns_reply {
	uint8_t extended_rcode; /* the upper eight bits of the rcode */
	bool dnssec_ok; /* copied from the request */
	const struct query_ecs *ecs; /* NULL: do not return the option */
	uint8_t ecs_scope;
	const char *nsid; /* NULL: do not return the option */
	uint8_t nsid_len;
	bool has_ede;
	uint16_t ede; /* INFO-CODE */
};

size_t
edns_len(const struct edns_reply *e);

void
edns_write(const struct edns_reply *e, struct writer *w);

#endif
