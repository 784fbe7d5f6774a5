/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP probes: a connection that stands is a success.
 *
 * Shape: one socket, one watch, one deadline a probe.
 * Owner: a probe in flight belongs to itself until on_done, or tcp_stop().
 * Threads: the loop's own.
 * Errors: become the result (health/probe.h).
 * Source: connect(2).
 */
#ifndef HEALTH_TCP_H
#define HEALTH_TCP_H

#include <stdint.h>

#include "base/ip.h"
#include "base/loop.h"
#include "health/probe.h"

struct tcp_probe;

struct tcp_probe *
tcp_start(struct loop *loop, const struct ip_port *to, int64_t timeout_ms,
    const struct probe_hooks *hooks, void *ctx);

/* Ends it without a result. */
void
tcp_stop(struct tcp_probe *p);

#endif
