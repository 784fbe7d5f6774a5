/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The 32-bit fingerprint of FarmHash, which Constellation names its records by.
 *
 * Shape: one function.
 * Owner: nothing.
 * Threads: any; pure.
 * Errors: none.
 * Source: FarmHash, Fingerprint32().
 */
#ifndef TOOLS_FARM_H
#define TOOLS_FARM_H

#include <stddef.h>
#include <stdint.h>

uint32_t
farm_fingerprint(const char *text, size_t len);

#endif
