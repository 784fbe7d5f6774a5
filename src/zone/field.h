/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One field of RDATA: text to wire and back.
 *
 * Shape: kinds; a field_parse() takes words and appends octets, a field_write() takes
 * octets and appends text. Fields marked (rest) take all that is left.
 * Owner: the wire room (65,535 octets) is the caller's.
 * Threads: any.
 * Errors: ERR_SYNTAX, ERR_RANGE with the reason in `why`. Numbers are never wrapped,
 * strings and digests never cut.
 * Source: RFC 1035 3.3 and 5.1, RFC 4034 2 to 5, RFC 5155 3, RFC 4025 3, RFC 6742 2,
 * RFC 7043 3, RFC 8659 4, RFC 9460 2.
 */
#ifndef ZONE_FIELD_H
#define ZONE_FIELD_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "dns/name.h"
#include "zone/word.h"

enum field_kind {
	FIELD_END,
	FIELD_U8,
	FIELD_U16,
	FIELD_U32,
	FIELD_PERIOD, /* 32 bits of seconds, up to 2^31-1; "1h" is read */
	FIELD_TIME, /* YYYYMMDDHHMMSS or seconds since 1970 */
	FIELD_TYPE, /* a type's mnemonic */
	FIELD_ALGORITHM, /* 8 bits, or a DNSSEC algorithm's mnemonic */
	FIELD_CERT_TYPE, /* 16 bits, or the mnemonics of RFC 4398 */
	FIELD_NAME,
	FIELD_IP4,
	FIELD_IP6,
	FIELD_STRING, /* length octet and up to 255 octets */
	FIELD_STRING_OPTIONAL,
	FIELD_STRINGS, /* (rest) one or more */
	FIELD_LONG_STRING, /* (rest) one word, no length octet */
	FIELD_TAG, /* of CAA: letters and digits */
	FIELD_HEX, /* (rest) at least one octet */
	FIELD_BASE64, /* (rest) at least one octet */
	FIELD_BASE64_OPTIONAL, /* (rest) may be nothing */
	FIELD_SALT, /* length octet and octets, hex or "-" */
	FIELD_NEXT_HASHED, /* length octet and octets, base32hex */
	FIELD_TYPES, /* (rest) a bitmap of types */
	FIELD_LOCATOR, /* 64 bits as xxxx:xxxx:xxxx:xxxx */
	FIELD_EUI48,
	FIELD_EUI64,
	FIELD_GATEWAY, /* of IPSECKEY: by the second octet of the RDATA */
	FIELD_PARAMS, /* (rest) SvcParams */
	/* Only checked, then left to ldns: */
	FIELD_ANY, /* a word */
	FIELD_REST, /* whatever follows */
};

struct field_out {
	uint8_t *wire;
	size_t len;
};

struct field_in {
	const uint8_t *rdata; /* the whole */
	const uint8_t *at;
	const uint8_t *end;
};

enum { FIELD_ROOM = 65535 };

MUST_CHECK enum err
field_parse(enum field_kind kind, struct words *words, const struct name *origin,
    struct field_out *out, struct buf *why);

/* ERR_SYNTAX when the octets have not the form of that kind. */
MUST_CHECK enum err
field_write(enum field_kind kind, struct field_in *in, struct buf *out);

/* Appends octets; ERR_RANGE with a reason when the RDATA would pass 65,535. */
MUST_CHECK enum err
field_append(struct field_out *out, const void *data, size_t len, struct buf *why);

/* A decimal number of digits alone, up to max. */
MUST_CHECK enum err
field_number(const struct word *word, uint64_t max, uint64_t *value, struct buf *why);

#endif
