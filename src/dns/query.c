/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/query.h"

#include <string.h>

#include "dns/cookie.h"
#include "dns/path.h"
#include "dns/wire.h"

/* What is left to read; octets before at are done with. */
struct cursor {
	const uint8_t *data;
	size_t at;
	size_t end;
};

static inline size_t
left(const struct cursor *c)
{
	return c->end - c->at;
}

/*
 * Moves behind a name that may be compressed. A pointer ends it and is not followed:
 * what it points to is of no use here, and so it can not loop.
 */
static bool
skip_name(struct cursor *c)
{
	size_t start = c->at;

	for (;;) {
		uint8_t n;

		if (left(c) == 0)
			return false;
		n = c->data[c->at];
		if (n >= 0xc0) {
			if (left(c) < 2)
				return false;
			c->at += 2;
			return true;
		}
		if (n > DNS_LABEL_MAX || c->at + n - start >= DNS_NAME_MAX)
			return false;
		c->at += n + 1u;
		if (n == 0)
			return true;
		if (c->at > c->end)
			return false;
	}
}

/*
 * The question. Its name stands first in the message, so there is nothing that a
 * pointer could rightly point to: pointers are refused like unknown label types.
 */
static inline bool
read_question(struct cursor *c, const struct query *like, unsigned depth, struct query *q)
{
	const uint8_t *name = c->data + c->at;
	size_t room = left(c), n;

	if (!path_read(&q->qname, name, room, like != NULL ? &like->qname : NULL, depth,
	        &q->is_like))
		return false;
	n = q->qname.len;
	if (room - n < 4)
		return false;
	q->qtype = wire_get16(name + n);
	q->qclass = wire_get16(name + n + 2);
	q->question_len = (uint16_t)(n + 4);
	c->at += n + 4;
	return true;
}

/* RFC 7871 6 and 7.1: whatever is not exactly formed is FORMERR. */
static inline bool
read_ecs(const uint8_t *p, size_t len, struct query_ecs *ecs)
{
	static const uint8_t most[] = {0, 32, 128};
	size_t octets;
	unsigned source;

	if (ecs->present || len < 4)
		return false;
	ecs->family = wire_get16(p);
	source = p[2];
	octets = (source + 7) / 8;
	if (p[3] != 0 || len - 4 != octets)
		return false;
	/* family 0 says nothing about the client; some resolvers send it with source 0 */
	if (ecs->family > 2 || source > most[ecs->family])
		return false;
	/* bits beyond the prefix must be zero */
	if (source % 8 != 0 && (p[4 + octets - 1] & (0xff >> source % 8)) != 0)
		return false;
	ecs->ip = (struct ip){0};
	if (octets != 0)
		ecs->ip.family = ecs->family == 1 ? 4 : 6;
	/* few octets: a call would take longer */
	for (size_t i = 0; i < octets; i++)
		ecs->ip.bytes[i] = p[4 + i];
	ecs->source_len = (uint8_t)source;
	ecs->octets = (uint8_t)octets;
	ecs->present = true;
	return true;
}

static bool
read_cookie(const uint8_t *p, size_t len, struct query *q)
{
	/* RFC 7873 5.2.2: a length that no cookie has is FORMERR */
	if (len != COOKIE_CLIENT_LEN && (len < COOKIE_CLIENT_LEN + COOKIE_SERVER_MIN ||
	                                    len > COOKIE_CLIENT_LEN + COOKIE_SERVER_MAX))
		return false;
	/* RFC 7873 5.2: of several the first counts */
	if (q->cookie_len != 0)
		return true;
	q->cookie = p;
	q->cookie_len = (uint8_t)len;
	return true;
}

/* An option that is not known is ignored, RFC 6891 6.1.2. */
static bool
read_option(uint16_t code, const uint8_t *p, size_t len, struct query *q)
{
	switch (code) {
	case OPTION_NSID:
		/* RFC 5001 2.1: what may be in it is ignored */
		q->wants_nsid = true;
		break;
	case OPTION_ECS:
		q->has_options = true;
		return read_ecs(p, len, &q->ecs);
	case OPTION_COOKIE:
		if (!read_cookie(p, len, q))
			return false;
		break;
	case OPTION_KEEPALIVE:
		q->wants_keepalive = true;
		q->is_keepalive_filled |= len != 0;
		break;
	case OPTION_PADDING:
		q->wants_padding = true;
		break;
	default:
		return true;
	}
	q->has_options = true;
	q->is_unusual = true;
	return true;
}

static bool
read_options(const uint8_t *p, size_t len, struct query *q)
{
	while (len != 0) {
		size_t n;

		if (len < 4)
			return false;
		n = wire_get16(p + 2);
		if (len - 4 < n || !read_option(wire_get16(p), p + 4, n, q))
			return false;
		p += 4 + n;
		len -= 4 + n;
	}
	return true;
}

/* fixed: type, class, TTL and RDLENGTH of the OPT record, whole with its RDATA. */
static inline enum query_outcome
read_opt(const uint8_t *fixed, struct query *q)
{
	uint16_t size = wire_get16(fixed + 2);

	/* RFC 6891 6.1.1: more than one is FORMERR */
	if (q->has_edns)
		return QUERY_FORMERR;
	q->has_edns = true;
	/* RFC 6891 6.2.3: values below 512 count as 512 */
	q->udp_size = size > DNS_UDP_MIN ? size : DNS_UDP_MIN;
	q->dnssec_ok = (fixed[6] & 0x80) != 0;
	/* what the options of another version look like is not ours to judge */
	if (fixed[5] != 0)
		return QUERY_BADVERS;
	if (wire_get16(fixed + 8) != 0 &&
	    !read_options(fixed + DNS_RR_FIXED_LEN, wire_get16(fixed + 8), q))
		return QUERY_FORMERR;
	return QUERY_ANSWER;
}

/* The records behind the question: all are stepped over, OPT is read, TSIG is found. */
__attribute__((noinline)) static enum query_outcome
read_records(
    struct cursor *c, unsigned before_additional, unsigned additional, struct query *q)
{
	enum query_outcome result = QUERY_ANSWER;
	unsigned count = before_additional + additional;

	for (unsigned i = 0; i < count; i++) {
		size_t start = c->at;
		bool root = left(c) != 0 && c->data[c->at] == 0;
		const uint8_t *fixed;
		size_t rdlength;

		if (!skip_name(c) || left(c) < DNS_RR_FIXED_LEN)
			return QUERY_FORMERR;
		fixed = c->data + c->at;
		rdlength = wire_get16(fixed + 8);
		c->at += DNS_RR_FIXED_LEN;
		if (left(c) < rdlength)
			return QUERY_FORMERR;
		c->at += rdlength;
		if (wire_get16(fixed) == TYPE_TSIG) {
			/* RFC 8945 5.1: the last of the additional section, or FORMERR */
			if (i < before_additional || i + 1 != count)
				return QUERY_FORMERR;
			q->tsig_at = (uint16_t)start;
		}
		if (wire_get16(fixed) == TYPE_OPT) {
			enum query_outcome opt;

			/* RFC 6891 6.1.1: additional section; 6.1.2: owner root */
			if (i < before_additional || !root)
				return QUERY_FORMERR;
			opt = read_opt(fixed, q);
			if (opt == QUERY_FORMERR)
				return opt;
			if (opt == QUERY_BADVERS)
				result = opt;
		}
	}
	return left(c) == 0 ? result : QUERY_FORMERR;
}

/* What nearly every request has behind its question: nothing, or OPT alone. Else NULL. */
static inline const uint8_t *
lone_opt(const struct cursor *c, unsigned before_additional, unsigned additional)
{
	const uint8_t *p = c->data + c->at;

	if (before_additional != 0 || additional != 1 || left(c) < 1 + DNS_RR_FIXED_LEN ||
	    *p != 0 || wire_get16(p + 1) != TYPE_OPT)
		return NULL;
	return left(c) == 1 + DNS_RR_FIXED_LEN + (size_t)wire_get16(p + 9) ? p + 1 : NULL;
}

static inline enum query_outcome
read_rest(
    struct cursor *c, unsigned before_additional, unsigned additional, struct query *q)
{
	const uint8_t *opt;

	if (before_additional + additional == 0)
		return left(c) == 0 ? QUERY_ANSWER : QUERY_FORMERR;
	opt = lone_opt(c, before_additional, additional);
	if (opt != NULL)
		return read_opt(opt, q);
	q->is_unusual = true;
	return read_records(c, before_additional, additional, q);
}

enum query_outcome
query_parse(const uint8_t *packet, size_t len, struct query *out)
{
	return query_parse_like(packet, len, NULL, 0, out);
}

enum query_outcome
query_parse_like(const uint8_t *packet, size_t len, const struct query *like,
    unsigned depth, struct query *out)
{
	struct cursor c = {packet, DNS_HEADER_LEN, len};
	enum query_outcome result;
	unsigned questions, before_additional, additional;

	if (len < DNS_HEADER_LEN || (packet[2] & 0x80) != 0)
		return QUERY_DROP;
	out->id = wire_get16(packet);
	out->flags = wire_get16(packet + 2);
	out->opcode = (uint8_t)((out->flags & FLAG_OPCODE) >> 11);
	out->is_plain = false;
	out->has_edns = false;
	out->dnssec_ok = false;
	out->has_options = false;
	out->wants_nsid = false;
	out->wants_padding = false;
	out->wants_keepalive = false;
	out->is_keepalive_filled = false;
	out->cookie_len = 0;
	out->is_unusual = false;
	out->tsig_at = 0;
	out->question_len = 0;
	out->udp_size = DNS_UDP_MIN;
	out->ecs.present = false;
	before_additional = (unsigned)wire_get16(packet + 6) + wire_get16(packet + 8);
	additional = wire_get16(packet + 10);
	questions = wire_get16(packet + 4);
	result = QUERY_FORMERR;
	/* RFC 9619: exactly one question; RFC 7873 5.4: or none, for a cookie alone */
	if (questions == 1 ? read_question(&c, like, depth, out) : questions == 0)
		result = read_rest(&c, before_additional, additional, out);
	if (result == QUERY_ANSWER && out->question_len == 0)
		result = out->cookie_len != 0 ? QUERY_COOKIE : QUERY_FORMERR;
	/* other operations have messages of their own form: only the opcode is judged */
	if (out->opcode != OPCODE_QUERY)
		return QUERY_NOTIMP;
	out->is_plain =
	    result == QUERY_ANSWER && out->qclass == CLASS_IN && !out->is_unusual;
	return result;
}
