/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is a record of a MaxMind DB of sane depth? libmaxminddb 1.7.1 recurses into maps and
 * arrays without a limit, so that a file made for it overflows the stack.
 *
 * Shape: a scan over the data section, pointers followed, each target once.
 * Owner: the holder; nesting_fini() frees.
 * Threads: one at a time.
 * Errors: false for values nested deeper than NESTING_MAX, outside the section, or
 * overlapping each other so often that reading them would take for ever.
 * Source: MaxMind DB File Format Specification 2.0, "Data Field Format".
 */
#ifndef GEO_NESTING_H
#define GEO_NESTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/memo.h"

enum { NESTING_MAX = 64 };

struct nesting {
	const uint8_t *data;
	size_t len;
	uint64_t budget; /* values that may still be scanned */
	struct memo seen;
};

void
nesting_init(struct nesting *n, const uint8_t *data, size_t len);

void
nesting_fini(struct nesting *n);

bool
nesting_is_sane(struct nesting *n, size_t at);

#endif
