/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What operators say of endpoints in place of what is measured: by pattern, so that it
 * holds for endpoints that come later too.
 *
 * Shape: a list in the order in which it was said; of those that match a name the last
 * one counts. `auto` takes back what its pattern covers, and stands in the list itself
 * only while an older one meets its pattern. At most OVERRIDES_MAX.
 * Owner: overrides_fini() frees; all zero is a valid empty one.
 * Threads: one at a time; time is a parameter.
 * Errors: ERR_SPACE when there are too many, ERR_SYNTAX for a kept line that is no good.
 * Source: DESIGN "Overrides".
 */
#ifndef STEER_OVERRIDES_H
#define STEER_OVERRIDES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "steer/standing.h"

enum { OVERRIDES_MAX = 1000 };

struct override_rule {
	uint64_t number; /* order */
	enum override kind;
	char *pattern;
	char *who;
	char *why; /* "" */
	int64_t since_s; /* wall */
	int64_t until_s; /* wall, for people and restarts; 0: for ever */
	struct mono until; /* what counts; never: for ever */
};

struct overrides {
	struct override_rule *list;
	size_t count, cap;
	uint64_t last_number;
};

void
overrides_fini(struct overrides *o);

/* NULL: nobody said anything. */
const struct override_rule *
overrides_find(const struct overrides *o, const char *name);

/*
 * Adds a rule (texts are copied, the number is given) and takes out what its pattern
 * covers, unless that is of another pattern and lasts longer: each with on_gone(). *out
 * (may be NULL) is the rule where it stands, NULL when an `auto` had nothing left to
 * stand against.
 */
MUST_CHECK enum err
overrides_set(struct overrides *o, const struct override_rule *rule,
    void (*on_gone)(void *ctx, const struct override_rule *gone), void *ctx,
    const struct override_rule **out);

/* Takes out what has expired, each with on_gone(); the milliseconds to the next, -1:
 * none. */
int64_t
overrides_expire(struct overrides *o, struct mono now,
    void (*on_gone)(void *ctx, const struct override_rule *gone), void *ctx);

/* One line, all but the pattern, for overrides_restore(). */
void
overrides_write(const struct override_rule *rule, struct buf *out);

/* From before a restart, in any order. A wall clock that went back makes nothing last
 * longer than it was to. */
MUST_CHECK enum err
overrides_restore(struct overrides *o, const char *pattern, const char *line,
    int64_t wall_s, struct mono now);

/* "up", "down", "drain", "auto". */
MUST_CHECK enum err
overrides_parse_kind(const char *text, enum override *out);

#endif
