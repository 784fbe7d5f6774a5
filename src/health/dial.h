/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP probes: a connection that stands is a success, unless the check has something to
 * say or waits for a word.
 *
 * Shape: one socket, one watch, one deadline a probe.
 * Owner: a probe in flight belongs to itself until on_done, or dial_stop().
 * Threads: the loop's own.
 * Errors: become the result (health/probe.h).
 * Source: connect(2).
 */
#ifndef HEALTH_DIAL_H
#define HEALTH_DIAL_H

#include <stdint.h>

#include "base/ip.h"
#include "base/loop.h"
#include "config/config.h"
#include "health/probe.h"

struct dial;

/* The check must outlive the probe. */
struct dial *
dial_start(struct loop *loop, const struct config_check *check, const struct ip *ip,
    const struct probe_hooks *hooks, void *ctx);

/* Ends it without a result. */
void
dial_stop(struct dial *p);

#endif
