/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is this a response that may be sent to that request?
 *
 * Shape: two messages in, a complaint or NULL out.
 * Owner: the complaint is static.
 * Threads: one.
 * Errors: as said.
 * Source: ldns as oracle of form; RFC 1035 4.1.1, RFC 6891 6.2.5 and 7.
 */
#ifndef FUZZ_VERDICT_H
#define FUZZ_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The form alone; of a response that belongs to no request that is known. */
const char *
verdict_form(const uint8_t *response, size_t len);

const char *
verdict(const uint8_t *request, size_t request_len, const uint8_t *response, size_t len,
    bool over_udp);

#endif
