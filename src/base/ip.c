/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/ip.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

MUST_CHECK static enum err
parse_number(const char *text, size_t len, unsigned max, unsigned *out)
{
	unsigned n = 0;

	if (len == 0 || len > 5)
		return ERR_SYNTAX;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return ERR_SYNTAX;
		n = n * 10 + (unsigned)(text[i] - '0');
	}
	if (n > max)
		return ERR_RANGE;
	*out = n;
	return OK;
}

/* As inet_pton() has it, without a copy of the text: zone files are full of them. */
static bool
parse_dotted(const char *text, size_t len, uint8_t out[4])
{
	const char *p = text, *end = text + len;

	for (unsigned i = 0; i < 4; i++) {
		const char *from;
		unsigned n = 0;

		if (i != 0 && (p == end || *p++ != '.'))
			return false;
		for (from = p; p < end && p < from + 3 && *p >= '0' && *p <= '9'; p++)
			n = n * 10 + (unsigned)(*p - '0');
		if (p == from || n > 255 || (*from == '0' && p != from + 1))
			return false;
		out[i] = (uint8_t)n;
	}
	return p == end;
}

enum err
ip_parse(const char *text, size_t len, struct ip *out)
{
	char copy[IP_TEXT_MAX];
	struct ip ip = {0};

	if (parse_dotted(text, len, ip.bytes)) {
		ip.family = 4;
		*out = ip;
		return OK;
	}
	memset(ip.bytes, 0, sizeof(ip.bytes));
	if (len == 0 || len >= sizeof(copy))
		return ERR_SYNTAX;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (strlen(copy) != len)
		return ERR_SYNTAX;
	if (inet_pton(AF_INET6, copy, ip.bytes) != 1)
		return ERR_SYNTAX;
	ip.family = 6;
	*out = ip;
	return OK;
}

void
ip_write(const struct ip *ip, char out[IP_TEXT_MAX])
{
	if (ip->family == 0 || inet_ntop(ip->family == 4 ? AF_INET : AF_INET6, ip->bytes,
	                           out, IP_TEXT_MAX) == NULL)
		snprintf(out, IP_TEXT_MAX, "none");
}

enum err
ip_prefix_parse(const char *text, size_t len, struct ip_prefix *out)
{
	const char *slash = memchr(text, '/', len);
	struct ip_prefix p;
	struct ip masked;
	unsigned bits;
	enum err e;

	e = ip_parse(text, slash != NULL ? (size_t)(slash - text) : len, &p.ip);
	if (e != OK)
		return e;
	bits = p.ip.family == 4 ? 32 : 128;
	if (slash != NULL) {
		size_t rest = len - (size_t)(slash + 1 - text);

		e = parse_number(slash + 1, rest, bits, &bits);
		if (e != OK)
			return e;
	}
	p.len = (uint8_t)bits;
	masked = p.ip;
	ip_mask(&masked, p.len);
	if (!ip_equal(&masked, &p.ip))
		return ERR_RANGE;
	*out = p;
	return OK;
}

void
ip_prefix_write(const struct ip_prefix *p, char out[PREFIX_TEXT_MAX])
{
	char ip[IP_TEXT_MAX];

	ip_write(&p->ip, ip);
	snprintf(out, PREFIX_TEXT_MAX, "%s/%u", ip, p->len);
}

enum err
ip_port_parse(const char *text, size_t len, uint16_t dflt, struct ip_port *out)
{
	const char *at = memchr(text, '@', len);
	unsigned port = dflt;
	struct ip_port e;
	enum err err;

	err = ip_parse(text, at != NULL ? (size_t)(at - text) : len, &e.ip);
	if (err != OK)
		return err;
	if (at != NULL) {
		err = parse_number(at + 1, len - (size_t)(at + 1 - text), 65535, &port);
		if (err != OK)
			return err;
		if (port == 0)
			return ERR_RANGE;
	} else if (dflt == 0) {
		return ERR_SYNTAX;
	}
	e.port = (uint16_t)port;
	*out = e;
	return OK;
}

void
ip_port_write(const struct ip_port *e, char out[ENDPOINT_TEXT_MAX])
{
	char ip[IP_TEXT_MAX];

	ip_write(&e->ip, ip);
	snprintf(out, ENDPOINT_TEXT_MAX, "%s@%u", ip, e->port);
}

bool
ip_equal(const struct ip *a, const struct ip *b)
{
	return a->family == b->family &&
	       memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool
ip_prefix_holds(const struct ip_prefix *p, const struct ip *ip)
{
	struct ip masked = *ip;

	if (ip->family != p->ip.family)
		return false;
	ip_mask(&masked, p->len);
	return ip_equal(&masked, &p->ip);
}

void
ip_mask(struct ip *ip, uint8_t len)
{
	unsigned whole = len / 8;

	if (whole >= sizeof(ip->bytes))
		return;
	ip->bytes[whole] &= (uint8_t)(0xff00 >> len % 8);
	memset(ip->bytes + whole + 1, 0, sizeof(ip->bytes) - whole - 1);
}

struct ip
ip_unwrap(const struct ip *ip, uint8_t *outer_len)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
	const uint8_t *b = ip->bytes;
	struct ip out = {.family = 4};

	*outer_len = 0;
	if (ip->family != 6)
		return *ip;
	if (memcmp(b, mapped, 12) == 0 || memcmp(b, nat64, 12) == 0) {
		*outer_len = 96;
		memcpy(out.bytes, b + 12, 4);
	} else if (b[0] == 0x20 && b[1] == 0x02) {
		*outer_len = 16;
		memcpy(out.bytes, b + 2, 4);
	} else if (b[0] == 0x20 && b[1] == 0x01 && b[2] == 0 && b[3] == 0) {
		*outer_len = 96;
		for (unsigned i = 0; i < 4; i++)
			out.bytes[i] = (uint8_t)~b[12 + i];
	} else {
		return *ip;
	}
	return out;
}
