/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A text or octet buffer that grows.
 *
 * Shape: data[0..len), always followed by a NUL that len does not count; all
 * zero is a valid empty buffer.
 * Owner: the holder; buf_fini() frees, buf_take() hands the memory over.
 * Threads: one at a time.
 * Errors: none (base/mem.h).
 * Source: none.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

#include "base/err.h"

struct buf {
	char *data;
	size_t len;
	size_t cap;
};

void
buf_fini(struct buf *b);

/* Empties it and keeps the memory. */
void
buf_clear(struct buf *b);

void
buf_add(struct buf *b, const void *data, size_t len);

void
buf_str(struct buf *b, const char *text);

void
buf_char(struct buf *b, char c);

void
buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The contents as a NUL-terminated string; "" when nothing was added. */
const char *
buf_text(const struct buf *b);

/* Hands the string to the caller (mem_free) and leaves the buffer empty. */
char *
buf_take(struct buf *b);

#endif
