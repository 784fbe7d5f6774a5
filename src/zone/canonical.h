/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RDATA in the form in which it is compared: domain names in it in lower case.
 *
 * Shape: octets in, as many octets out. All types whose fields are known are treated
 * alike, so that "NS a" and "NS A" are one record.
 * Owner: results go into the caller's buffer.
 * Threads: any.
 * Errors: none; data that has not the form of its type is copied as it is.
 * Source: RFC 4034 6.2, RFC 6840 5.1, RFC 4343 3.
 */
#ifndef ZONE_CANONICAL_H
#define ZONE_CANONICAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* False: RDATA of this type is compared as it is. */
bool
canonical_has_names(uint16_t type);

void
canonical_write(uint16_t type, const uint8_t *wire, size_t len, struct buf *out);

#endif
