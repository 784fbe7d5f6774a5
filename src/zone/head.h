/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The head of a record in a master file: owner, TTL, class and type.
 *
 * Shape: words in, the owner, then "[TTL] [class] type" or "[class] [TTL] type", in
 * either case. Owner: words are borrowed. Threads: any. Errors: ERR_SYNTAX, ERR_RANGE,
 * ERR_UNSUPPORTED with the reason in `why`, and which word it is about. Source: RFC
 * 1035 5.1, RFC 3597 5 (CLASSn, TYPEn), RFC 2181 8 (TTL).
 */
#ifndef ZONE_HEAD_H
#define ZONE_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "dns/name.h"
#include "zone/lexer.h"

struct head {
	bool has_ttl;
	bool ttl_above; /* the TTL was above 2^31-1 and is 0 now */
	uint32_t ttl;
	uint16_t type;
	size_t rdata; /* the first word of the RDATA */
};

/* From word `first` on; on errors *faulty is the word that is meant. */
MUST_CHECK enum err
head_parse(const struct lexer *l, size_t first, struct head *out, size_t *faulty,
    struct buf *why);

/* The owner, in quotes or without. */
MUST_CHECK enum err
head_owner_parse(const struct lexer_word *w, const struct name *origin, struct name *out);

/*
 * "300", "1h30m". RFC 2181 8: above 2^31-1 it counts as 0, as in BIND, and *above says
 * so: nobody can have meant that.
 */
MUST_CHECK enum err
head_ttl_parse(const struct lexer_word *w, uint32_t *ttl, bool *above, struct buf *why);

#endif
