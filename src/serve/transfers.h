/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The transfers that go out: a thread that makes whole zones into messages, and
 * streams that send them from the TCP workers.
 *
 * Shape: a request becomes a stream at once (serve/stream.h), which waits until its
 * zone is rendered (serve/axfr.h), with the reader pinned meanwhile: all of it is of
 * one world, and no world is kept for as long as a slow peer takes. Who asks for the
 * same version of a zone while it is sent shares its rendering. When all renderings
 * together pass 256 MiB, the next waits, and is refused with SERVFAIL after 15 s. A
 * transfer that takes more than two hours is broken off.
 * Owner: a stream goes to the transfers' thread and back by mail, and at its end there
 * to be logged and freed. Renderings belong to that thread, which counts who uses
 * them.
 * Threads: transfers_begin() and the stream's functions in a worker; transfers_stop()
 * before, transfers_free() after the workers have ended.
 * Errors: a message with an rcode, or a stream that breaks off.
 * Source: RFC 5936 2.2, RFC 8945 5.3.1 (each message is signed).
 */
#ifndef SERVE_TRANSFERS_H
#define SERVE_TRANSFERS_H

#include "base/clock.h"
#include "base/mailbox.h"
#include "serve/signing.h"
#include "serve/stream.h"
#include "serve/transfer.h"
#include "steer/shared.h"

struct transfers;

/* A worker's end of it; all zero where no transfer can begin (UDP). */
struct transfers_client {
	struct transfers *transfers;
	struct mailbox *home; /* the worker's */
	struct mono told; /* when a refusal was logged last */
	unsigned untold; /* refusals since */
};

struct transfer_order {
	const struct transfer_request *request;
	const struct zone *zone;
	const struct signing *signing; /* NULL: not signed */
	const uint8_t *opt; /* the OPT RR of the response */
	size_t opt_len; /* 0: none */
};

enum { TRANSFER_OPT_MAX = 600 };

MUST_CHECK enum err
transfers_new(struct shared *shared, struct transfers **out);

void
transfers_start(struct transfers *t);

/* Ends the thread; NULL is allowed, as in the next. */
void
transfers_stop(struct transfers *t);

void
transfers_free(struct transfers *t);

/* The stream that answers the request. */
struct stream *
transfers_begin(struct transfers_client *c, const struct transfer_order *o);

/* Logs a refusal, if not one was logged within the last second. */
void
transfers_refused(struct transfers_client *c, const uint8_t *qname,
    const struct ip *source, const char *reason, struct mono now);

#endif
