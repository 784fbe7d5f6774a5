/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses of networks that are no more: NSAP and ATMA.
 *
 * Shape: NSAP "0x" and hex digits with dots anywhere; ATMA hex digits (an AESA) or "+"
 * and decimal digits (E.164), with single dots inside.
 * Owner: the wire room is the caller's.
 * Threads: any.
 * Errors: ERR_SYNTAX with the reason in `why`.
 * Source: RFC 1706 7; the ATM Forum's "ATM Name System Specification" 1.0.
 */
#ifndef ZONE_OSI_H
#define ZONE_OSI_H

#include "zone/field.h"

MUST_CHECK enum err
osi_nsap_parse(const struct word *word, struct field_out *out, struct buf *why);

MUST_CHECK enum err
osi_nsap_write(struct field_in *in, struct buf *out);

MUST_CHECK enum err
osi_atma_parse(const struct word *word, struct field_out *out, struct buf *why);

MUST_CHECK enum err
osi_atma_write(struct field_in *in, struct buf *out);

#endif
