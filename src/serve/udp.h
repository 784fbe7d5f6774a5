/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A UDP worker: one thread, one socket, batches.
 *
 * Shape: receive up to 32 requests, answer each, send what there is to send; nothing
 * else. Owner: the worker owns its socket, its buffers and its counters until udp_free().
 * Threads: udp_start() makes the thread; it ends by itself within 250 ms of shared->stop.
 * Errors: a packet that can not be sent is counted and forgotten (RFC 1035 4.2.1: UDP
 * loses packets anyway).
 * Source: recvmmsg(2), sendmmsg(2).
 */
#ifndef SERVE_UDP_H
#define SERVE_UDP_H

#include "base/buf.h"
#include "base/counter.h"
#include "base/ip.h"
#include "serve/limit.h"
#include "steer/shared.h"

struct udp;

/* What it did since it was opened. */
struct udp_load {
	uint64_t received; /* datagrams */
	uint64_t in_full; /* of those: in batches that had no room for another */
	uint32_t dropped; /* by the kernel, for want of room in the queue; goes round */
};

MUST_CHECK enum err
udp_open(
    const struct ip_port *at, struct shared *shared, struct udp **out, struct buf *why);

/* How many workers share the address, and with it the rate limit; 1 unless it is said
 * before udp_start(). */
void
udp_set_sharers(struct udp *u, unsigned count);

void
udp_start(struct udp *u);

/* Waits for the thread (if it was started) and frees. */
void
udp_free(struct udp *u);

const struct counters *
udp_counters(const struct udp *u);

/* The next two: from any thread, while the worker runs. */
void
udp_get_load(const struct udp *u, struct udp_load *out);

/* How many octets of the kernel's memory may wait for the worker. */
void
udp_set_queue(const struct udp *u, size_t octets);

const struct limit *
udp_limit(const struct udp *u);

#endif
