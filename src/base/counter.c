/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/counter.h"

static const char *const names[COUNT_COUNTERS] = {
    [COUNT_UDP_QUERIES] = "udp_queries",
    [COUNT_UDP_SEND_ERRORS] = "udp_send_errors",
    [COUNT_UDP_FULL_BATCHES] = "udp_full_batches",
    [COUNT_TCP_CONNECTIONS] = "tcp_connections",
    [COUNT_TCP_QUERIES] = "tcp_queries",
    [COUNT_TCP_CLOSED_IDLE] = "tcp_closed_idle",
    [COUNT_TCP_CLOSED_SLOW] = "tcp_closed_slow",
    [COUNT_TCP_LIMIT_CLIENT] = "tcp_limit_client",
    [COUNT_TCP_LIMIT_TOTAL] = "tcp_limit_total",
    [COUNT_TCP_LIMIT_MEMORY] = "tcp_limit_memory",
    [COUNT_DROPPED] = "dropped",
    [COUNT_NOERROR] = "noerror",
    [COUNT_NXDOMAIN] = "nxdomain",
    [COUNT_REFUSED] = "refused",
    [COUNT_FORMERR] = "formerr",
    [COUNT_SERVFAIL] = "servfail",
    [COUNT_NOTIMP] = "notimp",
    [COUNT_OTHER_RCODE] = "other_rcode",
    [COUNT_TRUNCATED] = "truncated",
    [COUNT_EDNS] = "edns",
    [COUNT_ECS] = "ecs",
    [COUNT_STEERED] = "steered",
    [COUNT_DEGRADED] = "degraded",
    [COUNT_STALE] = "stale",
    [COUNT_RATE_LIMITED] = "rate_limited",
    [COUNT_RATE_SLIPPED] = "rate_slipped",
    [COUNT_RATE_DROPPED] = "rate_dropped",
    [COUNT_COOKIES_NEW] = "cookies_new",
    [COUNT_COOKIES_VALID] = "cookies_valid",
    [COUNT_COOKIES_INVALID] = "cookies_invalid",
    [COUNT_BADCOOKIE] = "badcookie",
    [COUNT_TSIG] = "tsig",
    [COUNT_TSIG_BAD] = "tsig_bad",
    [COUNT_TRANSFERS] = "transfers",
    [COUNT_TRANSFERS_REFUSED] = "transfers_refused",
    [COUNT_SHED_ADDITIONAL] = "shed_additional",
    [COUNT_SHED_TCP] = "shed_tcp",
    [COUNT_SHED_TRANSFERS] = "shed_transfers",
};

const char *
counter_name(enum counter which)
{
	return names[which];
}
