/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes a decision as a response. Truncation is decided here and nowhere else.
 *
 * Shape: a decision in, octets out.
 * Owner: the caller's buffer.
 * Threads: any; no state but the caller's random words.
 * Errors: none: what does not fit sets TC, or is additional and left out.
 * Source: RFC 1035 4.1, RFC 2181 9 (TC), RFC 6891 6.2.5 (sizes).
 */
#ifndef SERVE_ENCODE_H
#define SERVE_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#include "dns/edns.h"
#include "serve/decide.h"

struct encode_input {
	const struct query *query;
	const uint8_t *packet; /* the request; its question is copied */
	const struct edns_reply *edns; /* NULL: the client spoke no EDNS */
	size_t limit; /* octets that the client takes */
	uint32_t random; /* which addresses of a choice, in which order */
	bool truncate; /* TC, and no record at all */
};

/* out has room for limit octets; returns the length. */
size_t
encode(const struct encode_input *in, const struct decision *d, uint8_t *out);

#endif
