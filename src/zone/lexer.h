/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cuts the text of a master file into entries of words.
 *
 * Shape: an entry is what stands on a line, or on several when parentheses join them;
 * comments, parentheses and line breaks are resolved here. Words keep their quotes
 * and escapes, and their place, from 1, columns in octets.
 * Owner: words point into the text, which must outlive them; the list of words is
 * the lexer's and is good until the next call.
 * Threads: one at a time.
 * Errors: ERR_SYNTAX, with the place and the reason in the lexer; the next call goes on
 * behind the faulty line, so that one run finds all faults. ERR_MISSING at the end.
 * Source: RFC 1035 5.1.
 */
#ifndef ZONE_LEXER_H
#define ZONE_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum { LEXER_ENTRY_MAX = 65536 }; /* octets of the words of an entry, with blanks */

struct lexer_word {
	const char *text;
	size_t len;
	uint32_t line;
	uint32_t column;
	bool is_plain; /* neither quotes nor escapes in it */
};

struct lexer {
	const char *at;
	const char *end;
	const char *line_start;
	uint32_t line;
	/* The entry: */
	bool is_indented; /* begins with a blank: the owner is that of the last */
	size_t word_count; /* at least 1 */
	struct lexer_word *words;
	size_t words_cap;
	/* After ERR_SYNTAX: */
	uint32_t error_line;
	uint32_t error_column;
	const char *error;
};

void
lexer_init(struct lexer *l, const char *text, size_t len);

void
lexer_fini(struct lexer *l);

MUST_CHECK enum err
lexer_next(struct lexer *l);

/*
 * The words from `first` on as one line without line breaks: a slice of the text where
 * that is possible, else built in `room`.
 */
void
lexer_line(const struct lexer *l, size_t first, struct buf *room, const char **text,
    size_t *len);

/* The word that stands at (or ends before) octet `at` of what lexer_line() gave. */
const struct lexer_word *
lexer_word_at(const struct lexer *l, size_t first, const char *text, size_t at);

/* True when the word is `text`, ignoring case. */
bool
lexer_word_is(const struct lexer_word *w, const char *text);

#endif
