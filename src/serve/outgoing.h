/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One transfer that goes out: the stream that a connection sends.
 *
 * Shape: it is away (with the transfers' thread) until its zone is rendered, and sent
 * then, message by message.
 * Owner: see serve/transfers.h; `away` says whose it is.
 * Threads: the worker's but for what the transfers' thread fills in while it is away.
 * Errors: `rcode` instead of a rendering.
 * Source: RFC 5936 2.2, RFC 8945 5.3.1.
 */
#ifndef SERVE_OUTGOING_H
#define SERVE_OUTGOING_H

#include "base/loop.h"
#include "serve/transfers.h"

struct axfr;
struct rendering_share;

struct outgoing {
	struct stream stream; /* first */
	struct mail mail;
	struct transfers *owner;
	struct mailbox *home;
	struct outgoing *next; /* waiting to be rendered */
	/* the request */
	struct name apex;
	struct ip source;
	uint16_t id, flags;
	uint16_t question_len;
	uint8_t question[DNS_NAME_MAX + 4];
	uint8_t opt[TRANSFER_OPT_MAX];
	size_t opt_len;
	bool is_ixfr;
	bool is_signed;
	struct tsig_key key; /* a copy: a reload may drop it */
	struct tsig_signer signer;
	struct mono begun;
	/* filled in while it is away */
	struct rendering_share *share;
	const struct axfr *axfr; /* NULL: rcode says why */
	uint16_t rcode;
	/* the worker's */
	bool is_away, is_abandoned;
	bool is_complete;
	size_t at; /* messages sent */
	size_t octets;
};

/* Away at once. */
struct outgoing *
outgoing_new(const struct transfers_client *c, const struct transfer_order *o);

/* Back in the worker, as the mail's function. */
void
outgoing_on_ready(struct mail *mail);

/* In the transfers' thread: takes over one that has come to its end, sent or not. */
void
outgoing_on_done(struct mail *mail);

/* The loop of the transfers' thread. */
struct loop *
transfers_loop(struct transfers *t);

#endif
