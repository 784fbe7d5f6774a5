/* SPDX-License-Identifier: BSD-2-Clause */
/* Asks the daemon over its control socket: one line out, one reply back. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/words.h"
#include "control/line.h"

#ifndef SEXTANT_RUNDIR
#define SEXTANT_RUNDIR "/run/sextant"
#endif
#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

enum { DONE = 0, FAILED = 1, USAGE = 2, NO_DAEMON = 3 };

static const char usage_text[] =
    "usage: sextantctl [-hV] [--json] [-s SOCKET] VERB [ARGUMENT ...]\n";

static const char help_text[] =
    "\n"
    "  -s, --socket SOCKET  the daemon's control socket\n"
    "                       (" SEXTANT_RUNDIR "/control.sock)\n"
    "      --json           print the reply as one line of JSON\n"
    "  -h, --help           print this\n"
    "  -V, --version        print the version\n"
    "\n"
    "`sextantctl help` lists the verbs of the running daemon.\n"
    "Exit status: 0 done, 1 refused or failed, 2 usage, 3 no daemon.\n";

struct options {
	const char *socket;
	bool json;
};

/* False when the program is done already, with *status. */
static bool
read_options(int argc, char **argv, struct options *o, int *status)
{
	static const struct option longs[] = {{"socket", required_argument, NULL, 's'},
	    {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0}};
	int c;

	*status = DONE;
	while ((c = getopt_long(argc, argv, "+s:hV", longs, NULL)) != -1) {
		switch (c) {
		case 's':
			o->socket = optarg;
			break;
		case 'j':
			o->json = true;
			break;
		case 'h':
			printf("%s%s", usage_text, help_text);
			return false;
		case 'V':
			printf("sextantctl %s\n", PACKAGE_VERSION);
			return false;
		default:
			fputs(usage_text, stderr);
			*status = USAGE;
			return false;
		}
	}
	return true;
}

/*
 * The arguments as one request line. --json is ours behind the verb too, up to "--";
 * and so is the word json before it, since it changes the form of the reply.
 */
static void
write_request(char **args, struct options *o, struct buf *line)
{
	struct buf words = {0};
	bool ours = true;

	if (*args != NULL && strcmp(*args, "json") == 0) {
		o->json = true;
		args++;
	}
	for (; *args != NULL; args++) {
		if (ours && strcmp(*args, "--json") == 0) {
			o->json = true;
			continue;
		}
		if (strcmp(*args, "--") == 0)
			ours = false;
		if (words.len != 0)
			buf_char(&words, ' ');
		words_write(&words, *args);
	}
	if (o->json && words.len != 0)
		buf_str(line, "json ");
	buf_str(line, buf_text(&words));
	buf_fini(&words);
}

static int
dial(const char *path, int *out)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd;

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
	*out = fd;
	return DONE;
}

/* What can not be sent is not said here: the reply, or that none came, tells. */
static void
send_all(int fd, const char *at, size_t len)
{
	while (len != 0) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		at += n;
		len -= (size_t)n;
	}
	shutdown(fd, SHUT_WR);
}

/* Prints what one line of a reply holds; true when it was the last, with *status. */
static bool
print_line(const char *line, bool json, int *status)
{
	static const char json_ok[] = "{\"ok\":true";

	if (json && line[0] == '{') {
		puts(line);
		*status = strncmp(line, json_ok, strlen(json_ok)) == 0 ? DONE : FAILED;
		return true;
	}
	if (strncmp(line, "ERR ", 4) == 0) {
		const char *code = line + 4;
		int code_len = (int)strcspn(code, " ");

		fflush(stdout);
		fprintf(stderr, "sextantctl: %.*s:%s\n", code_len, code, code + code_len);
		*status = FAILED;
		return true;
	}
	if (strcmp(line, "OK") == 0) {
		*status = DONE;
		return true;
	}
	puts(line[0] == '.' ? line + 1 : line);
	return false;
}

static int
read_reply(int fd, bool json)
{
	struct buf line = {0};
	int status = FAILED;
	bool ended = false;
	char chunk[16384];
	ssize_t n = 0;

	while (!ended) {
		n = recv(fd, chunk, sizeof(chunk), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		for (const char *at = chunk, *end = chunk + n; at < end && !ended;) {
			const char *newline = memchr(at, '\n', (size_t)(end - at));
			const char *stop = newline != NULL ? newline : end;

			buf_add(&line, at, (size_t)(stop - at));
			at = stop + 1;
			if (newline == NULL)
				break;
			ended = print_line(buf_text(&line), json, &status);
			buf_clear(&line);
		}
	}
	buf_fini(&line);
	if (!ended)
		fprintf(stderr,
		    "sextantctl: the daemon hung up before its reply ended%s%s\n",
		    n < 0 ? ": " : "", n < 0 ? strerror(errno) : "");
	return status;
}

int
main(int argc, char **argv)
{
	struct options o = {.socket = SEXTANT_RUNDIR "/control.sock"};
	struct buf line = {0};
	int status;
	int fd;

	if (!read_options(argc, argv, &o, &status))
		return status;
	write_request(argv + optind, &o, &line);
	if (line.len == 0 || line.len > LINE_MAX_LEN) {
		if (line.len == 0)
			fputs(usage_text, stderr);
		else
			fprintf(stderr, "sextantctl: a request has at most %zu octets\n",
			    LINE_MAX_LEN);
		buf_fini(&line);
		return USAGE;
	}
	buf_char(&line, '\n');
	status = dial(o.socket, &fd);
	if (status == DONE) {
		send_all(fd, line.data, line.len);
		status = read_reply(fd, o.json);
		close(fd);
	}
	buf_fini(&line);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("sextantctl: standard output");
		status = FAILED;
	}
	return status;
}
