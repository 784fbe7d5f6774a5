/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of an explanation that is about a pool: its ladder rung by rung, who is on
 * it, what is known of them, and what was picked.
 *
 * Shape: a decision that asked a pool in; text for people and members of a JSON object
 * out.
 * Owner: the caller's json and buffer.
 * Threads: the probe thread, as it reads verdicts; the world is pinned meanwhile.
 * Errors: none.
 * Source: DESIGN "Control"; sextant-steering(7).
 */
#ifndef SERVE_EXPLAIN_POOL_H
#define SERVE_EXPLAIN_POOL_H

#include "base/buf.h"
#include "base/json.h"
#include "serve/decide.h"

struct explain_pool {
	const struct decision *decision;
	struct json *data;
	struct buf *text;
};

void
explain_pool(struct explain_pool *x);

#endif
