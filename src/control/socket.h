/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket: a unix stream server in the control thread's loop.
 *
 * Shape: a connection sends request lines (control/line.h) and gets a reply to each,
 * strictly in order: while a verb runs, the next request of its connection waits.
 * Bounds: SOCKET_CONNECTIONS_MAX connections, lines of LINE_MAX_LEN, replies of
 * REPLY_MAX; a client that does not read its replies is not read from either, and
 * one that neither asks nor reads for idle_ms is hung up on.
 * The file has mode 0660 from the moment it can be seen. A file that nobody listens
 * on is replaced.
 * Owner: who opens it closes it, before the loop goes and not from within a verb.
 * Requests that run at that moment stay with their verbs, and their ends go nowhere;
 * they must still be reached, or their memory is never freed.
 * Threads: the loop's own.
 * Errors: socket_open() tells the reason in `why`: ERR_EXISTS when a daemon listens
 * there or the file is no socket, ERR_RANGE when the path is too long, ERR_IO.
 * Source: unix(7).
 */
#ifndef CONTROL_SOCKET_H
#define CONTROL_SOCKET_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/loop.h"
#include "control/verb.h"

#define SOCKET_CONNECTIONS_MAX 64
#define SOCKET_IDLE_MS (10 * 60 * 1000)

struct socket;

struct socket_options {
	const char *path; /* its folder is made when missing, mode 0750 */
	const char *admin_group; /* NULL: none */
	const struct verb *verbs;
	void *ctx; /* for the verbs */
	int64_t idle_ms; /* 0: SOCKET_IDLE_MS */
};

/* The strings are copied; verbs and ctx must outlive the socket. */
MUST_CHECK enum err
socket_open(struct loop *loop, const struct socket_options *options, struct socket **out,
    struct buf *why);

/* Sends what can be sent at once, hangs up, removes the file. NULL is allowed. */
void
socket_close(struct socket *s);

#endif
