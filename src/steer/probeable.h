/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether an address that a record of the store names may be probed: the database must
 * not choose what we connect to.
 *
 * Shape: a fixed list of networks that are never probed unless store.probe_allow holds
 * the address: loopback, link-local, multicast, private and shared ones, and our own
 * addresses. Owner: values. Threads: any; pure. Errors: none. Source: DESIGN "Probe
 * targets born in the store"; RFC 6890 (special-purpose addresses).
 */
#ifndef STEER_PROBEABLE_H
#define STEER_PROBEABLE_H

#include <stdbool.h>

#include "base/ip.h"
#include "config/config.h"
#include "steer/pool.h"

bool
probeable_is_allowed(const struct config *c, const struct ip *ip);

/* Endpoints of a pool of the store that may not be probed are served all the same: marks
 * them, and logs each. */
void
probeable_mark(const struct config *c, struct pool *p);

#endif
