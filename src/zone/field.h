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
	FIELD_PERIOD, /* 32 bits of seconds; "1h" is read */
	FIELD_DATE, /* YYYYMMDDHHMMSS, on the wire seconds since 1970 */
	FIELD_TIME, /* the same, or the seconds */
	FIELD_TYPE, /* a type's mnemonic or number */
	/* Numbers that may have a name: 16 bits for certificates, else 8. */
	FIELD_ALGORITHM, /* of DNSSEC */
	FIELD_CERT_TYPE,
	FIELD_DIGEST, /* of DS */
	FIELD_HASH, /* of NSEC3 */
	FIELD_PROTOCOL, /* of KEY */
	FIELD_SCHEME, /* of DSYNC */
	FIELD_KEY_FLAGS, /* 16 bits, or names joined by "|" */
	FIELD_NAME,
	FIELD_IP4,
	FIELD_IP6,
	FIELD_STRING, /* length octet and up to 255 octets */
	FIELD_STRING_OPTIONAL,
	FIELD_STRINGS, /* (rest) one or more */
	FIELD_LONG_STRING, /* (rest) one word, no length octet */
	FIELD_QUOTED, /* (rest) the same, in quotes only */
	FIELD_DIGITS, /* a string of at least four decimal digits */
	FIELD_RULE, /* a string that rewrites: of NAPTR */
	FIELD_TAG, /* of CAA: letters and digits */
	FIELD_HEX, /* (rest) at least one octet */
	FIELD_HEX_OPTIONAL, /* (rest) may be nothing */
	FIELD_BASE64, /* (rest) at least one octet */
	FIELD_BASE64_OPTIONAL, /* (rest) may be nothing */
	FIELD_BASE64_DASH, /* (rest) "-" is nothing */
	FIELD_SALT, /* length octet and octets, hex or "-" */
	FIELD_NEXT_HASHED, /* length octet and octets, base32hex */
	FIELD_TYPES, /* (rest) a bitmap of types */
	FIELD_TYPES_OLD, /* (rest) that of NXT */
	FIELD_LOCATOR, /* 64 bits as xxxx:xxxx:xxxx:xxxx */
	FIELD_EUI48,
	FIELD_EUI64,
	FIELD_GATEWAY, /* of IPSECKEY: by the second octet of the RDATA */
	FIELD_RELAY, /* of AMTRELAY: three words */
	FIELD_NSAP,
	FIELD_ATMA,
	FIELD_PARAMS, /* (rest) SvcParams */
	/* RDATA as a whole: */
	FIELD_A6,
	FIELD_APL,
	FIELD_HIP,
	FIELD_LOC,
	FIELD_WKS,
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

/*
 * ERR_SYNTAX when the octets have not the form of that kind, ERR_UNSUPPORTED when they
 * have it, but no text stands for them.
 */
MUST_CHECK enum err
field_write(enum field_kind kind, struct field_in *in, struct buf *out);

/* Appends octets; ERR_RANGE with a reason when the RDATA would pass 65,535. */
MUST_CHECK enum err
field_append(struct field_out *out, const void *data, size_t len, struct buf *why);

/* A decimal number of digits alone, up to max. */
MUST_CHECK enum err
field_number(const struct word *word, uint64_t max, uint64_t *value, struct buf *why);

/* Says "'WORD' what" in `why`; returns e. */
enum err
field_fault(enum err e, const struct word *word, const char *what, struct buf *why);

MUST_CHECK enum err
field_name_parse(const struct word *word, const struct name *origin,
    struct field_out *out, struct buf *why);

MUST_CHECK enum err
field_name_write(struct field_in *in, struct buf *out);

/* A length octet and what it counts. */
MUST_CHECK enum err
field_counted_read(struct field_in *in, const uint8_t **data, size_t *len);

/* family: 4 or 6. */
MUST_CHECK enum err
field_address_parse(
    const struct word *word, uint8_t family, struct field_out *out, struct buf *why);

MUST_CHECK enum err
field_address_write(uint8_t family, struct field_in *in, struct buf *out);

#endif
