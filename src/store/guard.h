/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guard's policy: is this loss too much to be true? Counts in, verdict out.
 *
 * Shape: a name of a zone is an owner with an RRset that is served. Names fall below 80 %
 * when less than that of the largest size of the last 24 hours would be left, and more
 * than GUARD_FEW would have gone. Sizes are kept in slots of three hours: the present one
 * and the eight before it.
 * Owner: the caller; all zero is a valid empty one of each.
 * Threads: one at a time; pure, time is a parameter.
 * Errors: none.
 * Source: DESIGN 5, "Guard".
 */
#ifndef STORE_GUARD_H
#define STORE_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"

enum {
	GUARD_FEW = 2,
	GUARD_LEFT_PERCENT = 80,
	GUARD_ENDPOINTS_PERCENT = 30,
	GUARD_SLOTS = 9,
	GUARD_SLOT_MS = 3 * 3600 * 1000,
	GUARD_WINDOW_MS = 60 * 1000,
};

enum guard_verdict {
	GUARD_PASS,
	GUARD_NAMES, /* too many of a zone's names */
	GUARD_LAST, /* the last of them */
	GUARD_APEX,
	GUARD_POOL,
	GUARD_ENDPOINTS,
};

/* The largest size of the last 24 hours. */
struct guard_peak {
	int64_t slot; /* number of the newest */
	uint32_t last; /* size that was noted */
	uint32_t max[GUARD_SLOTS]; /* the newest first */
};

void
guard_peak_note(struct guard_peak *p, size_t size, struct mono now);

/* At least the size that was noted last. */
size_t
guard_peak_get(struct guard_peak *p, struct mono now);

/* The loss was wanted: what is there now is the measure. */
void
guard_peak_reset(struct guard_peak *p, size_t size, struct mono now);

/* For a restart: "12 10 0 ...", the newest first. Reading takes how long ago it was
 * written, by the wall clock; a clock that went back counts as no time. */
void
guard_peak_write(const struct guard_peak *p, struct buf *out);

bool
guard_peak_read(struct guard_peak *p, const char *text, int64_t age_ms, struct mono now);

/* A zone, if all that is held or wants to go were gone. */
struct guard_zone {
	size_t names; /* at present */
	size_t going; /* of these */
	size_t peak;
	bool apex_goes;
	bool has_file; /* so its last names are not the store's */
};

enum guard_verdict
guard_zone(const struct guard_zone *z);

/* All endpoints of the node, in the same way. */
enum guard_verdict
guard_endpoints(size_t present, size_t going, size_t peak);

/* Why, for people: "12 of 40 names would be left, of 50 in the last 24 hours". */
void
guard_write(
    enum guard_verdict v, size_t present, size_t going, size_t peak, struct buf *out);

/* How many of a zone's RRsets changed within a minute. */
struct guard_window {
	struct mono began;
	uint16_t number; /* of this minute; the caller marks with it what has changed */
	size_t size; /* RRsets when it began */
	size_t changed;
};

/* Opens a new window when the old one is over. */
void
guard_window_open(struct guard_window *w, size_t size, struct mono now);

/* Is the window over, and has nothing changed since? */
bool
guard_window_is_calm(const struct guard_window *w, struct mono now);

/* One RRset more has changed; true for the one with which it is more than half. */
bool
guard_window_note(struct guard_window *w);

#endif
