/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A request's trip through another thread and back.
 *
 * Shape: a verb that needs what another thread owns sends its request there: `there` runs
 * in that thread's loop, `back` in the control thread's.
 * Owner: who starts a trip makes it (any struct that begins with struct trip); back() or
 * whoever ends the request frees it.
 * Threads: while a request is on a trip, just the thread where it is may fill its text
 * and data; only the control thread ends it.
 * Errors: none.
 * Source: base/loop.h.
 */
#ifndef CONTROL_TRIP_H
#define CONTROL_TRIP_H

#include "base/loop.h"
#include "control/request.h"

struct trip {
	struct mail mail; /* first */
	struct request *rq;
	struct loop *home;
	void (*there)(struct trip *t);
	void (*back)(struct trip *t);
};

/* Goes to a loop: t->there is called in it. Also from there() to another loop. */
void
trip_go(struct trip *t, struct loop *to);

/* Goes home: t->back is called in the control thread. */
void
trip_home(struct trip *t);

#endif
