/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses as system calls take and give them.
 *
 * Shape: struct ip_port and struct ip (base/ip.h) to struct sockaddr_storage and back;
 * AF_INET and AF_INET6 only.
 * Owner: values.
 * Threads: any.
 * Errors: none.
 * Source: POSIX, RFC 3493.
 */
#ifndef BASE_SOCKADDR_H
#define BASE_SOCKADDR_H

#include <sys/socket.h>

#include "base/ip.h"

/* The length to tell with it. */
socklen_t
sockaddr_write(const struct ip_port *at, struct sockaddr_storage *out);

void
sockaddr_read(const struct sockaddr_storage *from, struct ip_port *out);

#endif
