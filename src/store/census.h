/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The census: what each zone of the configuration has of the store, and what of that
 * wants to go. The guard's counts come from here.
 *
 * Shape: a zone counts its RRsets that are served and its names with one of them. TXT at
 * _acme-challenge is not counted: it comes and goes with each certificate. Pools of the
 * store stand in a place of their own, behind the zones.
 * Owner: census_fini(). Threads: one at a time; pure but for memory, time is a parameter.
 * Errors: none.
 * Source: DESIGN 5, "Guard".
 */
#ifndef STORE_CENSUS_H
#define STORE_CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "config/config.h"
#include "store/guard.h"
#include "store/index.h"
#include "store/record.h"

enum { CENSUS_TTL_DEFAULT = 300 };

struct census_zone {
	const struct config_zone *cfg; /* NULL: the pools */
	bool leaves; /* the next configuration does not have it */
	uint32_t ttl; /* default of its records */
	bool deleted; /* its record says so: nothing is guarded */
	bool frozen; /* its record says so: nothing is taken over */
	bool
	    fills; /* had nothing when the full read began: frozen or not, it is filled */
	size_t waiting; /* records that have changed since it is frozen */
	bool needs_record; /* only its record says what its name servers are */
	bool apex_goes;
	bool peak_changed; /* since it was written */
	size_t names, rrsets;
	size_t going; /* of the names */
	struct guard_peak peak; /* of names */
	struct guard_window window;
	struct removal *held; /* list, see store/removal.h */
	size_t held_count;
	char why[160]; /* they are held */
	/* the work of store/removal.h */
	enum guard_verdict verdict;
	bool verdict_is_due, is_new_held, shrunk, is_fast;
	size_t marked; /* of the held ones, one by one */
	bool mass_is_due, has_mass_mark, mass_is_pending; /* until all is read again */
	uint64_t mass_number;
	int64_t mass_since_s;
	struct mono held_changed; /* never: not looked at since */
};

struct census {
	struct census_zone **zones; /* in canonical order */
	size_t count;
	struct census_zone pools;
	struct census_zone **next; /* between begin and finish */
	size_t next_count;
	size_t endpoints, going_endpoints; /* of pools in the store */
	size_t config_endpoints;
	struct guard_peak peak; /* of all endpoints */
	size_t frozen_count; /* zones */
	bool peaks_changed; /* some zone's */
};

void
census_init(struct census *c, const struct config *cfg);

void
census_fini(struct census *c);

/*
 * Another configuration: a zone that stays keeps its counts and its place in memory.
 * Those that do not are marked (`leaves`) until finish, and by then must have nothing
 * that is served. The old configuration must still be there.
 */
void
census_begin(struct census *c, const struct config *cfg);

void
census_finish(struct census *c, const struct config *cfg);

/* NULL: not one of ours. */
struct census_zone *
census_find(const struct census *c, const struct name *zone);

/* The same of a record's key, whichever kind it is. */
struct census_zone *
census_of_key(const struct census *c, const struct record_key *key);

struct census_zone *
census_of_entry(const struct census *c, const struct entry *e);

/* The entry is served from now on, with so many endpoints, or no longer. */
void
census_serve(struct census *c, struct census_zone *z, const struct index *x,
    struct entry *e, size_t endpoints);

void
census_unserve(
    struct census *c, struct census_zone *z, const struct index *x, struct entry *e);

/* It is served, and wants to go; or stays after all. */
void
census_go(
    struct census *c, struct census_zone *z, const struct index *x, struct entry *e);

void
census_stay(
    struct census *c, struct census_zone *z, const struct index *x, struct entry *e);

/* Notes the sizes of a moment. */
void
census_note(struct census *c, struct census_zone *z, struct mono now);

/* If all that wants to go of this zone went; `why` gets the reason. */
enum guard_verdict
census_judge(struct census *c, struct census_zone *z, struct mono now, struct buf *why);

/* The same for the endpoints of all pools. */
enum guard_verdict
census_judge_endpoints(struct census *c, struct mono now, struct buf *why);

/* The loss was wanted: what there will be is the measure. */
void
census_accept(struct census *c, struct census_zone *z, struct mono now);

/* An RRset that was served has changed or gone; says so once, when it is more than half
 * of a zone's within a minute. */
void
census_changed(struct census_zone *z, struct entry *e, struct mono now);

/* Tells of the zones that do not change fast any more. */
void
census_calm(struct census *c, struct mono now);

/* "example.com"; "!pool" for the pools. */
void
census_write_zone(const struct census_zone *z, char out[NAME_TEXT_MAX]);

#endif
