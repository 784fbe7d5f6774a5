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
#include <stddef.h>

#include "base/buf.h"
#include "base/clock.h"
#include "config/config.h"
#include "steer/world.h"
#include "store/guard.h"
#include "zone/table.h"
#include "zone/zone.h"

/* Names of a file that are served: not those below a cut or a DNAME of its own. */
size_t
loss_count_names(const struct table *t);

/* Of a file's names. True: `why` says what would be left. The size of the old one is
 * noted in peak. */
bool
loss_of_zone(
    size_t names, size_t left, struct guard_peak *peak, struct mono now, struct buf *why);

/* Does it need a pool that the configuration does not have? Such a version can not be
 * served beside it. */
bool
loss_of_pool(const struct table *t, const struct config *c);

size_t
loss_count_endpoints(const struct config *c);

/* Zones that would go, or would lose their file or their records in the store; pools; or
 * more than 30 % of the endpoints of all pools, whose old number is noted in peak. */
bool
loss_of_config(const struct config *old, const struct config *next,
    struct guard_peak *peak, struct mono now, struct buf *why);

/* Names of a zone's new file, parallel to next->zones, that a zone new below it would
 * take over and not have itself: the longest zone wins. */
bool
loss_to_new_zones(const struct config *old, const struct config *next,
    struct zone_file *const *files, struct buf *why);

/* Names of the store in a zone that are served below this one. In the store thread. */
size_t
loss_count_below(
    const struct world *w, const struct name *zone, const struct name *owner);

#endif
