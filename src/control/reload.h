/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reload: reading everything anew beside what is served, and then serving it, without the
 * zone files that are bad or held, or nothing of it. Or looking at it and forgetting it.
 *
 * Shape: one at a time. A thread reads (steer/parts.h); the store thread installs.
 * Owner: the reload frees itself at its end.
 * Threads: begun and ended in the control thread.
 * Errors: all complaints go into the reply and the log; what was served goes on.
 * Source: DESIGN "Bad data".
 */
#ifndef CONTROL_RELOAD_H
#define CONTROL_RELOAD_H

#include "control/control.h"
#include "control/request.h"

/* The geography alone, as its files are now; see parts_geo(). */
struct reload_geo {
	const char *fresh, *fresh_for; /* NULL: what is in place */
	struct geo_refusals refusals;
	/* In the control thread; ERR_DENIED: nothing has changed. */
	void (*done)(struct reload_geo *g, enum err e);
};

/* None may run. */
void
reload_geo(struct control *c, struct reload_geo *geo);

/* A reload that is read and not taken. */
struct reload_plan {
	struct request *rq;
	bool force;
	/* In the thread that has read. next NULL: it would be refused. */
	void (*look)(struct reload_plan *p, const struct parts *old,
	    const struct parts *next, const struct complaints *said);
	/* In the control thread; ends the request and frees the plan. OK: it was looked
	 * at; ERR_BUSY: another reload runs, and one waits; ERR_DENIED: the server is
	 * stopping; ERR_IO: no thread. */
	void (*done)(struct reload_plan *p, enum err e);
};

/* Waits for a reload that runs. */
void
reload_plan(struct control *c, struct reload_plan *plan);

/* Waits until the reading thread has ended, if there is one. */
void
reload_wait(struct control *c);

/* Of the configuration that is held: "configuration/0123abcd"; the caller frees. NULL:
 * none is. */
char *
reload_held_id(const struct control *c);

/* Serves the version that is held under this id: "example.com/file-0123abcd", or the
 * configuration. Ends the request. */
void
reload_accept(struct control *c, struct request *rq, const char *id);

#endif
