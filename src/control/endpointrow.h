/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An endpoint as `health` shows it: a row of the table, and an object for programs.
 *
 * Shape: what is measured, what it counts for on the ladder, and why.
 * Owner: all is borrowed.
 * Threads: the probe thread.
 * Errors: none.
 * Source: DESIGN "Health".
 */
#ifndef CONTROL_ENDPOINTROW_H
#define CONTROL_ENDPOINTROW_H

#include "base/json.h"
#include "control/columns.h"
#include "health/prober.h"
#include "steer/orders.h"
#include "steer/pool.h"

#define ENDPOINTROW_TITLES \
	"endpoint state counts for reason >latency check since override"

/* One endpoint as it is shown. */
struct endpointrow {
	const struct orders *orders;
	char *name; /* POOL/REGION/ADDRESS */
	const struct pool *pool;
	const struct endpoint *endpoint;
	const struct target *target; /* what its state comes from; NULL: no check */
};

/* That of its targets which gives the endpoint its state; NULL: it has no check. */
const struct target *
endpointrow_target(const struct endpoint *e);

void
endpointrow_write(const struct endpointrow *r, struct columns *out);

void
endpointrow_json(const struct endpointrow *r, struct json *list);

#endif
