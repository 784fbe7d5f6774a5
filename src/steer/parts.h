/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a world is built from, read from files: the configuration, the zones' files and
 * the geography. Reading takes time and may fail; nothing is served from here.
 *
 * Shape: one of each; zone_files runs parallel to config->zones. At a reload a zone whose
 * files hold what they held before keeps its table.
 * Owner: counted holders (worlds hold it); parts_release().
 * Threads: parts_load() blocks and runs in a thread of its own (or before the others
 * start). The result is immutable once it is installed.
 * Errors: complaints. PARTS_CHECK fails on any error. PARTS_START fails
 * only on a broken configuration; for a bad zone file or database, or one that
 * loses too much, it takes the last accepted copy, else marks the zone broken or leaves
 * the database out. A reload fails on the configuration and databases; see
 * parts_reload(). Source: DESIGN "Bad data".
 */
#ifndef STEER_PARTS_H
#define STEER_PARTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/complaint.h"
#include "config/config.h"
#include "geo/geo.h"
#include "steer/accepted.h"
#include "steer/geoload.h"
#include "steer/heldfile.h"
#include "steer/zonesource.h"
#include "store/guard.h"
#include "zone/zone.h"

/* PARTS_RELOAD: by parts_reload(); without an old version, as at a start. */
enum parts_mode { PARTS_START, PARTS_RELOAD, PARTS_CHECK };

struct parts {
	_Atomic unsigned holders;
	_Atomic unsigned derived; /* of this, and 1 while there are holders: see base */
	struct config *config;
	struct geo *geo;
	struct zone_file **zone_files; /* NULL: the zone has no file, or no good one */
	struct zonesource **sources; /* of zone_files; NULL: not known */
	size_t unchanged_count; /* zone files that were as before, and were not parsed */
	struct heldfile **held; /* versions of zone files that lose too much */
	size_t held_count;
	size_t bad_count; /* zone files that were bad at a reload */
	char *held_why; /* the configuration loses too much; NULL: it does not */
	struct accepted_zone texts; /* that the configuration was read from */
	struct guard_peak *peaks; /* of the names of each zone's file */
	struct guard_peak endpoint_peak; /* of all pools of the configuration */
	struct parts *base; /* has the configuration of what was derived; else NULL */
	struct complaints complaints; /* all that was said while loading */
};

MUST_CHECK enum err
parts_load(const char *path, enum parts_mode mode, struct parts **out,
    struct complaints *complaints);

/*
 * As with PARTS_START. A configuration that loses too much of the one that was accepted
 * last is *held, and what its copy says is *out; else *held is NULL.
 */
MUST_CHECK enum err
parts_start(const char *path, struct parts **out, struct parts **held,
    struct complaints *complaints);

/*
 * As with PARTS_RELOAD, beside what is served: a zone file that is bad or loses too much
 * keeps the version of `old`. A configuration that loses too much is read all the same,
 * and held_why says so. force: nothing is too much.
 */
MUST_CHECK enum err
parts_reload(const char *path, const struct parts *old, bool force, struct parts **out,
    struct complaints *complaints);

/* What parts_reload() would say and give, of which nothing is kept, logged or noted: to
 * be looked at and released, not to be served. */
MUST_CHECK enum err
parts_plan(const char *path, const struct parts *old, bool force, struct parts **out,
    struct complaints *complaints);

/* As parts_reload() with the version that is held under this id; blocks. ERR_MISSING:
 * none is. */
MUST_CHECK enum err
parts_accept(struct parts *old, const char *id, struct parts **out);

/*
 * The same with the geography as its files are now; a file that is no good keeps its old
 * version. fresh, if it is not NULL, is a new version of the file fresh_for, and takes
 * its place when it is good. ERR_DENIED: nothing has changed. The refusals are the
 * caller's.
 */
MUST_CHECK enum err
parts_geo(struct parts *old, const char *fresh, const char *fresh_for, struct parts **out,
    struct geo_refusals *refusals);

/* A configuration that is held is taken all the same, and what it lost with it. */
void
parts_accept_config(struct parts *p);

/* It is served now: the next start measures by it. Blocks; failing costs that only. */
void
parts_keep_config(const struct parts *p);

struct parts *
parts_hold(struct parts *p);

/* NULL is allowed. */
void
parts_release(struct parts *p);

#endif
