/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a new version of a zone file or of the configuration would lose, and whether that
 * is too much to be true: the guard of what comes from files.
 *
 * Shape: questions about an old and a new version; store/guard.h has the policy.
 * Owner: both are borrowed. Threads: any. Errors: none. Source: DESIGN 5, "Guard".
 */
#ifndef STEER_LOSS_H
#define STEER_LOSS_H

#include <stdbool.h>

#include "base/buf.h"
#include "config/config.h"
#include "zone/table.h"

/* True: `why` says what would be left. */
bool
loss_of_zone(const struct table *old, const struct table *next, struct buf *why);

/* Does it need a pool that the configuration does not have? Such a version can not be
 * served beside it. */
bool
loss_of_pool(const struct table *t, const struct config *c);

/* Zones that would go, or more than 30 % of the endpoints of all pools. */
bool
loss_of_config(const struct config *old, const struct config *next, struct buf *why);

#endif
