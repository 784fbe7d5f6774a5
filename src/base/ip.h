/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses, prefixes and address@port, without a socket in sight.
 *
 * Shape: struct ip: family 4 or 6 (0: none) and 16 octets in network order, of
 * which IPv4 uses the first four, the rest zero, so that two can be compared
 * with memcmp.
 * Owner: values.
 * Threads: any.
 * Errors: ERR_SYNTAX for text that is no address; nothing is ever resolved.
 * Source: RFC 4291, RFC 5952 (text); RFC 3056, 4380, 6052 (IPv4 inside IPv6).
 */
#ifndef BASE_IP_H
#define BASE_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define IP_TEXT_MAX 48 /* with NUL */
#define PREFIX_TEXT_MAX 52
#define ENDPOINT_TEXT_MAX 56

struct ip {
	uint8_t family;
	uint8_t bytes[16];
};

struct ip_prefix {
	struct ip ip;
	uint8_t len; /* bits */
};

struct ip_port {
	struct ip ip;
	uint16_t port;
};

/* "192.0.2.1" or "2001:db8::1"; no brackets, no zone index. */
MUST_CHECK enum err
ip_parse(const char *text, size_t len, struct ip *out);

void
ip_write(const struct ip *ip, char out[IP_TEXT_MAX]);

/* "10.0.0.0/8"; bits beyond the length must be zero (ERR_RANGE). A bare address is a
 * host. */
MUST_CHECK enum err
ip_prefix_parse(const char *text, size_t len, struct ip_prefix *out);

void
ip_prefix_write(const struct ip_prefix *p, char out[PREFIX_TEXT_MAX]);

/* "192.0.2.1@53", "2001:db8::1@53"; without @ the port is dflt (ERR_SYNTAX if dflt is 0).
 */
MUST_CHECK enum err
ip_port_parse(const char *text, size_t len, uint16_t dflt, struct ip_port *out);

void
ip_port_write(const struct ip_port *e, char out[ENDPOINT_TEXT_MAX]);

bool
ip_equal(const struct ip *a, const struct ip *b);

bool
ip_prefix_holds(const struct ip_prefix *p, const struct ip *ip);

/* Clears all bits of ip from bit len on. */
void
ip_mask(struct ip *ip, uint8_t len);

/*
 * The IPv4 address inside an IPv6 one (mapped ::ffff:0:0/96, 64:ff9b::/96, 6to4
 * 2002::/16, Teredo 2001::/32), else the address itself. *outer_len is set to how
 * many bits stand before the IPv4 bits (96, 96, 16; for Teredo, whose client address
 * is the inverted last 32 bits, 96) and to 0 when nothing was unwrapped.
 */
struct ip
ip_unwrap(const struct ip *ip, uint8_t *outer_len);

#endif
