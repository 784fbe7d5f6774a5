/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A request of the control socket: what was asked, by whom, and how it is ended.
 *
 * Shape: a verb fills request_text() with lines for people and request_data() with
 * the same as a tree, then ends the request with exactly one of reply_ok(),
 * reply_error(), reply_err() and reply_usage(): at once, or later. What was filled
 * in goes out with an error too (the complaints of a refused reload).
 * Owner: a heap object. While its verb runs it belongs to the verb, which may carry
 * the pointer in a mail to another loop and back; with its end it is gone. It
 * outlives its client: one that hangs up meanwhile changes nothing for the verb.
 * Threads: all fields and functions in the control thread only; other threads
 * pass the pointer on and leave it closed.
 * Errors: codes are lower case: "usage", "unknown" (verb), "denied", "syntax",
 * "not-found", "exists", "busy", "refused", "failed", "too-large",
 * "partly" (done for what was in order).
 * Source: none.
 */
#ifndef CONTROL_REQUEST_H
#define CONTROL_REQUEST_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "control/reply.h"

struct verb;

struct request {
	int argc; /* at least 1 */
	char **argv; /* argv[0] is the verb's name, then its arguments, then NULL */
	bool json; /* which form goes out; a dear text or tree may be left away */
	bool may_write;
	const char *who; /* the peer, for logs and authors: "alice" or "uid 1004" */
	const struct verb *verb;

	/* of the transport and of verb.c */
	struct reply reply;
	void (*done)(struct request *rq);
	bool (*send)(struct request *rq, const struct buf *lines); /* NULL: it can not */
	void (*gone)(void *ctx); /* of a verb that sends: see request_stream() */
	void *gone_ctx;
	void *client;
	char **words; /* what argv was made from */
	int word_count;
	char *who_copy;
};

/* Lines for people; the newline of the last may be missing. */
struct buf *
request_text(struct request *rq);

/* The root of the data, made at the first call; a request has one or the other. */
struct json *
request_data(struct request *rq);
struct json *
request_array(struct request *rq);

/*
 * Options may stand anywhere behind the name, up to a word "--". These take one out of
 * argv, so that what is left is positional. A value is the next word, or follows "=".
 */
bool
request_flag(struct request *rq, const char *name);

/* *value stays as it is when the option is not there; ERR_SYNTAX: it has no value. */
MUST_CHECK enum err
request_option(struct request *rq, const char *name, const char **value);

/*
 * After the options: true when min to max arguments are left and none of them looks like
 * an option; drops a "--". Else reply_usage() was called, and the request is gone.
 */
MUST_CHECK bool
request_check_args(struct request *rq, int min, int max);

/*
 * For a verb that goes on: gone(ctx) is called when there is nobody any more whom it
 * could tell; it has to end the request, and does so with request_send() false too.
 */
void
request_stream(struct request *rq, void (*gone)(void *ctx), void *ctx);

/* A line at once, ahead of the reply. False: the client is gone or reads too slowly. */
MUST_CHECK bool
request_send(struct request *rq, const char *line);

/*
 * What request_option() said of an option that takes a number from 1 to max; text NULL:
 * *out stays as it is. Else reply_error() was called, and the request is gone.
 */
MUST_CHECK bool
request_number(
    struct request *rq, const char *name, const char *text, size_t max, size_t *out);

/* The three ends. */
void
reply_ok(struct request *rq);
void
reply_error(struct request *rq, const char *code, const char *fmt, ...) PRINTF_LIKE(3, 4);
void
reply_usage(struct request *rq);

/* reply_error() with the code that belongs to e. */
void
reply_err(struct request *rq, enum err e, const char *fmt, ...) PRINTF_LIKE(3, 4);

/*
 * A request with copies of the words (the first may be "json") and of who. done is
 * called once at its end, with the reply in rq->reply; whoever gets it frees it.
 */
struct request *
request_new(int word_count, char *const *words, bool may_write, const char *who,
    void (*done)(struct request *rq), void *client);

void
request_free(struct request *rq);

#endif
