/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file and what it includes, as one tree.
 *
 * Shape: sections of included files are merged where the include stands: lists are
 * appended, maps joined; a single value that is set twice is complained of with both
 * places. Nodes point to the names in `files`.
 * Owner: tree and files are the caller's (include_fini()).
 * Threads: one at a time; reads files.
 * Errors: complaints; `broken` when a file was not read, so that what others refer to
 * may be missing.
 * Source: glob(7).
 */
#ifndef CONFIG_INCLUDE_H
#define CONFIG_INCLUDE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/complaint.h"
#include "config/config.h"
#include "config/tree.h"

enum {
	INCLUDE_DEPTH_MAX = 8,
	INCLUDE_FILES_MAX = 1024,
	INCLUDE_OCTETS_MAX = 64 << 20, /* of one file */
	INCLUDE_NODES_MAX = 4000000, /* of all files */
};

struct include {
	struct tree_node *root; /* a map, never NULL after include_read() */
	char **files;
	char **real; /* their real paths, to know them again */
	size_t file_count, file_cap, real_cap;
	size_t nodes_left;
	bool broken;
	const struct config_source *source;
	struct complaints *complaints;
};

void
include_read(struct include *in, const char *path, const struct config_source *source,
    struct complaints *complaints);

void
include_fini(struct include *in);

#endif
