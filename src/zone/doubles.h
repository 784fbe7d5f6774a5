/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records that are there twice, names in their data compared ignoring case.
 *
 * Shape: a list of RDATA in, the same list without doubles out.
 * Owner: the caller's list; the octets are borrowed.
 * Threads: any.
 * Errors: none.
 * Source: RFC 2181 5, RFC 4034 6.2.
 */
#ifndef ZONE_DOUBLES_H
#define ZONE_DOUBLES_H

#include "zone/rrset.h"

/* Of those that are alike the last one is kept. Returns how many are left. */
size_t
doubles_drop(uint16_t type, struct rdata *rdatas, size_t count);

#endif
