/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of steer/parts.h share, and nobody else.
 *
 * Shape: parts.c reads; parts_config.c is about the configuration itself, its loss and
 * its copy; parts_geo.c about the
 * geography, parts_zones.c about zone files; parts_accept.c derives from what is there.
 * Owner: see steer/parts.h.
 * Threads: see there; all of it blocks.
 * Errors: see there.
 * Source: none.
 */
#ifndef STEER_PARTS_INSIDE_H
#define STEER_PARTS_INSIDE_H

#include "steer/parts.h"

/* What a reload or start is told. */
struct loading {
	enum parts_mode mode;
	const struct parts *old; /* NULL: none */
	bool force;
	const struct accepted_zone *copy; /* the configuration is read from; NULL: disk */
	bool dry; /* nothing is kept, logged or noted: it will not be served */
};

MUST_CHECK enum err
parts_load_with(const char *path, const struct loading *g, struct parts **out,
    struct complaints *complaints);

/* With the texts it came from. */
MUST_CHECK enum err
parts_read_config(struct parts *p, const char *path, const struct loading *g);

/* Sets held_why when it loses too much of what is served, or was at the last end. */
void
parts_judge_config(struct parts *p, const struct loading *g);

/* The same of what its new zones take from the old ones: once zone files are read. */
void
parts_judge_takeover(struct parts *p, const struct loading *g);

/* Where a zone was before: the same place of the old configuration, or another; SIZE_MAX:
 * it was not there. */
size_t
parts_old_place(const struct parts *old, const struct config_zone *z, size_t hint);

/* What reading a zone file gave. */
struct zone_read {
	enum err e;
	struct zone_file *same; /* as it is served, or NULL; else what follows */
	struct table *table;
	bool has_pools;
	struct accepted_zone files; /* texts it came from */
	struct complaints complaints;
};

/* All zone files, several at once; reads[i] is of the configuration's zone i, and all
 * zero before. */
void
parts_read_zones(
    const struct config *c, const struct loading *g, struct zone_read *reads);

/* The last accepted copy of a zone whose file is bad. */
MUST_CHECK enum err
parts_read_copy(const struct config *c, const struct config_zone *z, struct table **out);

MUST_CHECK enum err
parts_load_geo(struct parts *p, const struct loading *g);

void
parts_save_geo(const struct parts *p, const struct loading *g);

/* As old in all but complaints, of which it has none. */
struct parts *
parts_derive(struct parts *old);

void
parts_save_sizes(const struct parts *p);

#endif
