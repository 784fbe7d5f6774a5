/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A TCP worker: one thread, one poller (base/poller.h), all its connections
 * (serve/connection.h).
 *
 * Shape: a listening socket per address. The limits (tcp_connections, tcp_per_client,
 * tcp_idle) are those of the world that is served: a reload changes them within a second.
 * Who goes when one is reached, serve/crowd.h says. A request counts from its first
 * octet: who sends one octet now and then is closed as if he sent none.
 * Owner: the worker owns its sockets and connections.
 * Threads: tcp_start() makes the thread; tcp_free() ends it and waits.
 * Errors: a connection that breaks a rule is closed, and counted (base/counter.h);
 * others do not notice.
 * Source: RFC 7766 (6.2.2 connections, 6.2.3 idle, 10 security).
 */
#ifndef SERVE_TCP_H
#define SERVE_TCP_H

#include "base/buf.h"
#include "base/counter.h"
#include "base/ip.h"
#include "config/config.h"
#include "steer/shared.h"

struct tcp;
struct transfers;

/* Listens on all addresses. */
MUST_CHECK enum err
tcp_open(const struct ip_port *at, size_t count, struct shared *shared, struct tcp **out,
    struct buf *why);

/* How much input and answers of all connections may be kept; before tcp_start(). */
void
tcp_set_held_max(struct tcp *t, size_t octets);

/*
 * How many connections a worker keeps open: as many as are configured, if all workers
 * together leave half of the descriptors of the process to the others in it.
 */
size_t
tcp_connections_max(const struct config_server *s);

/* Who makes transfers; before tcp_start(). Its thread ends before tcp_free(). */
void
tcp_set_transfers(struct tcp *t, struct transfers *transfers);

void
tcp_start(struct tcp *t);

void
tcp_free(struct tcp *t);

const struct counters *
tcp_counters(const struct tcp *t);

#endif
