/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the EDNS options of a request mean for its answer, and what goes back.
 *
 * Shape: options_check() before the decision, options_reply() after it.
 * Owner: the reply points into the answerer and the world.
 * Threads: any reader that has the world pinned; pure.
 * Errors: an rcode.
 * Source: RFC 7873 5.2 and 5.4 (cookies), RFC 7828 3.3 (keepalive), RFC 7830 4 (padding),
 * RFC 5001 2.2 (NSID), RFC 7871 7.2.1 (client subnet), RFC 8914 4 (extended errors).
 */
#ifndef SERVE_OPTIONS_H
#define SERVE_OPTIONS_H

#include "dns/edns.h"
#include "serve/answer.h"

/* What OPT takes at most, but for NSID, which gives way. */
enum { OPTIONS_ROOM = EDNS_OPT_LEN + 4 + 20 + 4 + COOKIE_LEN + 4 + 2 + 4 + 2 };

/*
 * For a request with options, or with another outcome than QUERY_ANSWER: the rcode of a
 * response that is decided by that alone, RCODE_NOERROR if it is not, or has nothing in
 * it (QUERY_COOKIE). Judges the cookie and counts it.
 */
uint16_t
options_check(struct answerer *a, enum query_outcome outcome, const struct ip *source,
    enum answer_over over);

/* Has options_reply() anything to do? */
static inline bool
options_are_due(const struct answerer *a)
{
	return a->asked->has_options || a->decision.is_stale ||
	       a->decision.rcode == RCODE_REFUSED || a->decision.rcode == RCODE_SERVFAIL;
}

/* Sets the options of the response; room: octets that OPT may take. */
void
options_reply(
    struct answerer *a, enum answer_over over, size_t room, struct edns_reply *e);

#endif
