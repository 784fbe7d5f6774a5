/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Words of RDATA text, and the character strings that they stand for.
 *
 * Shape: a line is words parted by blanks. "..." is one word that may hold blanks; a
 * quote inside a word ends it and begins another, but where words are pairs
 * (key="value") it is part of it. \DDD and \X are escapes everywhere and are left in
 * place until word_unescape().
 * Owner: words point into the line.
 * Threads: any.
 * Errors: ERR_SYNTAX and ERR_RANGE with the reason in `why`.
 * Source: RFC 1035 5.1, RFC 9460 appendix A.
 */
#ifndef ZONE_WORD_H
#define ZONE_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct word {
	const char *text; /* without the quotes when the whole word is quoted */
	size_t len;
	bool quoted;
};

struct words {
	const char *at;
	const char *end;
	bool pairs; /* read key="value" as one word */
};

/* Characters at which a word without quotes has to be looked at. */
extern const bool word_special[256];

/* True when there is nothing but blanks left. */
bool
words_is_empty(struct words *w);

/* ERR_MISSING when there is none; ERR_SYNTAX when quotes or escapes are broken. */
MUST_CHECK enum err
words_next(struct words *w, struct word *out, struct buf *why);

/* The next word, which must be there and have no quotes; `what` names it in `why`. */
MUST_CHECK enum err
words_plain(struct words *w, const char *what, struct word *out, struct buf *why);

/* All that is left, without the blanks; may be nothing. */
MUST_CHECK enum err
words_join(struct words *w, struct buf *out, struct buf *why);

/* Resolves the escapes of len characters; out has room for `room` octets. */
MUST_CHECK enum err
word_unescape(const char *text, size_t len, uint8_t *out, size_t room, size_t *out_len);

/* Appends octets in quotes, with escapes where they are needed. */
void
word_write_quoted(const uint8_t *data, size_t len, struct buf *out);

#endif
