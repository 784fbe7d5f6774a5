/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a worker counts.
 *
 * Shape: one struct of 64-bit words per worker, on cache lines of its own; a reader adds
 * them up.
 * Owner: the worker writes, with plain relaxed stores; anybody reads.
 * Threads: as said.
 * Errors: none.
 * Source: none.
 */
#ifndef BASE_COUNTER_H
#define BASE_COUNTER_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>

enum counter {
	COUNT_UDP_QUERIES, /* packets received */
	COUNT_UDP_SEND_ERRORS,
	COUNT_UDP_FULL_BATCHES, /* more was there than a worker takes at once */
	COUNT_TCP_CONNECTIONS,
	COUNT_TCP_QUERIES,
	COUNT_TCP_CLOSED_IDLE, /* no request for as long as tcp_idle */
	COUNT_TCP_CLOSED_SLOW, /* a request not finished, or an answer not taken
	                        */
	COUNT_TCP_LIMIT_CLIENT, /* closed or refused for tcp_per_client */
	COUNT_TCP_LIMIT_TOTAL, /* closed for tcp_connections, or want of descriptors */
	COUNT_TCP_LIMIT_MEMORY, /* closed because all held too much */
	COUNT_DROPPED, /* not answered at all */
	COUNT_NOERROR,
	COUNT_NXDOMAIN,
	COUNT_REFUSED,
	COUNT_FORMERR,
	COUNT_SERVFAIL,
	COUNT_NOTIMP,
	COUNT_OTHER_RCODE,
	COUNT_TRUNCATED,
	COUNT_EDNS,
	COUNT_ECS,
	COUNT_STEERED, /* decided by a pool */
	COUNT_DEGRADED, /* of those: below the first rung */
	COUNT_STALE, /* made from stale records */
	COUNT_RATE_LIMITED, /* over the rate limit, also with log_only */
	COUNT_RATE_SLIPPED, /* of those: sent without records */
	COUNT_RATE_DROPPED, /* of those: not sent */
	COUNT_COOKIES_NEW, /* the client's part alone */
	COUNT_COOKIES_VALID,
	COUNT_COOKIES_INVALID, /* a server's part that is not ours, or too old */
	COUNT_BADCOOKIE, /* responses */
	COUNT_TSIG, /* requests signed with a key of ours */
	COUNT_TSIG_BAD, /* requests whose signature did not hold */
	COUNT_TRANSFERS, /* begun */
	COUNT_TRANSFERS_REFUSED,
	COUNT_SHED_ADDITIONAL, /* in overload: responses without additional data */
	COUNT_SHED_TCP, /* connections refused to clients that have many */
	COUNT_SHED_TRANSFERS, /* transfers refused */
	COUNT_COUNTERS,
};

struct counters {
	alignas(64) _Atomic uint64_t v[COUNT_COUNTERS];
};
_Static_assert(sizeof(struct counters) % 64 == 0, "whole cache lines");

static inline void
counter_add(struct counters *c, enum counter which, uint64_t n)
{
	uint64_t was = atomic_load_explicit(&c->v[which], memory_order_relaxed);

	atomic_store_explicit(&c->v[which], was + n, memory_order_relaxed);
}

static inline uint64_t
counter_get(const struct counters *c, enum counter which)
{
	return atomic_load_explicit(&c->v[which], memory_order_relaxed);
}

/* "udp_queries": stable names, used in status and metrics. */
const char *
counter_name(enum counter which);

#endif
