/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The address space of one family cut into spans that have a value each; the form in
 * which databases and prefix lists are laid over each other.
 *
 * Shape: sorted by start; a span reaches to the next one's start, the last to the end of
 * the space. The first starts at 0. Neighbours differ in value. An empty list says 0
 * everywhere. IPv4 addresses are the low 32 bits.
 * Owner: the holder; spans_fini() frees.
 * Threads: one at a time.
 * Errors: none (base/mem.h).
 * Source: none.
 */
#ifndef GEO_SPANS_H
#define GEO_SPANS_H

#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"

__extension__ typedef unsigned __int128 span_at;

struct span {
	span_at start;
	uint64_t value;
};

struct spans {
	struct span *list;
	size_t count;
	size_t cap;
};

typedef uint64_t
spans_fn(void *ctx, uint64_t a, uint64_t b);

/* From `start` on the value is this. Starts never go back; the same start again replaces
 * what was said of it. */
void
spans_add(struct spans *s, span_at start, uint64_t value);

/* Lays b over a: out, which must be empty, gets fn(ctx, value in a, value in b). */
void
spans_merge(const struct spans *a, const struct spans *b, spans_fn *fn, void *ctx,
    struct spans *out);

void
spans_fini(struct spans *s);

/* An address as a number: 32 or 128 bits. */
span_at
span_at_ip(const struct ip *ip);

/* The last address of the block of this length around `start`. */
span_at
span_last(span_at start, unsigned len, unsigned family_bits);

#endif
