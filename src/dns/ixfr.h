/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a request for an incremental transfer says beside its question.
 *
 * Shape: one function.
 * Owner: none.
 * Threads: any.
 * Errors: ERR_SYNTAX: FORMERR.
 * Source: RFC 1995 3.
 */
#ifndef DNS_IXFR_H
#define DNS_IXFR_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The serial of the client's SOA, the first record of the authority section of a packet
 * that query_parse() has found well-formed.
 */
MUST_CHECK enum err
ixfr_read_serial(
    const uint8_t *packet, size_t len, size_t question_len, uint32_t *serial);

#endif
