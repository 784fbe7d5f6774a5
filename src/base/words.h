/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line of words: parted by blanks, with quotes around what holds blanks.
 *
 * Shape: a blank is a space or a tab. Anywhere in a word "..." keeps blanks, and in
 * it, and only there, \" \\ and \n stand for a quote, a backslash and a newline; so
 * www\.example.com needs no quotes. "" is an empty word. What words_write() writes
 * is one line, and words_parse() reads the same words from it.
 * Owner: words_fini() frees; all zero is a valid empty list.
 * Threads: any; no state.
 * Errors: ERR_SYNTAX with a static reason and the column, from 1, in octets.
 * Source: none.
 */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct words {
	char **list; /* NULL behind the last */
	size_t count;
	size_t cap;
	char *store; /* all of them, one behind the other */
};

void
words_fini(struct words *w);

/* Reads len octets without a newline. *w must be empty; it is set only on OK. */
MUST_CHECK enum err
words_parse(
    const char *line, size_t len, struct words *w, size_t *column, const char **why);

/* Appends one word, in quotes when it needs them. Blanks between are the caller's. */
void
words_write(struct buf *out, const char *word);

#endif
