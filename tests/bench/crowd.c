/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Backends by the thousand: answers HTTP requests, or just accepts, at every address of
 * 127.0.0.0/8 at once, for a bounded time. usage: crowd PORT SECONDS
 *
 * It is bound to the loopback device, so that nothing else reaches it.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256, BACKLOG = 4096, SECONDS_MAX = 600 };

static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
                            "Connection: close\r\n\r\nok";

static int
listen_at(uint16_t port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(port)};
	int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;

	if (setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) != 0 ||
	    bind(s, (struct sockaddr *)&sin, sizeof(sin)) != 0 || listen(s, BACKLOG) != 0)
		err(1, "port %u", port);
	return s;
}

static void
take_new(int epoll, int listener)
{
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};

		if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) != 0)
			close(fd);
	}
}

static void
serve(int fd)
{
	char request[4096];

	/* a request of ours comes in one part */
	if (recv(fd, request, sizeof(request), 0) > 0 &&
	    send(fd, reply, sizeof(reply) - 1, MSG_NOSIGNAL) < 0)
		warn("send");
	close(fd);
}

int
main(int argc, char **argv)
{
	int epoll = epoll_create1(0), seconds = argc == 3 ? atoi(argv[2]) : 0;
	struct epoll_event e = {.events = EPOLLIN}, events[EVENTS];
	time_t end = time(NULL) + seconds;

	if (seconds < 1 || seconds > SECONDS_MAX)
		errx(1, "usage: crowd PORT SECONDS");
	e.data.fd = listen_at((uint16_t)atoi(argv[1]));
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, e.data.fd, &e) != 0)
		err(1, "epoll_ctl");
	while (time(NULL) < end) {
		int n = epoll_wait(epoll, events, EVENTS, 1000);

		for (int i = 0; i < n; i++) {
			if (events[i].data.fd == e.data.fd)
				take_new(epoll, e.data.fd);
			else
				serve(events[i].data.fd);
		}
	}
	return 0;
}
