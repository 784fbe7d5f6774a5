/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TSIG: messages signed with a secret that both sides know.
 *
 * Shape: struct tsig is the RR of a message, taken apart. struct tsig_signer makes the
 * RRs of the messages that answer it (or of a request of ours), each over the code of
 * the one before. Names are lower case, as they are digested.
 * Owner: a struct tsig points into the message; a signer points to its key.
 * Threads: any; no state beside the signer's own.
 * Errors: what a request deserves is an enum tsig_error; ERR_IO where libcrypto fails.
 * Source: RFC 8945.
 */
#ifndef DNS_TSIG_H
#define DNS_TSIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hmac.h"
#include "dns/name.h"

enum tsig_algorithm {
	TSIG_HMAC_SHA1,
	TSIG_HMAC_SHA224,
	TSIG_HMAC_SHA256,
	TSIG_HMAC_SHA384,
	TSIG_HMAC_SHA512,
};

enum { TSIG_SECRET_MAX = 512 };

struct tsig_key {
	struct name name; /* lower case */
	uint32_t algorithm; /* enum tsig_algorithm */
	uint8_t secret[TSIG_SECRET_MAX];
	size_t secret_len;
};

/* What is wrong with a message's TSIG; all but the first two are values of its field. */
enum tsig_error {
	TSIG_OK = 0,
	TSIG_FORMERR = 1,
	TSIG_BADSIG = 16,
	TSIG_BADKEY = 17,
	TSIG_BADTIME = 18,
	TSIG_BADTRUNC = 22,
};

struct tsig {
	size_t at; /* where the RR begins, and what is digested ends */
	struct name key_name; /* lower case, as the next */
	struct name algorithm;
	uint64_t time_s; /* 48 bits */
	uint16_t fudge_s;
	const uint8_t *mac;
	uint16_t mac_len;
	uint16_t original_id;
	uint16_t error;
	const uint8_t *other;
	uint16_t other_len;
};

enum { TSIG_OTHER_MAX = 6, TSIG_FUDGE_S = 300 };

struct tsig_signer {
	const struct tsig_key *key; /* NULL: the RR has no code */
	struct name key_name;
	struct name algorithm;
	uint16_t error;
	uint16_t fudge_s;
	uint64_t client_time_s; /* of BADTIME: instead of the time of signing */
	uint8_t mac[HMAC_LEN_MAX]; /* of the message before */
	size_t mac_len; /* 0: there was none */
	bool is_later; /* not the first response: RFC 8945 5.3.1 */
};

/* No RR of ours is longer: owner, fixed part, algorithm, RDATA. */
enum { TSIG_LEN_MAX = 255 + 10 + 255 + 16 + HMAC_LEN_MAX + TSIG_OTHER_MAX };

/* The RR at `at` of a message, which ends with it; ERR_SYNTAX: FORMERR. */
MUST_CHECK enum err
tsig_read(const uint8_t *message, size_t len, size_t at, struct tsig *out);

/*
 * Checks a message with its RR. key: the one of that name, NULL: there is none. prior:
 * the code that this message answers to, of prior_len octets, 0 for a request. In the
 * order of RFC 8945 5.2: key, code, time, truncation.
 */
enum tsig_error
tsig_verify(const struct tsig *t, const uint8_t *message, const struct tsig_key *key,
    const uint8_t *prior, size_t prior_len, int64_t now_s);

/* To sign a request of ours. */
void
tsig_signer_init(struct tsig_signer *s, const struct tsig_key *key);

/* To answer a request that tsig_verify() found to be so. */
void
tsig_signer_answer(struct tsig_signer *s, const struct tsig *request,
    const struct tsig_key *key, enum tsig_error error);

/* Octets of the RR. */
size_t
tsig_signer_len(const struct tsig_signer *s);

/* Appends the RR to a message of *len octets, which has room for it, and counts it. */
MUST_CHECK enum err
tsig_sign(struct tsig_signer *s, uint8_t *message, size_t *len, int64_t now_s);

#endif
