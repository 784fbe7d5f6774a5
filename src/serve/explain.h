/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Explains an answer: asks the very function that answers queries, and tells what it
 * looked at.
 *
 * Shape: a question and a client in; text for people and a JSON object out. The client is
 * given as its client subnet option, so that the scope is there too.
 * Owner: the caller's json and buffer.
 * Threads: the probe thread, as it reads verdicts; the world is pinned meanwhile.
 * Errors: ERR_SYNTAX (name or type) with the reason in `why`.
 * Source: DESIGN "Control".
 */
#ifndef SERVE_EXPLAIN_H
#define SERVE_EXPLAIN_H

#include "base/buf.h"
#include "base/err.h"
#include "base/ip.h"
#include "base/json.h"
#include "steer/shared.h"

struct explain_question {
	const char *name;
	const char *type;
	struct ip client;
};

MUST_CHECK enum err
explain(struct shared *shared, struct publish_reader *reader,
    const struct explain_question *question, struct json *data, struct buf *text,
    struct buf *why);

#endif
