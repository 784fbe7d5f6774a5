/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/sockaddr.h"

#include <netinet/in.h>
#include <string.h>

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
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;

	memset(out, 0, sizeof(*out));
	if (from->ss_family == AF_INET) {
		out->ip.family = 4;
		out->port = ntohs(v4->sin_port);
		memcpy(out->ip.bytes, &v4->sin_addr, 4);
	} else {
		out->ip.family = 6;
		out->port = ntohs(v6->sin6_port);
		memcpy(out->ip.bytes, &v6->sin6_addr, 16);
	}
}
