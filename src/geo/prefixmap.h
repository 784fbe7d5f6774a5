/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The compiled table: address to value and scope, for one family each.
 *
 * Shape: starts[] and values[] of disjoint intervals that cover the space, and for
 * each block of addresses the interval that holds its first one: IPv4 by the top 16
 * bits, IPv6 by the top 20 within 2000::/3, where all that is routed lies. The scope of a
 * look-up is the length of the largest prefix around the address that lies inside its
 * interval; such prefixes never overlap. Owner: prefixmap4_fini(), prefixmap6_fini().
 * Threads: immutable after init.
 * Errors: none. Values are below 65536 (asserted).
 * Source: RFC 7871 7.2.1: scopes of one server must not overlap.
 */
#ifndef GEO_PREFIXMAP_H
#define GEO_PREFIXMAP_H

#include <stddef.h>
#include <stdint.h>

#include "geo/spans.h"

/* 2000::/3 by its next 17 bits, and a block on either side of it. */
enum { PREFIXMAP_BLOCKS4 = 1 << 16, PREFIXMAP_BLOCKS6 = (1 << 17) + 2 };

struct prefixmap4 {
	uint32_t *index; /* PREFIXMAP_BLOCKS4 + 1 */
	uint32_t *starts;
	uint16_t *values;
	uint32_t count;
};

struct prefixmap6 {
	uint32_t *index; /* PREFIXMAP_BLOCKS6 + 1 */
	span_at *starts;
	uint16_t *values;
	uint32_t count;
};

void
prefixmap4_init(struct prefixmap4 *m, const struct spans *s);

void
prefixmap6_init(struct prefixmap6 *m, const struct spans *s);

void
prefixmap4_fini(struct prefixmap4 *m);

void
prefixmap6_fini(struct prefixmap6 *m);

uint16_t
prefixmap4_find(const struct prefixmap4 *m, const uint8_t ip[4], uint8_t *scope);

uint16_t
prefixmap6_find(const struct prefixmap6 *m, const uint8_t ip[16], uint8_t *scope);

/* Both tables at once: each run of addresses that has one value in either. */
typedef void
prefixmap_fn(void *ctx, uint16_t a, uint16_t b, double size);

void
prefixmap4_beside(
    const struct prefixmap4 *a, const struct prefixmap4 *b, prefixmap_fn *fn, void *ctx);

void
prefixmap6_beside(
    const struct prefixmap6 *a, const struct prefixmap6 *b, prefixmap_fn *fn, void *ctx);

/* Of what has a value in a: the share that has another in b. Values are divided by unit
 * before; 0 is none. */
double
prefixmap4_moved(const struct prefixmap4 *a, const struct prefixmap4 *b, uint16_t unit);

double
prefixmap6_moved(const struct prefixmap6 *a, const struct prefixmap6 *b, uint16_t unit);

/* Memory held, in octets. */
size_t
prefixmap4_octets(const struct prefixmap4 *m);

size_t
prefixmap6_octets(const struct prefixmap6 *m);

#endif
