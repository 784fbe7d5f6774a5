/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "Did you mean ...?": the distance between two words.
 *
 * Shape: insertions, deletions, replacements and swaps of neighbours cost one each.
 * Owner: values.
 * Threads: any.
 * Errors: none.
 * Source: the Damerau-Levenshtein distance in its optimal string alignment form.
 */
#ifndef CONFIG_SUGGEST_H
#define CONFIG_SUGGEST_H

#include <stdbool.h>

enum { SUGGEST_WORD_MAX = 48, SUGGEST_NEAR = 2 };

/* Words longer than SUGGEST_WORD_MAX are as far as can be. */
unsigned
suggest_distance(const char *a, const char *b);

/* Near enough to be meant: SUGGEST_NEAR changes, and at most half of the letters. */
bool
suggest_is_near(const char *word, unsigned distance);

#endif
