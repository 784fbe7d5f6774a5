/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the fields of RDATA say about each other.
 *
 * Shape: octets that have the form of their type in, true or false out: the length that
 * a digest must have, a key where there must be one.
 * Owner: borrowed.
 * Threads: any.
 * Errors: false, with the reason in `why`.
 * Source: RFC 4034 5.1.4, RFC 4509 2.2, RFC 6605 2 (DS), RFC 4255 3.1 and RFC 6594 4
 * (SSHFP), RFC 8976 2.2 (ZONEMD), RFC 2535 3.1.2 (KEY), RFC 4025 2.4 (IPSECKEY), RFC
 * 5155 3 (NSEC3), RFC 4034 4.1.2 (NSEC).
 */
#ifndef ZONE_RRCHECK_H
#define ZONE_RRCHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

bool
rrcheck(uint16_t type, const uint8_t *wire, size_t len, struct buf *why);

#endif
