/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is a text UTF-8?
 *
 * Shape: octets in, true or false out.
 * Owner: borrowed.
 * Threads: any.
 * Errors: false.
 * Source: RFC 3629 4.
 */
#ifndef ZONE_UTF8_H
#define ZONE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool
utf8_is_valid(const uint8_t *text, size_t len);

#endif
