/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/sockaddr.h"

socklen_t
sockaddr_write(const struct ip_port *at, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (at->ip.family == 4) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(at->port);
		memcpy(&v4->sin_addr, at->ip.bytes, 4);
		return sizeof(*v4);
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(at->port);
	memcpy(&v6->sin6_addr, at->ip.bytes, 16);
	return sizeof(*v6);
}

void
sockaddr_read(const struct sockaddr_storage *from, struct ip_port *out)
{
	sockaddr_read_ip(from, &out->ip);
	out->port = ntohs(from->ss_family == AF_INET
	                      ? ((const struct sockaddr_in *)from)->sin_port
	                      : ((const struct sockaddr_in6 *)from)->sin6_port);
}
