/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Well known services: the RDATA of WKS.
 *
 * Shape: text "address protocol [port ...]"; wire: address, protocol, a bit for each
 * port. Names of protocols and ports are those of the system (/etc/services).
 * Owner: the wire room is the caller's.
 * Threads: any.
 * Errors: ERR_SYNTAX, ERR_RANGE with the reason in `why`.
 * Source: RFC 1035 3.4.2.
 */
#ifndef ZONE_WKS_H
#define ZONE_WKS_H

#include "zone/field.h"

MUST_CHECK enum err
wks_parse(struct words *words, struct field_out *out, struct buf *why);

/* Numbers only: what one system has a name for another may not. */
MUST_CHECK enum err
wks_write(struct field_in *in, struct buf *out);

#endif
