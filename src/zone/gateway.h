/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Machines that stand in for others: the gateway of IPSECKEY, the relay of AMTRELAY, the
 * identity and servers of HIP.
 *
 * Shape: a gateway is nothing ("."), an IPv4 address, an IPv6 address or a name, by a
 * number 0 to 3 that stands before it.
 * Owner: the wire room is the caller's.
 * Threads: any.
 * Errors: ERR_SYNTAX, ERR_RANGE with the reason in `why`.
 * Source: RFC 4025 2 and 3, RFC 8777 4, RFC 8005 5 and 6.
 */
#ifndef ZONE_GATEWAY_H
#define ZONE_GATEWAY_H

#include "zone/field.h"

/* By the second octet of the RDATA. */
MUST_CHECK enum err
gateway_parse(const struct word *word, const struct name *origin, struct field_out *out,
    struct buf *why);

MUST_CHECK enum err
gateway_write(struct field_in *in, struct buf *out);

/* "D type relay": the three fields behind the precedence. */
MUST_CHECK enum err
gateway_relay_parse(struct words *words, const struct name *origin, struct field_out *out,
    struct buf *why);

MUST_CHECK enum err
gateway_relay_write(struct field_in *in, struct buf *out);

/* All of HIP: "algorithm HIT key [server ...]". */
MUST_CHECK enum err
gateway_hip_parse(struct words *words, const struct name *origin, struct field_out *out,
    struct buf *why);

MUST_CHECK enum err
gateway_hip_write(struct field_in *in, struct buf *out);

#endif
