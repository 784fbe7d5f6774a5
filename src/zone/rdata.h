/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RDATA: presentation form to wire form and back. A type is compiled from its fields
 * (zone/rrtype.h, zone/field.h).
 *
 * Shape: one line of text without comments, parentheses or newlines, at most 64 KiB.
 * Owner: results are written into the caller's room or buffer.
 * Threads: any.
 * Errors: ERR_SYNTAX, ERR_RANGE, ERR_UNSUPPORTED, each with the reason in `why`.
 * Source: RFC 1035 5.1, RFC 3597 5, and the RFC of each type.
 */
#ifndef ZONE_RDATA_H
#define ZONE_RDATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "dns/name.h"

/*
 * "A", "aaaa", "TYPE65280", "POOL": the number of a data type. ERR_SYNTAX: no such type,
 * ERR_UNSUPPORTED: a meta type or OPT, which no zone can hold.
 */
MUST_CHECK enum err
rdata_type_parse(const char *text, size_t len, uint16_t *type);

/* The same for any type, meta types too: what a bitmap or a signature may name. */
bool
rdata_type_number(const char *text, size_t len, uint16_t *type);

/* "A", "TYPE65280"; "POOL" for ours. */
#define RDATA_TYPE_TEXT_MAX 16
void
rdata_type_write(uint16_t type, char out[RDATA_TYPE_TEXT_MAX]);

/* Relative names get origin. wire has room for 65,535 octets. */
MUST_CHECK enum err
rdata_parse(uint16_t type, const char *text, size_t len, const struct name *origin,
    uint8_t *wire, uint16_t *wire_len, struct buf *why);

/* The same; on errors *faulty is where in the text the faulty word is, or its end. */
MUST_CHECK enum err
rdata_parse_at(uint16_t type, const char *text, size_t len, const struct name *origin,
    uint8_t *wire, uint16_t *wire_len, size_t *faulty, struct buf *why);

/* Appends the presentation form, names absolute; falls back to RFC 3597 form. */
void
rdata_write(uint16_t type, const uint8_t *wire, uint16_t wire_len, struct buf *out);

/* "300", "1h30m", up to 2^32-1 seconds. */
MUST_CHECK enum err
rdata_period_parse(const char *text, size_t len, uint32_t *seconds);

/* The same up to 2^31-1, which is what a TTL can be. */
MUST_CHECK enum err
rdata_ttl_parse(const char *text, size_t len, uint32_t *ttl);

#endif
