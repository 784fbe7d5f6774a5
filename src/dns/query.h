/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A request, taken apart.
 *
 * Shape: header fields, the question (its octets stay in the packet, so that its
 * case can be given back), and what OPT said. Everything is bounds-checked once,
 * here; later stages trust it.
 * Owner: points into the packet, which must outlive it.
 * Threads: any; no state.
 * Errors: none; the outcome says what the server has to do with the packet.
 * Source: RFC 1035 4.1, RFC 6891 6.1, RFC 7871 6 and 7.1, RFC 7873 4 and 5, RFC 7828 3,
 * RFC 7830 3, RFC 5001 2, RFC 9619 (QDCOUNT).
 */
#ifndef DNS_QUERY_H
#define DNS_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "dns/name.h"

enum query_outcome {
	QUERY_ANSWER, /* a question to be answered */
	QUERY_DROP, /* no header, or a response: say nothing */
	QUERY_FORMERR,
	QUERY_NOTIMP, /* an opcode that we do not have */
	QUERY_BADVERS, /* EDNS version above 0 */
	QUERY_COOKIE, /* no question, but a cookie: for servers without cookies FORMERR */
};

struct query_ecs {
	bool present;
	uint8_t source_len; /* prefix bits the client gave */
	uint8_t octets; /* address octets in the option */
	uint16_t family; /* as sent: 1 IPv4, 2 IPv6 */
	struct ip ip; /* family 0 when source_len is 0 */
};

struct query {
	uint16_t id;
	uint16_t flags; /* as sent */
	uint16_t qtype;
	uint16_t qclass;
	/* from here to question_len: 0 unless the packet says so */
	bool is_plain; /* class IN, with nothing beside the question but OPT, and nothing
	                  in that but a client subnet */
	bool has_edns;
	bool dnssec_ok;
	bool has_options; /* any of those below, or a client subnet */
	bool wants_nsid;
	bool wants_padding;
	bool wants_keepalive;
	bool is_keepalive_filled; /* which no request's may be, over TCP: FORMERR */
	uint8_t cookie_len; /* 8 or 16 to 40; 0: none */
	bool is_unusual; /* has other records, or an option that is neither ignored nor
	                    ECS */
	uint16_t tsig_at; /* where the TSIG RR begins (dns/tsig.h); 0: there is none */
	uint16_t question_len; /* octets of the question section, 0: none readable */
	uint16_t udp_size; /* requestor's, at least 512; 512 without EDNS */
	uint8_t opcode;
	bool is_like; /* see query_parse_like() */
	const uint8_t *cookie;
	struct query_ecs ecs;
	struct name_path qname;
};

/*
 * Reads len octets. On QUERY_ANSWER all is set; else id, flags, opcode, question_len and
 * has_edns are what could be read, for the error response.
 */
enum query_outcome
query_parse(const uint8_t *packet, size_t len, struct query *out);

/*
 * The same with fewer steps where the question's name ends as that of `like` does from
 * its suffix of that depth on, which out->is_like then says. like NULL: the same.
 */
enum query_outcome
query_parse_like(const uint8_t *packet, size_t len, const struct query *like,
    unsigned depth, struct query *out);

#endif
