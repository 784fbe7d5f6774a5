/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Removals: records that are served and are to be so no longer, until they are, or are
 * found to stay, or the guard holds them.
 *
 * Shape: a removal is a deletion, or a version that gives nothing (disabled, no values),
 * or one with fewer endpoints: then only these go. A delegation or DNAME that is new
 * above names of the store is one too: they go.
 *
 *     WAITING  a live deletion that leaves a name without records: for REMOVAL_WAIT_MS,
 *              so that a script's DEL and HSET make no NXDOMAIN; undone when contact
 *              is lost meanwhile
 *     SWEPT    found missing by a full read or a rescan that is not through
 *     GATHERED found missing by one that is: decided as one, REMOVAL_WAIT_MS later, for
 *              here too a script may be about to write them; undone like the waiting ones
 *     READY    decided by the next removals_run()
 *     HELD     by the guard: served on until it comes back or is accepted
 *
 * Held ones of a zone are numbered in the order in which they came; the id of what is
 * held is the zone and the highest number. Over a restart the first REMOVAL_MARKED of a
 * zone are remembered one by one; of more, that there were more: the next full read finds
 * them missing again, and they get that number.
 * Owner: an entry of the index owns its removal (ENTRY_REMOVAL); the fields of a version
 * are taken over.
 * Threads: one at a time; time is a parameter.
 * Errors: none.
 * Source: DESIGN 5, "Guard".
 */
#ifndef STORE_REMOVAL_H
#define STORE_REMOVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "store/census.h"
#include "store/index.h"
#include "store/mark.h"
#include "store/record.h"

enum { REMOVAL_WAIT_MS = 1000, REMOVAL_QUIET_MS = 60000, REMOVAL_MARKED = 1000 };
/* What is accepted at once; others have their turn in between. */
enum { REMOVAL_ACCEPTED = 20000 };

enum removal_state {
	REMOVAL_WAITING,
	REMOVAL_SWEPT,
	REMOVAL_GATHERED,
	REMOVAL_READY,
	REMOVAL_HELD
};

struct removal {
	struct removal *next, **at; /* in the list of its state */
	struct entry *entry;
	struct census_zone *zone; /* while it is held or decided */
	enum removal_state state;
	struct mono due; /* WAITING; never: not looked at yet */
	uint64_t number; /* 0: was never held */
	int64_t since_s;
	uint64_t sum; /* of the version that gives less; 0: deleted */
	struct fields fields; /* of that version; none after a restart */
	uint16_t fewer; /* endpoints that go, and nothing else; 0: all of it goes */
	uint32_t hides; /* names below a cut that is not served yet: these go, not it */
	bool is_going; /* of these two, counted by the census */
	bool is_marked; /* on its own */
};

struct removals {
	struct census *census;
	struct index *index;
	struct marks *marks; /* what is to be written */
	/* Carries one out; the entry has no removal any more. fields may be taken. */
	void (*go)(void *ctx, struct entry *e, uint64_t sum, struct fields *fields);
	void *ctx;
	struct removal *lists[REMOVAL_HELD]; /* of each state but HELD */
	uint64_t number; /* the last that was given */
	size_t held_count;
	struct mono gathered_due; /* never: not looked at yet */
	bool gathered; /* a full read is through, and not decided */
	size_t accepted; /* records that there were at its end */
	bool emptied; /* the full read that is to be decided found nothing */
	bool read_again; /* a full read is through since the start */
	size_t shrunk_count; /* zones some of whose held ones came back */
};

void
removals_fini(struct removals *r);

/* sum 0: a deletion. Replaces what the entry has of another kind. */
struct removal *
removals_add(struct removals *r, struct entry *e, uint64_t sum, struct fields *fields,
    enum removal_state state);

/* Just this is held, and nothing but its sum was known since the restart: takes the
 * fields, of which `fewer` endpoints go. */
void
removals_know(struct removals *r, struct entry *e, struct fields *fields, uint16_t fewer);

/* Does it lack the fields? */
bool
removals_is_unknown(const struct entry *e);

/* Is just this held already? */
bool
removals_is_held(const struct entry *e, uint64_t sum);

/* It stays after all. */
void
removals_cancel(struct removals *r, struct entry *e);

/* The full read is through: what it missed is decided soon; or it has failed. accepted:
 * how many records there are; a read that found none of them empties no zone. */
void
removals_swept(struct removals *r, bool complete, size_t accepted);

/* Contact is lost: whether what was waiting came back meanwhile, the next full read will
 * say. */
void
removals_lost(struct removals *r);

/* Decides what is due, and says in how many milliseconds the next is: -1 none. */
int64_t
removals_run(struct removals *r, struct mono now);

/* Lets those of a zone up to this number go. ERR_MISSING: none are held. ERR_BUSY: some
 * were not read again since a restart. *more, false at first: call again, there are more
 * than were accepted at once. */
MUST_CHECK enum err
removals_accept(struct removals *r, struct census_zone *z, uint64_t number,
    struct mono now, bool *more);

/* What is held of a zone is decided anew by the next removals_run(). */
void
removals_reconsider(struct removals *r, struct census_zone *z);

/* A mark from before a restart. */
void
removals_restore(struct removals *r, struct entry *e, const struct mark *m);

/* The same of a zone that held too many to remember each. */
void
removals_restore_mass(struct removals *r, struct census_zone *z, const struct mark *m);
/* Tells again of what was held before the start. */
void
removals_tell_restored(const struct removals *r);

#endif
