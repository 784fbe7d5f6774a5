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

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/ip.h"

/* The length to tell with it. */
socklen_t
sockaddr_write(const struct ip_port *at, struct sockaddr_storage *out);

void
sockaddr_read(const struct sockaddr_storage *from, struct ip_port *out);

/* The address alone; IPv4 mapped into IPv6 stays IPv6. */
static inline void
sockaddr_read_ip(const struct sockaddr_storage *from, struct ip *out)
{
	if (from->ss_family == AF_INET) {
		const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;

		memset(out, 0, sizeof(*out));
		out->family = 4;
		memcpy(out->bytes, &v4->sin_addr, 4);
	} else {
		const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;

		out->family = 6;
		memcpy(out->bytes, &v6->sin6_addr, 16);
	}
}

#endif
