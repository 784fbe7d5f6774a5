/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many small blocks that live and end together: cheaper than one malloc() each.
 *
 * Shape: chunks that blocks are cut from, eight octets by eight, without anything in
 * front of a block; what is given back is used again for one of its size. Chunks grow
 * from one KiB to two MiB; those of two MiB are huge pages where the system has them.
 * Owner: counted; the last slab_release() frees all blocks at once. Memory that was
 * given back goes to the system only then.
 * Threads: one at a time, the counting too.
 * Errors: none (base/mem.h). With AddressSanitizer each block is one of malloc().
 * Source: Bonwick, "The Slab Allocator", 1994.
 */
#ifndef BASE_SLAB_H
#define BASE_SLAB_H

#include <stddef.h>

struct slab;

struct slab *
slab_new(void) __attribute__((malloc, returns_nonnull));

struct slab *
slab_hold(struct slab *s) __attribute__((returns_nonnull));

/* NULL is allowed. */
void
slab_release(struct slab *s);

/* Room of so many octets, with anything in it; aligned to eight. */
void *
slab_alloc(struct slab *s, size_t size) __attribute__((returns_nonnull));

/* Gives back a block; size is that of slab_alloc(). */
void
slab_free(struct slab *s, void *p, size_t size);

/* Octets taken from the system. */
size_t
slab_size(const struct slab *s);

#endif
