/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a world is built from, read from files: the configuration, the zones' files and
 * the geography. Reading takes time and may fail; nothing is served from here.
 *
 * Shape: one of each; zone_files runs parallel to config->zones.
 * Owner: counted holders (worlds hold it); parts_release().
 * Threads: parts_load() blocks and runs in a thread of its own (or before the others
 * start). The result is immutable.
 * Errors: complaints. PARTS_RELOAD and PARTS_CHECK fail on any error. PARTS_START fails
 * only on a broken configuration; for a bad zone file or database it takes the last
 * accepted copy, else marks the zone broken or leaves the database out.
 * Source: DESIGN "Bad data".
 */
#ifndef STEER_PARTS_H
#define STEER_PARTS_H

#include <stdatomic.h>
#include <stddef.h>

#include "base/complaint.h"
#include "config/config.h"
#include "geo/geo.h"
#include "zone/zone.h"

enum parts_mode { PARTS_START, PARTS_RELOAD, PARTS_CHECK };

struct parts {
	_Atomic unsigned holders;
	struct config *config;
	struct geo *geo;
	struct zone_file **zone_files; /* NULL: the zone has no file, or no good one */
	struct complaints complaints; /* all that was said while loading */
};

MUST_CHECK enum err
parts_load(const char *path, enum parts_mode mode, struct parts **out,
    struct complaints *complaints);

struct parts *
parts_hold(struct parts *p);

/* NULL is allowed. */
void
parts_release(struct parts *p);

#endif
