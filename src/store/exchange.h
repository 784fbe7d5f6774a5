/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A record as one line of JSON, for exports and imports.
 *
 * Shape: {"key":"dns:{example.com}:www:A","fields":{"ttl":"60","values":"192.0.2.1"}}.
 * Values are strings as in the store, whatever is in them; one that is not UTF-8 stands
 * in a member "hex" beside "fields", two digits an octet, so that nothing is lost. Owner:
 * what is read is the caller's, to be freed also when reading failed. Threads: any; pure
 * but for memory. Errors: ERR_SYNTAX, ERR_RANGE with the reason in `why`. Source:
 * sextant-records(7).
 */
#ifndef STORE_EXCHANGE_H
#define STORE_EXCHANGE_H

#include "store/record.h"

/* Appends the line, without its newline. */
void
exchange_write(const char *key, const struct fields *fields, struct buf *out);

/* Reads a line. *key and *fields must be empty; the key is not looked at. */
MUST_CHECK enum err
exchange_read(
    const char *text, size_t len, char **key, struct fields *fields, struct buf *why);

#endif
