/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How large zone files were at most in the last 24 hours, over a restart: so that several
 * small losses in a row are seen as the large one that they are.
 *
 * Shape: STATE_DIR/accepted/sizes, a line of each: "example.com SINCE 22 22 0 ...", see
 * store/guard.h; "!endpoints" are those of all pools of the configuration.
 * Owner: sizes_fini(). All zero is an empty one.
 * Threads: the builder (steer/parts.h); these block.
 * Errors: a file that is not there or no good gives none.
 * Source: DESIGN 5, "Guard".
 */
#ifndef STEER_SIZES_H
#define STEER_SIZES_H

#include <stddef.h>

#include "base/buf.h"
#include "store/guard.h"

#define SIZES_ENDPOINTS "!endpoints"

struct sizes_line {
	char *name;
	char *rest;
};

struct sizes {
	char *text;
	struct sizes_line *list; /* by name */
	size_t count, cap;
};

void
sizes_load(struct sizes *s, const char *state_dir);

/* Left alone when nothing is known of it. */
void
sizes_get(
    const struct sizes *s, const char *name, struct guard_peak *out, struct mono now);

/* Appends a line. */
void
sizes_write(struct buf *out, const char *name, const struct guard_peak *p);

MUST_CHECK enum err
sizes_save(const char *state_dir, const struct buf *lines, struct buf *why);

void
sizes_fini(struct sizes *s);

#endif
