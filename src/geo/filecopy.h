/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file as it was at one moment: its stamp, and a copy that nobody else can change.
 *
 * Shape: the stamp tells one version of a file from another without reading it. The copy
 * is in anonymous memory, so that a file which is overwritten or cut while it is used
 * is at worst damaged, never a SIGBUS.
 * Owner: descriptors are the caller's.
 * Threads: any; these block.
 * Errors: ERR_IO, and ERR_BUSY for a file that is being written, with the reason in
 * `why`.
 * Source: stat(2); memfd_create(2).
 */
#ifndef GEO_FILECOPY_H
#define GEO_FILECOPY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct filestamp {
	uint64_t device, inode, octets;
	int64_t modified_ns;
};

/* False, and all zero: there is no such file. */
bool
filestamp_get(const char *path, struct filestamp *out);

bool
filestamp_equal(const struct filestamp *a, const struct filestamp *b);

/* *out: a descriptor of the copy. */
MUST_CHECK enum err
filecopy_open(const char *path, struct filestamp *stamp, int *out, struct buf *why);

#endif
