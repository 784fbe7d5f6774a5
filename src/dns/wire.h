/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The numbers of the protocol, and octets in network order.
 *
 * Shape: constants; get/put of 16 and 32 bits at any alignment; octets as words.
 * Owner: none.
 * Threads: any.
 * Errors: none; bounds are the caller's.
 * Source: RFC 1035 4.1, RFC 6895 and the IANA DNS parameters.
 */
#ifndef DNS_WIRE_H
#define DNS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	DNS_HEADER_LEN = 12,
	DNS_NAME_MAX = 255, /* octets, with the root label */
	DNS_LABEL_MAX = 63,
	DNS_LABELS_MAX = 127, /* without the root label */
	DNS_MESSAGE_MAX = 65535,
	DNS_UDP_MIN = 512, /* what every client takes without EDNS, RFC 1035 4.2.1 */
	DNS_UDP_CAP =
	    1232, /* our own limit: fits the smallest IPv6 MTU, so no fragments */
	DNS_RR_FIXED_LEN = 10, /* type, class, TTL, RDLENGTH */
};

enum dns_type {
	TYPE_A = 1,
	TYPE_NS = 2,
	TYPE_MD = 3,
	TYPE_MF = 4,
	TYPE_CNAME = 5,
	TYPE_SOA = 6,
	TYPE_MB = 7,
	TYPE_MG = 8,
	TYPE_MR = 9,
	TYPE_NULL = 10,
	TYPE_PTR = 12,
	TYPE_HINFO = 13,
	TYPE_MINFO = 14,
	TYPE_MX = 15,
	TYPE_TXT = 16,
	TYPE_RP = 17,
	TYPE_AFSDB = 18,
	TYPE_RT = 21,
	TYPE_SIG = 24,
	TYPE_PX = 26,
	TYPE_AAAA = 28,
	TYPE_NXT = 30,
	TYPE_SRV = 33,
	TYPE_NAPTR = 35,
	TYPE_KX = 36,
	TYPE_DNAME = 39,
	TYPE_OPT = 41,
	TYPE_DS = 43,
	TYPE_RRSIG = 46,
	TYPE_NSEC = 47,
	TYPE_DNSKEY = 48,
	TYPE_NSEC3 = 50,
	TYPE_SVCB = 64,
	TYPE_HTTPS = 65,
	TYPE_TKEY = 249,
	TYPE_TSIG = 250,
	TYPE_IXFR = 251,
	TYPE_AXFR = 252,
	TYPE_MAILB = 253,
	TYPE_MAILA = 254,
	TYPE_ANY = 255,
	TYPE_CAA = 257,
	TYPE_POOL = 65280, /* ours: private use, RFC 6895 3.1; never on the wire */
};

enum { CLASS_IN = 1, CLASS_CH = 3, CLASS_HS = 4, CLASS_NONE = 254, CLASS_ANY = 255 };

enum { OPCODE_QUERY = 0, OPCODE_NOTIFY = 4, OPCODE_UPDATE = 5 };

enum dns_rcode {
	RCODE_NOERROR = 0,
	RCODE_FORMERR = 1,
	RCODE_SERVFAIL = 2,
	RCODE_NXDOMAIN = 3,
	RCODE_NOTIMP = 4,
	RCODE_REFUSED = 5,
	RCODE_YXDOMAIN = 6,
	RCODE_NOTAUTH = 9,
	RCODE_BADVERS = 16,
	RCODE_BADCOOKIE = 23,
};

/* Of the 16-bit flags word. */
enum {
	FLAG_QR = 0x8000,
	FLAG_OPCODE = 0x7800,
	FLAG_AA = 0x0400,
	FLAG_TC = 0x0200,
	FLAG_RD = 0x0100,
	FLAG_RA = 0x0080,
	FLAG_AD = 0x0020,
	FLAG_CD = 0x0010,
};

enum {
	OPTION_NSID = 3,
	OPTION_ECS = 8,
	OPTION_COOKIE = 10,
	OPTION_KEEPALIVE = 11,
	OPTION_PADDING = 12,
	OPTION_EDE = 15,
};

enum {
	EDE_STALE_ANSWER = 3,
	EDE_NOT_READY = 14,
	EDE_PROHIBITED = 18,
	EDE_NOT_AUTHORITATIVE = 20,
	EDE_NOT_SUPPORTED = 21,
	EDE_INVALID_DATA = 24,
};

/* Octets at any alignment as a word of this machine, for those who compare or hash them.
 */
static inline uint64_t
wire_load8(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t
wire_load4(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* memcpy() of the few octets that a name, a question or an address with its RR has. */
static inline void
wire_copy(uint8_t *to, const uint8_t *from, size_t len)
{
	/* in words, from both ends, overlapping in the middle */
	if (len < 8 || len > 64) {
		memcpy(to, from, len);
	} else if (len <= 16) {
		uint64_t a = wire_load8(from), b = wire_load8(from + len - 8);

		memcpy(to, &a, 8);
		memcpy(to + len - 8, &b, 8);
	} else {
		memcpy(to, from, 16);
		if (len > 32) {
			memcpy(to + 16, from + 16, 16);
			memcpy(to + len - 32, from + len - 32, 16);
		}
		memcpy(to + len - 16, from + len - 16, 16);
	}
}

/* memcmp() == 0 of such, by words that may overlap; most of what is asked for is equal.
 */
static inline bool
wire_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
	uint64_t differs;
	size_t i;

	if (len < sizeof(differs))
		return memcmp(a, b, len) == 0;
	i = len - sizeof(differs);
	differs = wire_load8(a + i) ^ wire_load8(b + i);
	while (i > sizeof(differs)) {
		i -= sizeof(differs);
		differs |= wire_load8(a + i) ^ wire_load8(b + i);
	}
	return (differs | (wire_load8(a) ^ wire_load8(b))) == 0;
}

static inline uint16_t
wire_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
wire_get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void
wire_put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
wire_put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

#endif
