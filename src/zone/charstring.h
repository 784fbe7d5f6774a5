/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Character strings of RDATA, and the kinds of them that hold only some texts.
 *
 * Shape: a word with or without quotes; wire: a length octet and up to 255 octets, or all
 * that is left of the RDATA.
 * Owner: the wire room is the caller's.
 * Threads: any.
 * Errors: ERR_SYNTAX, ERR_RANGE with the reason in `why`.
 * Source: RFC 1035 3.3 and 5.1, RFC 1183 3.1 (X25), RFC 3402 3.2 (NAPTR), RFC 7553 4.4.
 */
#ifndef ZONE_CHARSTRING_H
#define ZONE_CHARSTRING_H

#include "zone/field.h"

/* FIELD_STRING, _STRING_OPTIONAL, _STRINGS, _LONG_STRING, _QUOTED, _DIGITS, _RULE */
MUST_CHECK enum err
charstring_parse(
    enum field_kind kind, struct words *words, struct field_out *out, struct buf *why);

MUST_CHECK enum err
charstring_write(enum field_kind kind, struct field_in *in, struct buf *out);

#endif
