/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A TCP worker: one thread, one event loop, all its connections.
 *
 * Shape: what one read brings is cut into requests, and all that are complete are
 * answered with one write. A client that does not read is not read from, and when all
 * clients together make us hold too much, those that have been stuck longest are closed.
 * Owner: the worker owns its sockets and connections.
 * Threads: tcp_start() makes the thread; tcp_free() ends it and waits.
 * Errors: a connection that breaks a rule (idle, too slow) is closed; others do
 * not notice.
 * Source: RFC 7766 (6.2.1.1 pipelining, 6.2.3 idle, 8 framing).
 */
#ifndef SERVE_TCP_H
#define SERVE_TCP_H

#include "base/buf.h"
#include "base/counter.h"
#include "base/ip.h"
#include "steer/shared.h"

struct tcp;

/* Listens on all addresses. */
MUST_CHECK enum err
tcp_open(const struct ip_port *at, size_t count, struct shared *shared, struct tcp **out,
    struct buf *why);

/* How long a connection may stay without a request or progress; before tcp_start(). */
void
tcp_set_idle_ms(struct tcp *t, int64_t ms);

/* How much input and answers of all connections may be kept; before tcp_start(). */
void
tcp_set_held_max(struct tcp *t, size_t octets);

void
tcp_start(struct tcp *t);

void
tcp_free(struct tcp *t);

const struct counters *
tcp_counters(const struct tcp *t);

#endif
