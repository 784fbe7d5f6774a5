/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verbs of the control socket, and how a request finds its verb.
 *
 * Shape: a table of struct verb that ends with a NULL name. A name is one word or
 * two ("records set"); the longer match wins. `help` is answered from the table.
 * Owner: tables are static. run() owns the request until it ends it
 * (control/request.h), at once or later.
 * Threads: the control thread; run() must not block.
 * Errors: replies, with the codes of control/request.h.
 * Source: none.
 */
#ifndef CONTROL_VERB_H
#define CONTROL_VERB_H

#include <stdbool.h>

#include "control/request.h"

struct verb {
	const char *name; /* "status", "records set" */
	const char *args; /* "NAME [TYPE] --client IP"; "" for none */
	const char *help; /* one line, no full stop */
	bool writes; /* refused without may_write */
	void (*run)(void *ctx, struct request *rq);
};

/* Finds the verb and runs it, or ends the request with help or an error. */
void
verb_run(const struct verb *table, void *ctx, struct request *rq);

#endif
