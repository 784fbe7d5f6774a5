/* SPDX-License-Identifier: BSD-2-Clause */
#include "health/probe.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void
probe_succeed(struct probe_result *r)
{
	r->outcome = OUTCOME_SUCCESS;
	r->reason[0] = '\0';
}

void
probe_fail(struct probe_result *r, const char *fmt, ...)
{
	va_list ap;

	r->outcome = OUTCOME_FAILURE;
	va_start(ap, fmt);
	vsnprintf(r->reason, sizeof(r->reason), fmt, ap);
	va_end(ap);
}

void
probe_doubt(struct probe_result *r, const char *fmt, ...)
{
	va_list ap;

	r->outcome = OUTCOME_INCONCLUSIVE;
	va_start(ap, fmt);
	vsnprintf(r->reason, sizeof(r->reason), fmt, ap);
	va_end(ap);
}

/* What can only be said by a system that lacks something itself. */
static const char *
own_fault(int error)
{
	switch (error) {
	case EMFILE:
	case ENFILE:
		return "no-descriptor";
	case ENOBUFS:
	case ENOMEM:
		return "no-memory";
	case EADDRNOTAVAIL: /* every local port is in use, or no address to bind */
	case EADDRINUSE:
	case EAGAIN:
		return "no-local-port";
	case EAFNOSUPPORT:
		return "no-address-family";
	case EACCES: /* a packet filter of this host */
	case EPERM:
		return "not-permitted";
	case ENETDOWN:
		return "network-down";
	case EBADF:
	case EINVAL:
	case EFAULT:
	case ENOTSOCK:
		return "internal";
	default:
		return NULL;
	}
}

void
probe_set_connect_error(struct probe_result *r, int error, bool has_route)
{
	const char *fault = own_fault(error);

	if (fault != NULL)
		probe_doubt(r, "%s", fault);
	else if (error == ENETUNREACH && !has_route)
		probe_doubt(r, "no-route");
	else if (error == ECONNREFUSED)
		probe_fail(r, "connect-refused");
	else if (error == ETIMEDOUT)
		probe_fail(r, "connect-timeout");
	else if (error == ECONNRESET || error == ECONNABORTED || error == EPIPE)
		probe_fail(r, "reset");
	else
		probe_fail(
		    r, "unreachable"); /* ENETUNREACH, EHOSTUNREACH, EHOSTDOWN, ICMP */
}

void
probe_set_stream_error(struct probe_result *r, int error)
{
	const char *fault = own_fault(error);

	if (error == ECONNRESET || error == ECONNABORTED || error == EPIPE)
		probe_fail(r, "reset");
	else if (error == ETIMEDOUT)
		probe_fail(r, "timeout");
	else if (error == EHOSTUNREACH || error == ENETUNREACH)
		probe_fail(r, "unreachable");
	else if (fault != NULL && error != EAGAIN)
		probe_doubt(r, "%s", fault);
	else
		probe_fail(r, "closed");
}

bool
probe_is_silent(const struct probe_result *r)
{
	static const char *const reasons[] = {
	    "connect-timeout", "unreachable", "no-route", "network-down"};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(r->reason, reasons[i]) == 0)
			return true;
	return false;
}

bool
probe_has_route(const struct ip *ip)
{
	/*
	 * Connecting a datagram socket is a route look-up and nothing else. The addresses
	 * stand for the public part of their family: whoever has a default route has one
	 * to these.
	 */
	struct sockaddr_in v4 = {.sin_family = AF_INET,
	    .sin_port = htons(9),
	    .sin_addr.s_addr = htonl(0x01000001)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
	    .sin6_port = htons(9),
	    .sin6_addr.s6_addr = {0x20, 0x00, [15] = 1}};
	int fd =
	    socket(ip->family == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc;

	if (fd < 0)
		return false;
	if (ip->family == 4)
		rc = connect(fd, (struct sockaddr *)&v4, sizeof(v4));
	else
		rc = connect(fd, (struct sockaddr *)&v6, sizeof(v6));
	close(fd);
	return rc == 0;
}
