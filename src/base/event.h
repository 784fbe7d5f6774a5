/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trouble and its end, as people are to learn of it: what any part says here, the control
 * thread makes alerts of (control/alert.h).
 *
 * Shape: an event says that a subject of some kind ("target", "web 192.0.2.1") is bad,
 * and how much so, or good again, in one line for people. It tells a state, no change: to
 * say the same again is harmless and needs no memory of who says it, and of a subject
 * that was never bad, "good" is no news. What goes away for ever is said to be good.
 * Owner: texts are copied, cut at EVENT_SUBJECT_MAX and EVENT_TEXT_MAX.
 * Threads: event_bad() and event_good() from any, before event_open() and after
 * event_close() too; never on the query path. They wait for nobody. The sink is called in
 * the loop's thread.
 * Errors: none. When EVENT_WAITING_MAX wait, further trouble is dropped, and its end only
 * when twice as many do; the sink is told how many were.
 * Source: DESIGN "Alerts".
 */
#ifndef BASE_EVENT_H
#define BASE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/loop.h"

enum {
	EVENT_SUBJECT_MAX = 320, /* with NUL, as the next */
	EVENT_TEXT_MAX = 512,
	EVENT_WAITING_MAX = 16384
};

enum event_kind {
	EVENT_TARGET, /* subject: check and address */
	EVENT_POOL, /* pool */
	EVENT_REGION, /* pool/region */
	EVENT_PROBER, /* "mass failure", "blind", "overloaded", "canary ADDRESS" */
	EVENT_CERTIFICATE, /* check and address: expires soon */
	EVENT_FLEET, /* "quorum", a node */
	EVENT_STORE, /* "contact", "writes", "rate" */
	EVENT_GUARD, /* what is held: a zone, a file, "configuration" */
	EVENT_RELOAD, /* "configuration", a zone file */
	EVENT_GEO, /* a database */
	EVENT_STATE, /* of the node itself: "state directory", "safe mode" */
	EVENT_KINDS
};

enum event_severity { EVENT_WARNING, EVENT_CRITICAL };

struct event {
	struct event *next;
	enum event_kind kind;
	enum event_severity severity; /* of what is bad */
	bool is_bad;
	char *subject;
	char *text; /* one line */
	struct mono at;
	int64_t at_wall_s;
};

/* e is the sink's only for the call. lost: how many were dropped since the last one; then
 * e may be NULL. */
typedef void
event_fn(void *ctx, const struct event *e, uint64_t lost);

void
event_bad(enum event_kind kind, enum event_severity severity, const char *subject,
    const char *fmt, ...) PRINTF_LIKE(4, 5);

void
event_good(enum event_kind kind, const char *subject, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* "target", "pool" ...: as the configuration and the messages name them. */
const char *
event_kind_text(enum event_kind kind);

/* "warning", "critical" */
const char *
event_severity_text(enum event_severity severity);

/* Somebody else who hears what the sink gets, after it; fn NULL: nobody any more. In the
 * loop's thread. */
void
event_listen(event_fn *fn, void *ctx);

/* From now on fn gets what is said, and what was said before. One sink a process. */
void
event_open(struct loop *loop, event_fn *fn, void *ctx);

/* In the loop's thread, before the loop goes. What waits is dropped. */
void
event_close(void);

#endif
