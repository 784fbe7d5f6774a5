/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Octets as hexadecimal, base64 and base32hex text.
 *
 * Shape: text without blanks. Parsing is strict: an even number of hex digits, whole
 * base64 groups with their padding, no bits that the result would lose.
 * Owner: results go into the caller's room or buffer.
 * Threads: any.
 * Errors: ERR_SYNTAX (not of that alphabet, or cut off), ERR_RANGE (no room).
 * Source: RFC 4648 4, 7 and 8.
 */
#ifndef BASE_ENCODING_H
#define BASE_ENCODING_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

MUST_CHECK enum err
encoding_hex_parse(
    const char *text, size_t len, uint8_t *out, size_t room, size_t *out_len);

void
encoding_hex_write(const uint8_t *data, size_t len, struct buf *out);

MUST_CHECK enum err
encoding_base64_parse(
    const char *text, size_t len, uint8_t *out, size_t room, size_t *out_len);

void
encoding_base64_write(const uint8_t *data, size_t len, struct buf *out);

/* The extended hex alphabet without padding, as NSEC3 has it. */
MUST_CHECK enum err
encoding_base32_parse(
    const char *text, size_t len, uint8_t *out, size_t room, size_t *out_len);

void
encoding_base32_write(const uint8_t *data, size_t len, struct buf *out);

#endif
