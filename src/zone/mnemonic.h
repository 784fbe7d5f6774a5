/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names that stand for numbers in RDATA: algorithms, digests, the flags of keys.
 *
 * Shape: static lists; names are found ignoring case.
 * Owner: static.
 * Threads: any.
 * Errors: false where the word is none of them.
 * Source: the IANA registries "DNS Security Algorithm Numbers", "DS RR Type Digest
 * Algorithms", "DNSSEC NSEC3 Hash Algorithms"; RFC 2535 3.1 (keys), RFC 4398 2.1 (CERT),
 * RFC 9859 2.2 (DSYNC).
 */
#ifndef ZONE_MNEMONIC_H
#define ZONE_MNEMONIC_H

#include <stdbool.h>
#include <stdint.h>

#include "zone/field.h"

/* FIELD_ALGORITHM, FIELD_CERT_TYPE, FIELD_DIGEST, FIELD_HASH, FIELD_PROTOCOL,
 * FIELD_SCHEME
 */
bool
mnemonic_find(enum field_kind kind, const struct word *word, uint16_t *value);

/*
 * Flags of a key: "256", "0x100", "ZONE|KSK". False: a word is none of them.
 */
bool
mnemonic_flags(const struct word *word, uint16_t *value);

#endif
