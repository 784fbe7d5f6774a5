/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fetches the files of geo.update, each in its time.
 *
 * Shape: a thread that waits for whichever is due next, downloads it (base/fetch.h)
 * beside its file, checks its sum, unpacks it (geo/unpack.h) and offers it to the control
 * thread, which has it verified and put in its place, or refuses it; then the thread goes
 * on. What the server says of a version (ETag, Last-Modified) is kept in
 * STATE_DIR/geo-update, so that an unchanged one is not fetched again. After a failure it
 * waits a random while between 0 and retry, twice as long after each further one, and at
 * most `every`. A refused version is kept as FILE.refused.
 * Owner: updater_free() ends the thread, whatever it waits for.
 * Threads: one of its own; the functions below belong to the control thread.
 * Errors: a line of the log, an event, and updater_each().
 * Source: RFC 9110 13.1 (conditional requests).
 */
#ifndef GEO_UPDATER_H
#define GEO_UPDATER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "config/config.h"

struct updater;

/* A new version of `file` stands in `fresh`. */
struct updater_offer {
	const char *fresh, *file;
};

/* In the loop. To be answered, once, at any time; after updater_free() it need not be. */
typedef void
updater_fn(void *ctx, struct updater_offer *offer);

struct updater *
updater_new(struct loop *loop, updater_fn *fn, void *ctx);

/* NULL is allowed. */
void
updater_free(struct updater *u);

/* From now on; what is known of files that stay is kept. */
void
updater_configure(struct updater *u, const struct config_geo *cfg, const char *state_dir);

/* why: it was refused; NULL: it is in its place. */
void
updater_answer(struct updater *u, struct updater_offer *offer, const char *why);

/* This file, or all (NULL), are due now; the number of them. */
size_t
updater_hurry(struct updater *u, const char *file);

/* For people. Seconds since the epoch; 0: never. */
struct updater_state {
	const char *url, *file;
	int64_t asked_s; /* last */
	int64_t taken_s; /* the last new version */
	int64_t next_s;
	unsigned failures; /* in a row */
	const char *why; /* of the last one; "" */
	uint64_t runs; /* that have ended since the start */
	bool is_running;
};

typedef void
updater_state_fn(void *ctx, const struct updater_state *s);

void
updater_each(struct updater *u, updater_state_fn *fn, void *ctx);

#endif
