/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where something is: the RDATA of LOC.
 *
 * Shape: text "d [m [s]] {N|S} d [m [s]] {E|W} altitude[m] [size[m] [hp[m] [vp[m]]]]";
 * wire: version, three sizes as mantissa and power of ten of centimetres, latitude and
 * longitude in thousandths of a second from 2^31, altitude in centimetres from -100 km.
 * Owner: the wire room is the caller's.
 * Threads: any.
 * Errors: ERR_SYNTAX, ERR_RANGE with the reason in `why`; nothing is rounded or wrapped,
 * but a size keeps its first digit only, which is all that the wire has.
 * Source: RFC 1876 2 and 3.
 */
#ifndef ZONE_LOC_H
#define ZONE_LOC_H

#include "zone/field.h"

MUST_CHECK enum err
loc_parse(struct words *words, struct field_out *out, struct buf *why);

MUST_CHECK enum err
loc_write(struct field_in *in, struct buf *out);

#endif
