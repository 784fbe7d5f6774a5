/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a YAML syntax complaint means to someone who does not know YAML by heart.
 *
 * Shape: a pure function of the text, the place and the parser's own words.
 * Owner: texts are static.
 * Threads: any.
 * Errors: NULL when there is nothing to add.
 * Source: the mistakes that people make in sextant.yaml.
 */
#ifndef CONFIG_HINT_H
#define CONFIG_HINT_H

#include <stdbool.h>
#include <stddef.h>

/* Lines and columns count from 0; problem and context may be NULL. */
struct hint_place {
	const char *text;
	size_t len;
	size_t line, column;
	size_t context_line, context_column;
	const char *problem;
	const char *context;
};

const char *
hint_find(const struct hint_place *p);

/* The same hint for a tree that parsed, but surely not as it was meant. */
extern const char hint_ipv6[];

/* True for text such as "a:1", a map entry without the blank that YAML wants. */
bool
hint_is_tight_pair(const char *text);

#endif
