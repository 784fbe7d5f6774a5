/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The prober's table of targets, and all that it keeps of each beside what others see.
 *
 * Shape: a hash table by check and address, and a list in order of making.
 * Owner: the table owns its entries until targets_remove(); then targets_free().
 * Threads: the prober's own.
 * Errors: none.
 * Source: none.
 */
#ifndef HEALTH_TARGETS_H
#define HEALTH_TARGETS_H

#include "health/judge.h"
#include "health/prober.h"
#include "health/schedule.h"

struct run;

/* What struct target is the visible part of. */
struct entry {
	struct target target; /* first, so that one can be cast to the other */
	struct prober *prober;
	struct entry *next, *prev; /* in order of making */
	struct entry *chain; /* of its hash bucket */
	uint64_t hash;
	size_t holders;
	struct schedule_item item;
	int64_t started_ms; /* when the last probe started; 0: none yet */
	int64_t gap_ms; /* to the next start, in steady state */
	bool is_hurried; /* its next probe is out of turn */
	bool is_spread; /* has left those it was made together with */
	bool has_result;
	bool is_busy; /* in the funnel: not to be freed under it */
	struct run *runs; /* in flight, newest first */
	uint32_t in_flight;
	struct mono pending; /* as last told */
	struct judge_case judged;
	struct mass_member member;
	struct ear ear;
	size_t canary_holders; /* of its holders */
	bool is_frozen; /* we are blind: no result can change its state */
	bool is_changed; /* since it was kept */
	struct mono certificate_seen; /* never: not yet */
};

struct targets {
	struct entry *first, *last;
	struct entry **buckets;
	size_t bucket_count; /* a power of two */
	size_t count;
};

void
targets_init(struct targets *t);

/* It must be empty. */
void
targets_fini(struct targets *t);

struct entry *
targets_find(struct targets *t, const struct config_check *check, const struct ip *ip);

/* It must not be there yet. */
struct entry *
targets_add(struct targets *t, const struct config_check *check, const struct ip *ip);

void
targets_remove(struct targets *t, struct entry *e);

void
targets_free(struct entry *e);

/* "CHECK ADDRESS": what events and the log call it. */
enum { TARGET_TEXT_MAX = 128 + IP_TEXT_MAX };

void
target_write(const struct target *t, char out[TARGET_TEXT_MAX]);

#endif
