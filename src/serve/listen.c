/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/listen.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "base/sockaddr.h"

enum {
	UDP_BUFFER = 1 << 20, /* of receiving, until serve/overload.h sets it */
	TCP_BACKLOG = 4096, /* bursts of connections; the kernel may give less */
	TCP_SEND_BUFFER = 1 << 17,
	TCP_RECEIVE_BUFFER = 1 << 16, /* one request of any length */
	TCP_FASTOPEN_QUEUE = 64,
};

bool
listen_is_wildcard(const struct ip_port *at)
{
	static const uint8_t zero[16];

	return memcmp(at->ip.bytes, zero, sizeof(zero)) == 0;
}

static bool
set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

void
listen_set_queue(int fd, size_t octets)
{
	/* the kernel doubles it, and its limits may give less */
	(void)set(fd, SOL_SOCKET, SO_RCVBUF, (int)(octets / 2));
}

uint32_t
listen_dropped(int fd)
{
	uint32_t info[SK_MEMINFO_VARS] = {0};
	socklen_t len = sizeof(info);

	(void)getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len);
	return info[SK_MEMINFO_DROPS];
}

static bool
set_common(int fd, const struct ip_port *at)
{
	/* a node may start before its address moves to it */
	bool ok = set(fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
	          set(fd, SOL_SOCKET, SO_REUSEPORT, 1) &&
	          set(fd, IPPROTO_IP, IP_FREEBIND, 1);

	/* without it :: would take the IPv4 addresses as well */
	if (at->ip.family == 6)
		ok = ok && set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	return ok;
}

static bool
set_udp(int fd, const struct ip_port *at)
{
	bool ok = true;

	/* the kernel's limits may give less: that only shortens the queue */
	(void)set(fd, SOL_SOCKET, SO_RCVBUF, UDP_BUFFER);
	(void)set(fd, SOL_SOCKET, SO_SNDBUF, UDP_BUFFER);
	/* a spoofed "fragmentation needed" must not shrink what we send (RFC 8085 3.2) */
	if (at->ip.family == 4)
		ok = set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
	else
		ok = set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
	/* the answer must come from the address that was asked */
	if (ok && listen_is_wildcard(at)) {
		if (at->ip.family == 4)
			ok = set(fd, IPPROTO_IP, IP_PKTINFO, 1);
		else
			ok = set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	}
	return ok;
}

static bool
set_tcp(int fd)
{
	/* what one client that does not read can make us hold (inherited at accept) */
	(void)set(fd, SOL_SOCKET, SO_SNDBUF, TCP_SEND_BUFFER);
	(void)set(fd, SOL_SOCKET, SO_RCVBUF, TCP_RECEIVE_BUFFER);
	/* answers are written whole: nothing is gained by waiting for more */
	(void)set(fd, IPPROTO_TCP, TCP_FASTOPEN, TCP_FASTOPEN_QUEUE);
	/* no TCP_DEFER_ACCEPT: silent clients would fill a queue of the kernel's, where
	 * no limit of ours tells them from the others */
	return set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

enum err
listen_check_free(const struct ip_port *at, struct buf *why)
{
	static const int types[] = {SOCK_DGRAM, SOCK_STREAM};
	struct sockaddr_storage sa;
	socklen_t len = sockaddr_write(at, &sa);
	char text[ENDPOINT_TEXT_MAX];
	bool ok = true;

	for (unsigned i = 0; ok && i < 2; i++) {
		int s = socket(sa.ss_family, types[i] | SOCK_CLOEXEC, 0);

		ok = s >= 0 && set(s, IPPROTO_IP, IP_FREEBIND, 1);
		if (at->ip.family == 6)
			ok = ok && set(s, IPPROTO_IPV6, IPV6_V6ONLY, 1);
		/* connections of a server that has ended linger, and are no server */
		if (types[i] == SOCK_STREAM)
			ok = ok && set(s, SOL_SOCKET, SO_REUSEADDR, 1);
		ok = ok && bind(s, (struct sockaddr *)&sa, len) == 0;
		if (types[i] == SOCK_STREAM)
			ok = ok && listen(s, 1) == 0;
		if (!ok) {
			ip_port_write(at, text);
			buf_printf(why, "cannot listen on %s (%s): %s", text,
			    types[i] == SOCK_DGRAM ? "UDP" : "TCP", strerror(errno));
		}
		if (s >= 0)
			close(s);
	}
	return ok ? OK : ERR_IO;
}

enum err
listen_open(enum listen_kind kind, const struct ip_port *at, int *fd, struct buf *why)
{
	struct sockaddr_storage sa;
	socklen_t len = sockaddr_write(at, &sa);
	int type = kind == LISTEN_UDP ? SOCK_DGRAM : SOCK_STREAM | SOCK_NONBLOCK;
	char text[ENDPOINT_TEXT_MAX];
	const char *step = "open";
	int s = socket(sa.ss_family, type | SOCK_CLOEXEC, 0);
	bool ok = s >= 0;

	if (ok) {
		step = "set options of";
		ok = set_common(s, at) &&
		     (kind == LISTEN_UDP ? set_udp(s, at) : set_tcp(s));
	}
	if (ok) {
		step = "bind";
		ok = bind(s, (struct sockaddr *)&sa, len) == 0;
	}
	if (ok && kind == LISTEN_TCP) {
		step = "listen on";
		ok = listen(s, TCP_BACKLOG) == 0;
	}
	if (ok) {
		*fd = s;
		return OK;
	}
	ip_port_write(at, text);
	buf_printf(why, "cannot %s %s socket %s: %s", step,
	    kind == LISTEN_UDP ? "UDP" : "TCP", text, strerror(errno));
	if (s >= 0)
		close(s);
	return ERR_IO;
}
