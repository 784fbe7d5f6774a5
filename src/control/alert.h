/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One alert: trouble with a subject, from its beginning until all who were told of it
 * know that it is over. Pure but for its texts; time is given.
 *
 * Shape: open while it is bad, and for a while after. A subject's first end within half
 * an hour counts at once; the next only after it has been good for 60, 180, 420, and then
 * 900 s. So flapping makes at most five pairs of messages in the first half hour, and two
 * an hour then; trouble that comes back before its end was told is the same trouble.
 * Owner: alert_fini() frees the texts; the rest is the holder's.
 * Threads: one.
 * Errors: none.
 * Source: DESIGN "Alerts".
 */
#ifndef CONTROL_ALERT_H
#define CONTROL_ALERT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/link.h"

enum { ALERT_ENDS_MAX = 5, ALERT_SETTLE_MS = 120000 };

struct alert {
	struct link link; /* in order of beginning */
	struct alert *chain; /* of its hash bucket */
	enum event_kind kind;
	enum event_severity severity;
	char *subject;
	char *text; /* the last about what is bad */
	char *good_text; /* why it is good; NULL: it was not yet */
	bool is_open; /* false: its end is (to be) told */
	bool is_bad; /* now; else it is good, perhaps not for long enough */
	bool is_confirmed; /* false: from before the start, and nothing heard of it since
	                    */
	struct mono since; /* what is open */
	int64_t since_wall_s;
	struct mono good_at; /* while it is not bad */
	struct mono close_at; /* when it has been good for long enough */
	uint32_t relapses; /* how often it was good since */
	struct mono ends[ALERT_ENDS_MAX]; /* the last ones; never: none */
	/* a bit for each hook */
	uint32_t told; /* of the trouble, and not yet of its end */
	uint32_t told_critical; /* as critical */
	uint32_t tried; /* in vain, since it began */
	uint32_t missed; /* it was over before they could be told; to be counted */
	uint32_t flying_bad, flying_critical, flying_good; /* in a message on its way */
};

/* What the book has to know of a hook. */
struct alert_hook {
	uint32_t kinds; /* a bit for each enum event_kind */
	bool only_critical;
	bool critical; /* told only of what lasts */
};

void
alert_init(struct alert *a, enum event_kind kind, const char *subject);

void
alert_fini(struct alert *a);

/* Takes in an event about its subject; true when something is another now. */
bool
alert_feed(struct alert *a, const struct event *e, struct mono now);

/* As it was when the process ended: open, and good when nothing bad is heard of it within
 * ALERT_SETTLE_MS. */
void
alert_restore(struct alert *a, enum event_severity severity, const char *text,
    int64_t since_wall_s, struct mono now, int64_t now_wall_s);

/* It closes when it has been good for long enough. */
void
alert_age(struct alert *a, struct mono now);

/* Nothing keeps it but the memory of its last end, and that is over. */
bool
alert_is_forgotten(const struct alert *a, struct mono now);

/* When time alone makes something of it, and whether it lasts; never: it does not. */
struct mono
alert_due(const struct alert *a, int64_t escalate_ms, struct mono now);

/* Is this hook, the one of this bit, to be told now that it is bad, or good again? */
bool
alert_wants_bad(const struct alert *a, const struct alert_hook *h, uint32_t bit,
    int64_t escalate_ms, struct mono now);
bool
alert_wants_good(const struct alert *a, uint32_t bit);

/* A message to the hook of this bit sets out, as one of the two says. */
void
alert_fly(struct alert *a, uint32_t bit, bool is_bad);

/* It arrived, or did not. */
void
alert_land(struct alert *a, uint32_t bit, bool arrived);

#endif
