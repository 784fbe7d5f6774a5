/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Patterns for the names of endpoints: `*` stands for any octets, none too, `?` for one.
 * Pure.
 *
 * Shape: NUL-terminated, at most PATTERN_MAX octets.
 * Owner: the caller's.
 * Threads: any.
 * Errors: none; a pattern that is too long matches nothing.
 * Source: DESIGN "Control".
 */
#ifndef STEER_PATTERN_H
#define STEER_PATTERN_H

#include <stdbool.h>

enum { PATTERN_MAX = 1023 };

bool
pattern_match(const char *pattern, const char *text);

/* Is every name that `narrow` matches matched by `wide`? */
bool
pattern_covers(const char *wide, const char *narrow);

/* Is there a name that both match? */
bool
pattern_meets(const char *a, const char *b);

#endif
