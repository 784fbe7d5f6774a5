/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "backend.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int
open_listener(uint16_t *port, int backlog)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
	    .sin_port = htons(*port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	if (backlog >= 0)
		assert_int_equal(listen(fd, backlog), 0);
	*port = ntohs(sin.sin_port);
	return fd;
}

uint16_t
backend_free_port(void)
{
	uint16_t port = 0;

	close(open_listener(&port, -1));
	return port;
}

/* Waits for the peer to go, or for the end of the test. */
static void
wait_for_end(struct backend *b, int fd)
{
	char sink[512];

	while (!atomic_load(&b->stop)) {
		struct pollfd p = {fd, POLLIN, 0};

		if (poll(&p, 1, 10) > 0 && recv(fd, sink, sizeof(sink), 0) <= 0)
			return;
	}
}

static void
read_request(struct backend *b, int fd)
{
	size_t len = 0;

	while (len + 1 < sizeof(b->request) && strstr(b->request, "\r\n\r\n") == NULL) {
		struct pollfd p = {fd, POLLIN, 0};
		ssize_t n;

		if (atomic_load(&b->stop))
			return;
		if (poll(&p, 1, 10) <= 0)
			continue;
		n = recv(fd, b->request + len, sizeof(b->request) - 1 - len, 0);
		if (n <= 0)
			return;
		len += (size_t)n;
		b->request[len] = '\0';
	}
}

static bool
push(struct backend *b, int fd, const char *data, size_t len)
{
	while (len > 0) {
		struct pollfd p = {fd, POLLOUT, 0};
		ssize_t n;

		if (atomic_load(&b->stop))
			return false;
		if (poll(&p, 1, 10) <= 0)
			continue;
		n = send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n <= 0)
			return false;
		atomic_fetch_add(&b->sent, (uint64_t)n);
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static void
drip(struct backend *b, int fd)
{
	for (const char *c = b->reply; *c != '\0' && !atomic_load(&b->stop); c++) {
		if (!push(b, fd, c, 1))
			return;
		usleep(20000);
	}
}

static void
flood(struct backend *b, int fd)
{
	char block[65536];

	memset(block, 'x', sizeof(block));
	if (!push(b, fd, b->reply, strlen(b->reply)))
		return;
	while (push(b, fd, block, sizeof(block)))
		;
}

static void
serve(struct backend *b, int fd)
{
	struct linger abort_it = {1, 0};

	memset(b->request, 0, sizeof(b->request));
	if (b->behaviour == BACKEND_HANG) {
		wait_for_end(b, fd);
		return;
	}
	if (b->behaviour == BACKEND_TALK) {
		push(b, fd, b->reply, strlen(b->reply));
		wait_for_end(b, fd);
		return;
	}
	read_request(b, fd);
	switch (b->behaviour) {
	case BACKEND_REPLY:
		push(b, fd, b->reply, strlen(b->reply));
		break;
	case BACKEND_STALL:
		push(b, fd, b->reply, strlen(b->reply));
		wait_for_end(b, fd);
		break;
	case BACKEND_RESET:
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort_it, sizeof(abort_it));
		break;
	case BACKEND_DRIP:
		drip(b, fd);
		break;
	case BACKEND_FLOOD:
		flood(b, fd);
		break;
	case BACKEND_CLOSE:
	case BACKEND_TALK:
	case BACKEND_HANG:
		break;
	}
}

static void *
run(void *ctx)
{
	struct backend *b = ctx;

	while (!atomic_load(&b->stop)) {
		struct pollfd p = {b->fd, POLLIN, 0};
		int fd;

		if (poll(&p, 1, 10) <= 0)
			continue;
		fd = accept4(b->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		atomic_fetch_add(&b->accepted, 1);
		serve(b, fd);
		close(fd);
	}
	return NULL;
}

struct backend *
backend_start(uint16_t port, enum behaviour behaviour, const char *reply)
{
	struct backend *b = calloc(1, sizeof(*b));
	pthread_t *thread = malloc(sizeof(*thread));

	assert_non_null(b);
	assert_non_null(thread);
	b->port = port;
	b->fd = open_listener(&b->port, 64);
	b->behaviour = behaviour;
	b->reply = reply;
	b->thread = thread;
	assert_int_equal(pthread_create(thread, NULL, run, b), 0);
	return b;
}

void
backend_stop(struct backend *b)
{
	pthread_t *thread = b->thread;

	atomic_store(&b->stop, true);
	pthread_join(*thread, NULL);
	close(b->fd);
	free(thread);
	free(b);
}

void
backend_full_start(struct backend_full *f)
{
	struct sockaddr_in sin = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	f->port = 0;
	f->fds[0] = open_listener(&f->port, 0);
	sin.sin_port = htons(f->port);
	for (size_t i = 1; i < COUNT(f->fds); i++) {
		f->fds[i] =
		    socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		assert_true(f->fds[i] >= 0);
		if (connect(f->fds[i], (struct sockaddr *)&sin, sizeof(sin)) != 0)
			continue; /* in progress: that is what is wanted */
	}
}

void
backend_full_stop(struct backend_full *f)
{
	for (size_t i = 0; i < COUNT(f->fds); i++)
		close(f->fds[i]);
}

unsigned
backend_count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		count++;
	closedir(d);
	return count;
}
