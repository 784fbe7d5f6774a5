/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sum of a file's octets: is it the same text as before?
 *
 * Shape: the length and two hashes that begin differently, over blocks of 64 KiB.
 * Owner: values.
 * Threads: any; filesum_read() blocks.
 * Errors: ERR_IO.
 * Source: base/hash.h: keyed by the process, so a sum is never stored or sent.
 */
#ifndef BASE_FILESUM_H
#define BASE_FILESUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct filesum {
	uint64_t len;
	uint64_t hash[2];
};

struct filesum
filesum_of(const char *text, size_t len);

/* Of a file as it is now. */
MUST_CHECK enum err
filesum_read(const char *path, struct filesum *out);

bool
filesum_equal(const struct filesum *a, const struct filesum *b);

#endif
