/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The operator's prefixes (geo.prefixes and prefix matches of regions) as spans.
 *
 * Shape: the value of a span is a list of regions (geo/chains.h): that of the longest
 * prefix, then those of the prefixes around it, so that a region added for a part of a
 * prefix changes nothing for pools that do not name it. For one prefix: the operator's
 * regions before the built-in ones, then geo.prefixes, prefix files, regions, in their
 * order.
 * Owner: the caller frees the spans.
 * Threads: one at a time.
 * Errors: a prefix of a region that is not there is a complaint and ERR_SYNTAX; one
 * inside a form of IPv4 in IPv6 is a warning: those clients are looked up by the IPv4
 * address inside, so it is never seen.
 * Source: RFC 4291 2.5.5.2, 6052 2.1, 3056 2, 4380 2.6 (IPv4 in IPv6).
 */
#ifndef GEO_PREFIXES_H
#define GEO_PREFIXES_H

#include <stdbool.h>

#include "base/complaint.h"
#include "config/config.h"
#include "geo/chains.h"
#include "geo/prefixfile.h"
#include "geo/regions.h"
#include "geo/spans.h"

/* Where each prefix was written, for people; the file is borrowed. */
struct prefix_origin {
	struct ip_prefix prefix;
	uint16_t region;
	uint32_t line;
	const char *file;
};

struct prefix_origins {
	struct prefix_origin *list;
	size_t count;
	size_t cap;
};

/* files: as many as the configuration names. */
MUST_CHECK enum err
prefixes_build(const struct config_geo *cfg, const struct prefixfile *files,
    const struct regions *regions, struct chains *chains, struct prefix_origins *origins,
    struct spans *v4, struct spans *v6, struct complaints *complaints);

/* The IPv6 ranges that stand for IPv4 addresses have the value 1, the others 0. */
void
prefixes_wrappers(struct spans *v6);

/* Is this whole block of the IPv6 space such a range, or inside one? */
bool
prefixes_is_wrapped(span_at start, unsigned len);

#endif
