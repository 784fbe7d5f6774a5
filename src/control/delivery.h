/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One message on its way to one hook: posted to its URL, or given to its program.
 *
 * Shape: a thread of its own for as long as it takes (control/task.h), at most the hook's
 * timeout.
 * Owner: delivery_free(), by `done` or later. The hook must live until then.
 * Threads: the loop's; the sending is elsewhere.
 * Errors: a reason, in which no secret is.
 * Source: DESIGN "Alerts"; sextantd(8) "ALERTS".
 */
#ifndef CONTROL_DELIVERY_H
#define CONTROL_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/loop.h"
#include "config/config.h"
#include "control/program.h"

struct delivery;

struct delivery_result {
	bool arrived;
	int64_t wait_ms; /* that the other side asked for */
	char reason[PROGRAM_REASON_MAX]; /* why not */
};

typedef void
delivery_fn(void *ctx, struct delivery *d, const struct delivery_result *result);

/* Takes the body over. env: "NAME=value" for a program. */
struct delivery *
delivery_new(const struct config_hook *hook, struct buf *body, char **env,
    size_t env_count, delivery_fn *done, void *ctx);

/* In the loop; done comes from it, never from within. */
void
delivery_start(struct delivery *d, struct loop *loop);

/* It ends soon, and done is called. */
void
delivery_cancel(struct delivery *d);

/* NULL is allowed. */
void
delivery_free(struct delivery *d);

#endif
