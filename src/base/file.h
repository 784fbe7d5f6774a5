/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole files: read, replace durably, join paths.
 *
 * Shape: contents are octets with a NUL added behind them.
 * Owner: results belong to the caller (mem_free).
 * Threads: any; these block, so never in a loop that must not.
 * Errors: ERR_IO with the reason in `why` ("cannot open NAME: No such file ...").
 * Source: the durable-replace order temp, fsync, rename, fsync of the folder.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* Reads at most max octets; a larger file is ERR_RANGE. */
MUST_CHECK enum err
file_read(const char *path, size_t max, char **data, size_t *len, struct buf *why);

/* Readers see the old contents or the new, also after a power cut. */
MUST_CHECK enum err
file_replace(const char *path, const void *data, size_t len, struct buf *why);

/* The file `from`, beside it, takes the place of `to`, as durably. */
MUST_CHECK enum err
file_put_in_place(const char *from, const char *to, struct buf *why);

/* Contents in pieces, one behind the other. */
struct file_piece {
	const void *data;
	size_t len;
};

/* Does the file hold just this? False also when it can not be read. */
bool
file_holds(const char *path, const struct file_piece *pieces, size_t count);

/*
 * Many files of one folder at once: each is written aside, then all are made durable
 * together and put in their places. All zero is an empty batch.
 */
struct file_batch {
	char **paths;
	size_t count;
	size_t cap;
};

MUST_CHECK enum err
file_batch_add(struct file_batch *b, const char *path, const struct file_piece *pieces,
    size_t count, struct buf *why);

/* What can be put in place is; the first error is told. The batch is empty afterwards. */
MUST_CHECK enum err
file_batch_finish(struct file_batch *b, struct buf *why);

/* Makes a folder and those above it, mode 0750. */
MUST_CHECK enum err
file_make_dir(const char *path, struct buf *why);

/* `path` if it is absolute, else `path` seen from the folder that holds the file `from`.
 */
char *
file_beside(const char *from, const char *path);

#endif
