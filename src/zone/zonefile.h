/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads a master file into a name table.
 *
 * Shape: text in, table out. The text is cut into entries by zone/lexer.h, RDATA is
 * compiled by zone/rdata.h, each entry goes into an RRset, and the whole is
 * checked (SOA and NS at the apex, nothing out of the zone, no CNAME beside data).
 * Owner: the table belongs to the caller; options are borrowed for the call.
 * Threads: any; blocks on files.
 * Errors: complaints with file, line and column, all of them; ERR_SYNTAX when there
 * was an error. Warnings let the zone load.
 * Source: RFC 1035 5, RFC 2308 4 ($TTL), RFC 3597 5, BIND 9.18's reading of them.
 */
#ifndef ZONE_ZONEFILE_H
#define ZONE_ZONEFILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/complaint.h"
#include "base/err.h"
#include "dns/name.h"
#include "zone/table.h"

struct zonefile_options {
	struct name origin; /* the zone's apex; also the first $ORIGIN */
	/* The id of a pool by name, 0 when there is no such pool. NULL: no pools. */
	uint32_t (*pool_id)(void *ctx, const char *name, uint32_t ttl);
	/* Can that pool be answered with a CNAME? NULL: none can. */
	bool (*pool_is_cname)(void *ctx, const char *name);
	/* Called with every file that is read (also $INCLUDEd), before what is in it; may
	 * be NULL. It takes the text over, and keeps it at least until zonefile_load()
	 * returns. */
	void (*on_file)(void *ctx, const char *path, char *text, size_t len);
	/* Gives the text of a file instead of the file system; NULL: read files. */
	enum err (*open)(
	    void *ctx, const char *path, char **text, size_t *len, struct buf *why);
	void *ctx;
};

MUST_CHECK enum err
zonefile_load(const char *path, const struct zonefile_options *options,
    struct table **out, struct complaints *complaints);

#endif
