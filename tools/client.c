/* SPDX-License-Identifier: BSD-2-Clause */
#include "client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int
client_open(struct client *c, const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd;

	memset(c, 0, sizeof(*c));
	if (strlen(path) >= sizeof(sa.sun_path)) {
		fprintf(
		    stderr, "sextantctl: the path of the socket is too long: %s\n", path);
		return USAGE;
	}
	memcpy(sa.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		perror("sextantctl: socket");
		return FAILED;
	}
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0) {
		bool refused = errno == EACCES || errno == EPERM;

		fprintf(stderr, "sextantctl: cannot connect to %s: %s%s\n", path,
		    strerror(errno), refused ? "" : " (is sextantd running?)");
		close(fd);
		return refused ? FAILED : NO_DAEMON;
	}
	c->fd = fd;
	return DONE;
}

void
client_close(struct client *c)
{
	close(c->fd);
	buf_fini(&c->in);
	buf_fini(&c->line);
}

void
client_send(struct client *c, const char *at, size_t len)
{
	while (len != 0) {
		ssize_t n = send(c->fd, at, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		at += n;
		len -= (size_t)n;
	}
}

void
client_end(struct client *c)
{
	shutdown(c->fd, SHUT_WR);
}

/* Takes a whole line out of what has come. */
static bool
take_line(struct client *c)
{
	const char *from = buf_text(&c->in) + c->at;
	const char *newline = memchr(from, '\n', c->in.len - c->at);

	if (newline == NULL)
		return false;
	buf_clear(&c->line);
	buf_add(&c->line, from, (size_t)(newline - from));
	c->at += (size_t)(newline - from) + 1;
	return true;
}

const char *
client_line(struct client *c)
{
	char chunk[65536];
	ssize_t n;

	while (!take_line(c)) {
		size_t left = c->in.len - c->at;

		if (c->at != 0) {
			memmove(c->in.data, c->in.data + c->at, left);
			c->in.data[left] = '\0';
			c->in.len = left;
			c->at = 0;
		}
		n = recv(c->fd, chunk, sizeof(chunk), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			fprintf(stderr,
			    "sextantctl: the daemon hung up before its reply ended%s%s\n",
			    n < 0 ? ": " : "", n < 0 ? strerror(errno) : "");
			return NULL;
		}
		buf_add(&c->in, chunk, (size_t)n);
	}
	return buf_text(&c->line);
}

bool
client_is_end(const char **line, bool *failed)
{
	const char *text = *line;

	if (strncmp(text, "ERR ", 4) == 0) {
		const char *code = text + 4;
		int code_len = (int)strcspn(code, " ");

		fflush(stdout);
		fprintf(stderr, "sextantctl: %.*s:%s\n", code_len, code, code + code_len);
		*failed = true;
		return true;
	}
	*failed = false;
	if (strcmp(text, "OK") == 0)
		return true;
	if (text[0] == '.')
		(*line)++;
	return false;
}
