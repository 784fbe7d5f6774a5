/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/sender.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sockaddr.h"

enum { PACKET_MAX = 4096, BURST = 64 };

struct source {
	struct source *next;
	struct sender *owner;
	struct ip ip; /* all zero: the system's choice */
	int fd;
	struct loop_watch *watch;
};

struct sender {
	struct loop *loop;
	sender_fn *on_packet;
	void *ctx;
	struct source *sources;
};

static bool
is_loopback(const struct ip *ip)
{
	static const uint8_t loopback6[16] = {[15] = 1};

	return ip->family == 4 ? ip->bytes[0] == 127
	                       : memcmp(ip->bytes, loopback6, sizeof(loopback6)) == 0;
}

static bool
is_wildcard(const struct ip *ip)
{
	static const uint8_t zero[16];

	return memcmp(ip->bytes, zero, sizeof(zero)) == 0;
}

static struct ip
source_for(const struct ip_port *listen, size_t count, const struct ip *to)
{
	for (size_t i = 0; i < count; i++) {
		const struct ip *ip = &listen[i].ip;

		if (ip->family == to->family && !is_wildcard(ip) &&
		    is_loopback(ip) == is_loopback(to))
			return *ip;
	}
	return (struct ip){.family = to->family};
}

static void
on_readable(void *ctx, int fd, unsigned ready)
{
	struct source *s = ctx;

	(void)ready;
	for (unsigned i = 0; i < BURST; i++) {
		struct sockaddr_storage sa;
		socklen_t len = sizeof(sa);
		uint8_t packet[PACKET_MAX];
		struct ip_port from;
		ssize_t n =
		    recvfrom(fd, packet, sizeof(packet), 0, (struct sockaddr *)&sa, &len);

		if (n < 0)
			return;
		sockaddr_read(&sa, &from);
		s->owner->on_packet(s->owner->ctx, &from, packet, (size_t)n);
	}
}

static struct source *
source_get(struct sender *s, const struct ip *ip)
{
	struct ip_port at = {.ip = *ip};
	struct sockaddr_storage sa;
	struct source *new;
	int fd;

	for (struct source *p = s->sources; p != NULL; p = p->next)
		if (ip_equal(&p->ip, ip))
			return p;
	fd = socket(ip->family == 4 ? AF_INET : AF_INET6,
	    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return NULL;
	/* an address that is not there (any more) is the next attempt's to find */
	if (bind(fd, (struct sockaddr *)&sa, sockaddr_write(&at, &sa)) != 0) {
		close(fd);
		return NULL;
	}
	new = mem_new(sizeof(*new));
	new->owner = s;
	new->ip = *ip;
	new->fd = fd;
	new->watch = loop_watch_new(s->loop, fd, LOOP_READ, on_readable, new);
	new->next = s->sources;
	s->sources = new;
	return new;
}

struct sender *
sender_new(struct loop *loop, sender_fn *on_packet, void *ctx)
{
	struct sender *s = mem_new(sizeof(*s));

	s->loop = loop;
	s->on_packet = on_packet;
	s->ctx = ctx;
	return s;
}

void
sender_free(struct sender *s)
{
	if (s == NULL)
		return;
	while (s->sources != NULL) {
		struct source *p = s->sources;

		s->sources = p->next;
		loop_watch_free(p->watch);
		close(p->fd);
		mem_free(p);
	}
	mem_free(s);
}

enum err
sender_send(struct sender *s, const struct ip_port *listen, size_t count,
    const struct ip_port *to, const uint8_t *packet, size_t len)
{
	struct ip ip = source_for(listen, count, &to->ip);
	struct source *from = source_get(s, &ip);
	struct sockaddr_storage sa;
	socklen_t sa_len = sockaddr_write(to, &sa);

	if (from == NULL)
		return ERR_IO;
	return sendto(from->fd, packet, len, 0, (struct sockaddr *)&sa, sa_len) ==
	               (ssize_t)len
	           ? OK
	           : ERR_IO;
}
