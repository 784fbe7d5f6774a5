/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UDP sockets to send requests of our own from, and to get their responses.
 *
 * Shape: one socket per address that we send from. That is the first address we listen at
 * of the peer's family (loopback for a peer there), as a peer takes a NOTIFY only from an
 * address it knows; where none fits, the system chooses.
 * Owner: sender_free().
 * Threads: the loop's.
 * Errors: ERR_IO: not sent.
 * Source: RFC 1996 3.10, RFC 5452 9.2 (a port of its own).
 */
#ifndef CONTROL_SENDER_H
#define CONTROL_SENDER_H

#include "base/ip.h"
#include "base/loop.h"

struct sender;

typedef void
sender_fn(void *ctx, const struct ip_port *from, const uint8_t *packet, size_t len);

struct sender *
sender_new(struct loop *loop, sender_fn *on_packet, void *ctx);

/* NULL is allowed. */
void
sender_free(struct sender *s);

/* listen: where we do, count addresses. */
MUST_CHECK enum err
sender_send(struct sender *s, const struct ip_port *listen, size_t count,
    const struct ip_port *to, const uint8_t *packet, size_t len);

#endif
