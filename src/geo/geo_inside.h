/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of geo/geo.h share, and nobody else: geobuild.c compiles, geo.c is
 * asked.
 *
 * Shape: see below.
 * Owner: see geo/geo.h.
 * Threads: see geo/geo.h.
 * Errors: none.
 * Source: none.
 */
#ifndef GEO_GEO_INSIDE_H
#define GEO_GEO_INSIDE_H

#include "geo/chains.h"
#include "geo/geo.h"
#include "geo/prefixes.h"
#include "geo/prefixmap.h"
#include "geo/regions.h"

struct geo {
	_Atomic unsigned holders;
	struct regions regions;
	struct chains chains;
	uint32_t *places; /* chain of each place */
	size_t place_count;
	struct prefixmap4 places4;
	struct prefixmap6 places6;
	struct prefix_origins origins;
	struct geo_file *files;
	size_t file_count;
	struct prefixmap4 wheres4; /* for geo_describe(): country * 8 + continent */
	struct prefixmap6 wheres6;
};

#endif
