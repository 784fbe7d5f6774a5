/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A record's fields as the text that stands in the database: a JSON object of strings.
 *
 * Shape: {"ttl":"60","values":"203.0.113.1"}, names in order, each once. Octets from 0x80
 * stand as they are, in whatever encoding they came. Owner: results are the caller's.
 * Threads: any; pure but for memory. Errors: ERR_CORRUPT: not what pack_write() wrote.
 * Source: RFC 8259; sextant-state(5).
 */
#ifndef STORE_PACK_H
#define STORE_PACK_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/record.h"

/* Appends. */
void
pack_write(const struct fields *f, struct buf *out);

MUST_CHECK enum err
pack_parse(const char *text, size_t len, struct fields *out);

/* As schema version 1 had them: name NUL value NUL ... */
MUST_CHECK enum err
pack_parse_v1(const char *data, size_t len, struct fields *out);

#endif
