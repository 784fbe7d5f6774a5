/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rule that rewrites, in NAPTR: is it one?
 *
 * Shape: the octets of "!expression!replacement!flags", with any delimiter.
 * Owner: borrowed.
 * Threads: any.
 * Errors: false.
 * Source: RFC 3402 3.2.
 */
#ifndef ZONE_NAPTR_H
#define ZONE_NAPTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The empty rule is one. */
bool
naptr_is_rule(const uint8_t *text, size_t len);

#endif
