/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * NOTIFY: the request that tells a secondary of a change, and its response.
 *
 * Shape: a request of ours is written; a response is taken apart.
 * Owner: the caller's buffers.
 * Threads: any.
 * Errors: ERR_SYNTAX: it is no response to a NOTIFY.
 * Source: RFC 1996 3 and 4.
 */
#ifndef DNS_NOTIFY_H
#define DNS_NOTIFY_H

#include "dns/name.h"

/* Header, question, and the SOA with its longest names; TSIG comes behind. */
enum { NOTIFY_LEN_MAX = 12 + 255 + 4 + 2 + 10 + 2 * 255 + 20 };

struct notify_response {
	uint16_t id;
	uint16_t rcode;
	struct name zone; /* lower case; len 0: it repeats no question */
	uint16_t tsig_at; /* 0: not signed */
};

/* Returns the length. The SOA is what the peer may learn from it (3.7). */
size_t
notify_write(uint8_t out[NOTIFY_LEN_MAX], uint16_t id, const struct name *zone,
    uint32_t ttl, const uint8_t *soa, uint16_t soa_len);

MUST_CHECK enum err
notify_read(const uint8_t *packet, size_t len, struct notify_response *out);

#endif
