/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a probe tells, whichever way it was made, and the names of its failures.
 *
 * Shape: an outcome, a latency, and a reason that is "" for a success. A fault of
 * our own is inconclusive and has a name too.
 * Owner: values.
 * Threads: any, but probe_has_route(), which makes a socket.
 * Errors: none.
 * Source: DESIGN "Health"; connect(2), socket(2).
 */
#ifndef HEALTH_PROBE_H
#define HEALTH_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ip.h"
#include "health/machine.h"

#define PROBE_REASON_MAX 48

struct probe_result {
	enum health_outcome outcome;
	uint32_t latency_us; /* from start to verdict */
	char reason[PROBE_REASON_MAX];
	int64_t started_ms; /* set by flight.c */
	int64_t certificate_until_s; /* wall; 0: not looked at */
};

/*
 * Told by a probe in flight. on_done comes exactly once unless the probe is stopped
 * before, never from within the call that starts it; the probe is gone afterwards.
 * on_ready comes at most once, before on_done: the connection (with TLS) stands, what
 * follows is waiting.
 */
struct probe_hooks {
	void (*on_ready)(void *ctx);
	void (*on_done)(void *ctx, const struct probe_result *result);
};

void
probe_succeed(struct probe_result *r);

void
probe_fail(struct probe_result *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

void
probe_doubt(struct probe_result *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * The result for what the system said to socket() or connect(). has_route: other
 * addresses of this family can be reached at all, asked only by ENETUNREACH.
 */
void
probe_set_connect_error(struct probe_result *r, int error, bool has_route);

/* The same for a connection that stood: "reset" or "closed"; or a fault of our own. */
void
probe_set_stream_error(struct probe_result *r, int error);

/* Nothing came from the far end: it may be down, or our own network. */
bool
probe_is_silent(const struct probe_result *r);

/* Whether the routing table has a way out for this address family; sends nothing. */
bool
probe_has_route(const struct ip *ip);

#endif
