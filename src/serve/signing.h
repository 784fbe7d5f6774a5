/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TSIG of one request and of its response, with the keys of the configuration.
 *
 * Shape: begin() checks the request; the response is then limited by signing_len() and
 * ended by signing_finish().
 * Owner: points into the packet and the configuration.
 * Threads: one answerer's own. A code is computed only for requests that name a key that
 * is configured; libcrypto allocates for it.
 * Errors: an rcode.
 * Source: RFC 8945 5.2 and 5.3.
 */
#ifndef SERVE_SIGNING_H
#define SERVE_SIGNING_H

#include "config/config.h"
#include "dns/tsig.h"

struct signing {
	bool has_rr; /* the response gets one */
	const struct config_key *key; /* the request is signed with it; NULL: it is not */
	struct tsig tsig; /* of the request */
	struct tsig_signer signer;
};

/* For a request with a TSIG RR at `at`. The rcode: NOERROR, FORMERR or NOTAUTH. */
uint16_t
signing_begin(struct signing *s, const struct config *c, const uint8_t *packet,
    size_t len, size_t at, int64_t now_s);

/* Of a request that got NOTAUTH: what is wrong, for people. */
const char *
signing_reason(const struct signing *s);

/* Octets to keep free for the RR in a response. */
size_t
signing_len(const struct signing *s);

/* Appends the RR to a response of len octets; returns the length. */
size_t
signing_finish(struct signing *s, uint8_t *response, size_t len, int64_t now_s);

#endif
