/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Listening sockets, with the options that make them right for DNS.
 *
 * Shape: one socket per worker and address (SO_REUSEPORT), so that the kernel spreads
 * the clients.
 * Owner: descriptors belong to the caller.
 * Threads: any; at start.
 * Errors: ERR_IO with the reason in `why`.
 * Source: socket(7), ip(7), ipv6(7), udp(7), tcp(7).
 */
#ifndef SERVE_LISTEN_H
#define SERVE_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/socket.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/ip.h"

enum listen_kind { LISTEN_UDP, LISTEN_TCP };

MUST_CHECK enum err
listen_open(enum listen_kind kind, const struct ip_port *at, int *fd, struct buf *why);

/*
 * Fails when another server has the address: sockets of one user that all have
 * SO_REUSEPORT would share its clients without a word.
 */
MUST_CHECK enum err
listen_check_free(const struct ip_port *at, struct buf *why);

/* How many octets of the kernel's memory may wait to be received, if it gives as much. */
void
listen_set_queue(int fd, size_t octets);

/* Datagrams that found no room there, since the socket was opened; goes round. */
uint32_t
listen_dropped(int fd);

/* True for 0.0.0.0 and ::, where the answer's source address has to be chosen. */
bool
listen_is_wildcard(const struct ip_port *at);

#endif
