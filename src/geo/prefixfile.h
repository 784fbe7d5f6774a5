/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file of the operator's prefixes: what is known better than databases know it.
 *
 * Shape: a line each: the prefix, blanks, the name of a region; "#" begins a comment.
 * Owner: prefixfile_fini() frees.
 * Threads: any; reading blocks.
 * Errors: complaints with line and column; a file with any of them is not used at all.
 * Source: none.
 */
#ifndef GEO_PREFIXFILE_H
#define GEO_PREFIXFILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/complaint.h"
#include "base/ip.h"
#include "geo/filecopy.h"
#include "geo/regions.h"

struct prefixfile_entry {
	struct ip_prefix prefix;
	uint16_t region;
	uint32_t line;
};

struct prefixfile {
	struct prefixfile_entry *list;
	size_t count;
	size_t cap;
	struct filestamp stamp;
};

MUST_CHECK enum err
prefixfile_read(const char *path, const struct regions *regions, struct prefixfile *out,
    struct complaints *complaints);

void
prefixfile_fini(struct prefixfile *f);

#endif
