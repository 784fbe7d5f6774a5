/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What would change if one version of all that is read from files took the place of
 * another: names, endpoints, and where clients are.
 *
 * Shape: old and new are compared as they are in memory, by whatever way they were read,
 * so that what is told is what a reload would do. Lines for people and the same as a
 * tree; of each kind all are counted and no more than `most` are shown, and of all kinds
 * together PLAN_EXAMPLES_MAX. plan_zone.c, plan_pool.c and plan_geo.c have a subject
 * each. Owner: all is borrowed. Threads: any; both versions are immutable. It takes time.
 * Errors: none.
 * Source: DESIGN "Control"; sextantctl(8).
 */
#ifndef STEER_PLAN_H
#define STEER_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/json.h"
#include "steer/parts.h"

enum { PLAN_MOST = 10, PLAN_MOST_MAX = 1000, PLAN_EXAMPLES_MAX = 20000 };

struct plan {
	const struct parts *old, *next;
	struct buf *text;
	struct json *data; /* an object */
	size_t most;
	size_t left; /* examples that may still be shown; set by plan_write() */
};

/* True: something would change. */
bool
plan_write(struct plan *p);

#endif
