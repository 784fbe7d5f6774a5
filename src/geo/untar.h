/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Takes one file out of a tar stream; what is no tar stream passes through as it is.
 *
 * Shape: a stream is known by the word "ustar" in its first block. The first member whose
 * name ends in ".mmdb" is taken, and names are used for nothing else.
 * Owner: all zero at first; holds nothing.
 * Threads: one at a time.
 * Errors: ERR_CORRUPT, ERR_MISSING, ERR_IO; the reason in `why`.
 * Source: POSIX pax, "ustar Interchange Format"; GNU tar writes the same blocks.
 */
#ifndef GEO_UNTAR_H
#define GEO_UNTAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"

enum { UNTAR_BLOCK = 512 };

struct untar {
	uint8_t block[UNTAR_BLOCK]; /* a header that is being collected */
	size_t fill;
	bool is_known; /* the first block was seen */
	bool is_tar;
	bool is_taking; /* the member that is read is the one */
	bool is_found;
	bool is_over; /* the blocks of zeros at the end were seen */
	uint64_t member; /* octets of it that are still to come */
	uint64_t padding; /* and octets behind them */
};

MUST_CHECK enum err
untar_add(struct untar *t, const uint8_t *data, size_t len, FILE *to, struct buf *why);

/* No more comes. */
MUST_CHECK enum err
untar_end(struct untar *t, FILE *to, struct buf *why);

#endif
