/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mass failure: much that fails at once in several regions is more often our own fault
 * than theirs, so what would go down then is looked at a second time. Pure.
 *
 * Shape: each target that is up (or suspect) is a member, in up to MASS_MEMBER_REGIONS
 * regions. It counts as failing with MASS_ROW failures in a row or more, and as fallen
 * for 2 s. Failing and fallen are at least 4, and at least half of those up in each of
 * two regions: then a fall is put off. Failing ones count, not only those that fell:
 * probes are spread over the interval, so within 2 s of a cut only a third has fallen,
 * and the rest would be gone before a half is reached (tests/unit/test_simulation.c).
 * One failure does not count, for any target may have one at any time.
 * Nor would a half be reached in time with probes a whole interval apart. So when the
 * first few fail, an eighth of all and not all of them in one region, everybody is asked
 * at once (mass_is_due_for_all): of 16 targets whose prober's network is cut, 2 to 5 are
 * removed then and not 8 to 11, and what is really gone is out in half the time.
 * The loss of one region is never delayed: where all that failed in one of the two
 * regions is in the other as well, they are one loss.
 * Owner: members are the caller's, and must leave before their memory goes.
 * Threads: one at a time. Time is a parameter, in milliseconds.
 * Errors: none. Regions beyond MASS_REGIONS are not counted.
 * Source: DESIGN "Mass failure needs a second look".
 */
#ifndef HEALTH_MASS_H
#define HEALTH_MASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MASS_REGIONS = 512,
	MASS_MEMBER_REGIONS = 8,
	MASS_TARGETS = 4, /* fewer are no mass */
	MASS_ROW = 2,
	MASS_WINDOW_MS = 2000,
	MASS_FEW = 8, /* one in so many, and at least two */
	MASS_ALL_MS = 10000, /* everybody is asked at once no more often */
};

struct mass_member {
	struct mass_member *next, *prev; /* of those that fail or fell */
	uint16_t regions[MASS_MEMBER_REGIONS];
	uint8_t region_count;
	bool is_up, is_failing, is_doubted; /* as they are counted */
	int64_t fell_ms; /* 0: it did not, or long ago; while set, is_up and is_failing */
};

struct mass {
	uint32_t up[MASS_REGIONS], failing[MASS_REGIONS], doubted[MASS_REGIONS];
	uint32_t up_count, failing_count,
	    doubted_count; /* doubted: the last one failed */
	int64_t asked_ms; /* when all were asked at once; 0: never */
	struct mass_member *first; /* that fail or fell; the newest first */
	int64_t swept_ms; /* when those that fell long ago were let go */
	int64_t looked_until_ms; /* for so long was_massive holds */
	bool was_massive;
};

/* The regions that it stands for from now on, each once. */
void
mass_place(struct mass *m, struct mass_member *t, const uint16_t *regions, size_t count);

/* What became of it but for a fall: failures in a row; is_up: up or suspect. */
void
mass_note(struct mass *m, struct mass_member *t, bool is_up, uint32_t failures);

/*
 * It would go down now. True: not yet, for it is one of very many. False: it is counted
 * as fallen.
 */
bool
mass_fall(struct mass *m, struct mass_member *t, bool may_wait, int64_t now_ms);

/* The last result of this one was a failure: is it time to ask everybody? True once. */
bool
mass_is_due_for_all(struct mass *m, const struct mass_member *t, int64_t now_ms);

/* It is no member any more. */
void
mass_leave(struct mass *m, struct mass_member *t);

#endif
