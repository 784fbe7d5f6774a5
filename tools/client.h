/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client's end of the control socket.
 *
 * Shape: request lines out, lines of replies in, in order; several requests may be under
 * way.
 * Owner: client_close() frees.
 * Threads: one; calls block.
 * Errors: exit codes of sextantctl(8), said on standard error when they are returned.
 * Source: DESIGN "Control".
 */
#ifndef TOOLS_CLIENT_H
#define TOOLS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum { DONE = 0, FAILED = 1, USAGE = 2, NO_DAEMON = 3 };

struct client {
	int fd;
	struct buf in;
	size_t at; /* octets of in that were handed out */
	struct buf line;
};

/* DONE, or the exit code. */
int
client_open(struct client *c, const char *path);

void
client_close(struct client *c);

/* What can not be sent is not said here: the reply, or that none came, tells. */
void
client_send(struct client *c, const char *text, size_t len);

/* No further request follows. */
void
client_end(struct client *c);

/* The next line, good until the next call; NULL: the daemon hung up, which was said. */
const char *
client_line(struct client *c);

/* Is it the last of a reply for people? Then *failed says how it ended, and an error was
 * said. Else *line is the text without its stuffing. */
bool
client_is_end(const char **line, bool *failed);

#endif
