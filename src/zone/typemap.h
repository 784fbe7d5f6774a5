/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets of types as bitmaps: of NSEC, NSEC3 and CSYNC, and the old one of NXT.
 *
 * Shape: text is a list of types; wire is blocks of up to 32 octets for each 256 types
 * that has any, for NXT one block of up to 16 octets.
 * Owner: the wire room is the caller's.
 * Threads: any.
 * Errors: ERR_SYNTAX, ERR_RANGE with the reason in `why`; ERR_SYNTAX when the octets are
 * no such bitmap.
 * Source: RFC 4034 4.1.2, RFC 2535 5.2.
 */
#ifndef ZONE_TYPEMAP_H
#define ZONE_TYPEMAP_H

#include "zone/field.h"

MUST_CHECK enum err
typemap_parse(struct words *words, struct field_out *out, struct buf *why);

MUST_CHECK enum err
typemap_write(struct field_in *in, struct buf *out);

MUST_CHECK enum err
typemap_old_parse(struct words *words, struct field_out *out, struct buf *why);

MUST_CHECK enum err
typemap_old_write(struct field_in *in, struct buf *out);

#endif
