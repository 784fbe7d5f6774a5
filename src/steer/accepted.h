/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Last accepted copies of the configuration, zone files and geo databases, so that a node
 * whose files were broken or cut while it was down starts with what it served before.
 *
 * Shape: STATE_DIR/accepted/: DOMAIN.zone holds a zone file and what it includes, each
 * behind a line "FILE octets path"; `configuration` the configuration's files in the same
 * form; PATH.mmdb a database as it is. They are replaced durably and only when they
 * differ.
 * Owner: results are the caller's.
 * Threads: the builder (steer/parts.h); these block.
 * Errors: ERR_IO with the reason in `why`; ERR_MISSING: there is no copy.
 * Source: DESIGN "On disk", "Bad data".
 */
#ifndef STEER_ACCEPTED_H
#define STEER_ACCEPTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "dns/name.h"

struct accepted_file {
	char *path;
	char *text;
	size_t len;
};

/* A zone's files, the master file first. */
struct accepted_zone {
	struct accepted_file *files;
	size_t count;
	size_t cap;
};

void
accepted_zone_add(
    struct accepted_zone *z, const char *path, const char *text, size_t len);

/* The same, and takes the text over. */
void
accepted_zone_take(struct accepted_zone *z, const char *path, char *text, size_t len);

void
accepted_zone_fini(struct accepted_zone *z);

/* FNV-1a: the same version has the same id at each reload and after a restart. */
uint32_t
accepted_zone_sum(const struct accepted_zone *z);

/* The file with that path; NULL: it is not among them. */
const struct accepted_file *
accepted_zone_find(const struct accepted_zone *z, const char *path);

/* Put aside into the batch unless the copy is just this already. */
MUST_CHECK enum err
accepted_zone_save(const char *state_dir, const struct name *apex,
    const struct accepted_zone *z, struct file_batch *batch, struct buf *why);

/* Of the copy, in octets. */
size_t
accepted_zone_size(const struct accepted_zone *z);

/* Is there a copy, of this size? One that is cut is as good as none. */
bool
accepted_zone_is_there(const char *state_dir, const struct name *apex, size_t size);

MUST_CHECK enum err
accepted_zone_load(const char *state_dir, const struct name *apex,
    struct accepted_zone *out, struct buf *why);

MUST_CHECK enum err
accepted_config_save(
    const char *state_dir, const struct accepted_zone *files, struct buf *why);

MUST_CHECK enum err
accepted_config_load(const char *state_dir, struct accepted_zone *out, struct buf *why);

/* The path where the copy of this database stands or would stand; caller frees. */
char *
accepted_geo_path(const char *state_dir, const char *database);

MUST_CHECK enum err
accepted_geo_save(const char *state_dir, const char *database, struct buf *why);

#endif
