/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The geography from its files, verified: structure, the tests of the configuration, and
 * beside what is served type, size and how much of the address space moves.
 *
 * Shape: a file that is refused keeps its old version, from its last accepted copy, where
 * the rest can go on without it; see each function. No more than two tables are there at
 * a time: what is served and what is built.
 * Owner: results are the caller's.
 * Threads: the builder (steer/parts.h); these block.
 * Errors: refusals, one a file, and complaints.
 * Source: DESIGN "Where is the client?", "Bad data".
 */
#ifndef STEER_GEOLOAD_H
#define STEER_GEOLOAD_H

#include "base/complaint.h"
#include "config/config.h"
#include "geo/geo.h"

struct geo_refusal {
	char *path; /* as configured */
	char *why;
	int64_t since_s;
};

struct geo_refusals {
	struct geo_refusal *list;
	size_t count;
};

void
geo_refusals_fini(struct geo_refusals *r);

struct geoload {
	const struct config_geo *cfg;
	const char *state_dir;
	const struct geo *old; /* what is served; NULL: nothing yet */
	bool force; /* compare with nothing */
	const char *fresh; /* a new version, not in its place yet; NULL: none */
	const char *fresh_for; /* the configured file that it is of */
};

/* All or nothing, as the configured files are: for a check and a reload. */
MUST_CHECK enum err
geoload_all(const struct geoload *l, struct geo **out, struct complaints *complaints);

/* Never without a result for want of a file: a bad one's last accepted copy stands in, or
 * nothing. Compares with the copies. */
MUST_CHECK enum err
geoload_start(const struct geoload *l, struct geo **out, struct complaints *complaints);

/* Files have changed: ERR_DENIED when none of them is any good, and the old one stays. */
MUST_CHECK enum err
geoload_changed(const struct geoload *l, struct geo **out, struct geo_refusals *refusals);

/* Keeps copies of what g was read from and `old` was not. */
void
geoload_save(const struct geoload *l, const struct geo *g);

/* Is this complaint about a file of the geography? */
bool
geoload_is_about(const struct complaint *c, const struct config_geo *cfg);

#endif
