/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory for the control plane.
 *
 * Shape: malloc and friends that never return NULL, and arrays that grow.
 * Owner: whoever holds the pointer; mem_free() or free() gives it back.
 * Threads: any. Never called on the query path (tests/lint checks it).
 * Errors: none. When the system has no memory left, nothing can be finished
 * halfway with honour: the process logs and aborts, and the supervisor starts
 * it again from its durable copy. Sizes that come from outside are bounded by
 * the caller before they get here.
 * Source: none.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* Zeroed room for one thing of this many octets. */
void *
mem_new(size_t size) __attribute__((malloc, returns_nonnull));

/* Zeroed room for count things of size octets each; overflow aborts. */
void *
mem_array(size_t count, size_t size) __attribute__((malloc, returns_nonnull));

/* As mem_array(), for a table that is looked up all over: of huge pages when it is large,
 * where the system has them. */
void *
mem_table(size_t count, size_t size) __attribute__((malloc, returns_nonnull));

/* realloc() for count things of size octets; the new part is not zeroed. */
void *
mem_resize(void *old, size_t count, size_t size) __attribute__((returns_nonnull));

/* A copy of len octets (len may be 0). */
void *
mem_dup(const void *from, size_t len) __attribute__((malloc, returns_nonnull));

/* A copy of a string; NULL stays NULL. */
char *
mem_str(const char *from);

/* A copy of the first len characters, NUL added. */
char *
mem_strn(const char *from, size_t len) __attribute__((malloc, returns_nonnull));

/* printf into new memory. */
char *
mem_printf(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), malloc, returns_nonnull));

void
mem_free(void *p);

/* After something large was built and let go of: gives the system its pages back. */
void
mem_trim(void);

/*
 * Makes room for one more in a growing array: *cap is doubled when count
 * reaches it. Use as  v = mem_grow(v, n, &cap, sizeof(*v));  v[n++] = x;
 */
void *
mem_grow(void *old, size_t count, size_t *cap, size_t size)
    __attribute__((returns_nonnull));

#endif
