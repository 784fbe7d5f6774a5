/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SHA-256 sum of a file.
 *
 * Shape: as 64 small hexadecimal digits.
 * Owner: the caller's buffer.
 * Threads: any; blocks.
 * Errors: ERR_IO with the reason in `why`.
 * Source: FIPS 180-4; libcrypto's EVP_Digest.
 */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include "base/buf.h"
#include "base/err.h"

enum { SHA256_TEXT_MAX = 65 }; /* with NUL */

MUST_CHECK enum err
sha256_file(const char *path, char out[SHA256_TEXT_MAX], struct buf *why);

#endif
