/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A zone file that was changed, and its serial forgotten.
 *
 * Shape: warnings, for zones that somebody may take or is told of: a secondary would keep
 * what it has, for good.
 * Owner: borrows both parts.
 * Threads: any; both are immutable.
 * Errors: complaints.
 * Source: RFC 1034 4.3.5, RFC 1982 3.2.
 */
#ifndef STEER_SERIAL_H
#define STEER_SERIAL_H

#include "steer/parts.h"

/* Zones that take records from the store are left out: their serial moves by itself. */
void
serial_check(const struct parts *old, const struct parts *parts, struct complaints *c);

#endif
