/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HMAC: a message authentication code from a secret and some octets.
 *
 * Shape: one call; the octets come in parts, so that nobody has to join them.
 * Owner: the caller's buffers.
 * Threads: any.
 * Errors: ERR_IO when libcrypto does not give the code (a policy of the system may forbid
 * an algorithm, as SHA-1).
 * Source: RFC 2104; libcrypto's EVP_MAC.
 */
#ifndef BASE_HMAC_H
#define BASE_HMAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { HMAC_LEN_MAX = 64 };

enum hmac_hash {
	HMAC_SHA1,
	HMAC_SHA224,
	HMAC_SHA256,
	HMAC_SHA384,
	HMAC_SHA512,
	HMAC_HASHES,
};

struct hmac_part {
	const void *data;
	size_t len;
};

/* Octets of the code. */
size_t
hmac_len(enum hmac_hash hash);

/* Writes hmac_len() octets. */
MUST_CHECK enum err
hmac(enum hmac_hash hash, const void *secret, size_t secret_len,
    const struct hmac_part *parts, size_t count, uint8_t out[HMAC_LEN_MAX]);

/* Takes as long whether they differ early, late or not at all. */
bool
hmac_equal(const uint8_t *a, const uint8_t *b, size_t len);

#endif
