/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All workers of the server: for each address the UDP workers, and the TCP workers with
 * the thread that makes transfers for them.
 *
 * Shape: opened together, started together, and asked together for what they counted.
 * Owner: the workers belong to it until workers_close().
 * Threads: the control thread's; each worker is a thread of its own.
 * Errors: an address that can not be had; then none runs.
 * Source: none.
 */
#ifndef SERVE_WORKERS_H
#define SERVE_WORKERS_H

#include "serve/tcp.h"
#include "serve/transfers.h"
#include "serve/udp.h"

/* All zero: none are open. */
struct workers {
	struct udp **udp;
	size_t udp_count;
	struct tcp **tcp;
	size_t tcp_count;
	struct transfers *transfers;
};

/* What was opened until an error is closed by workers_close(). */
MUST_CHECK enum err
workers_open(struct workers *w, const struct config_server *c, struct shared *shared,
    struct buf *why);

/* c is what they were opened with: the log says what is listened at. */
void
workers_start(struct workers *w, const struct config_server *c);

/* shared->stop has been set. */
void
workers_close(struct workers *w);

/* Adds up the counters. */
void
workers_sum(const struct workers *w, uint64_t sums[COUNT_COUNTERS]);

/* The prefix of clients that was over the rate limit last. False: none was. */
bool
workers_last_limited(const struct workers *w, struct ip_prefix *prefix, struct mono *at);

#endif
