/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a zone's table was read from, so that the next reload knows whether the same would
 * come out of it again: then nothing is parsed, and the table is kept as it is.
 *
 * Shape: the path and sum of each file, the master file first; what was complained about.
 * The texts are the judge, for times of change tell nothing of a file that was rewritten
 * within the same moment. They name all files that are included; beside them only the
 * configuration's pools count.
 * Owner: counted holders.
 * Threads: the builder (steer/parts.h), one reload after the other; release: any.
 * Errors: none: what can not be read is not current.
 * Source: none.
 */
#ifndef STEER_ZONESOURCE_H
#define STEER_ZONESOURCE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/complaint.h"
#include "base/filesum.h"
#include "config/config.h"
#include "steer/accepted.h"

struct zonesource {
	_Atomic unsigned holders;
	char **paths;
	struct filesum *sums;
	size_t count;
	bool has_pools; /* it names pools of the configuration */
	bool is_kept; /* the accepted copy is just this */
	size_t copy_size; /* of that */
	size_t names; /* that are served: loss_count_names() */
	struct complaints said;
};

struct zonesource *
zonesource_new(const struct accepted_zone *files, bool has_pools, size_t names,
    const struct complaints *said);

/* NULL is allowed, and given back. */
struct zonesource *
zonesource_hold(struct zonesource *s);

/* NULL is allowed. */
void
zonesource_release(struct zonesource *s);

/* Do both configurations have what the zone asks of pools? */
bool
zonesource_fits(
    const struct zonesource *s, const struct config *was, const struct config *is);

/* Would reading the file `path` with this configuration give the same? Reads all of it.
 */
bool
zonesource_is_current(const struct zonesource *s, const char *path,
    const struct config *was, const struct config *is);

#endif
