/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of steer/plan.h share, and nobody else.
 *
 * Shape: a kind is a counted list of examples: an array of the tree and lines of text.
 * Owner: plan_kind_end() gives the array away and frees the text.
 * Threads: see steer/plan.h.
 * Errors: none.
 * Source: none.
 */
#ifndef STEER_PLAN_INSIDE_H
#define STEER_PLAN_INSIDE_H

#include "steer/plan.h"

/* Each true when something of it would change. */
bool
plan_zones(struct plan *p);
bool
plan_pools(struct plan *p);
bool
plan_checks(struct plan *p);
bool
plan_geo(struct plan *p);

struct plan_kind {
	struct plan *plan;
	struct json *list;
	struct buf lines;
	size_t count, shown;
};

struct plan_kind
plan_kind_begin(struct plan *p);

/* Counts one; true when it is to be shown too. */
bool
plan_kind_count(struct plan_kind *k);

/* One that is a line of text and a string: sign is '+', '-' or '~'. */
void
plan_kind_add(struct plan_kind *k, char sign, const char *text);

/* Lines into the text, the array under `key` and the count under key "_count". */
void
plan_kind_end(struct plan_kind *k, struct json *into, const char *key);

/* "ttl, sticky" of what differs: true then. */
struct plan_setting {
	const char *key;
	bool same;
};

bool
plan_settings(const struct plan_setting *s, size_t count, struct buf *out,
    struct json *into, const char *key);

#endif
