/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parts of addresses: the lists of APL, and the suffix of A6.
 *
 * Shape: APL "[!]family:address/length ..."; A6 "length [address] [name]": the length of
 * the prefix that the name's own A6 gives, and the rest of the address.
 * Owner: the wire room is the caller's.
 * Threads: any.
 * Errors: ERR_SYNTAX, ERR_RANGE with the reason in `why`.
 * Source: RFC 3123 4 and 5; RFC 2874 3.1.
 */
#ifndef ZONE_PREFIX_H
#define ZONE_PREFIX_H

#include "zone/field.h"

MUST_CHECK enum err
prefix_list_parse(struct words *words, struct field_out *out, struct buf *why);

MUST_CHECK enum err
prefix_list_write(struct field_in *in, struct buf *out);

MUST_CHECK enum err
prefix_a6_parse(struct words *words, const struct name *origin, struct field_out *out,
    struct buf *why);

MUST_CHECK enum err
prefix_a6_write(struct field_in *in, struct buf *out);

#endif
