/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file of the control socket: made, found out to be stale, replaced, removed.
 *
 * Shape: a listening, non-blocking unix socket and the identity of its file.
 * Owner: who opens it closes it.
 * Threads: one at a time; blocks no longer than the file system does.
 * Errors: as control/socket.h says, with the reason in `why`.
 * Source: unix(7), rename(2).
 */
#ifndef CONTROL_LISTENER_H
#define CONTROL_LISTENER_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct listener {
	int fd;
	char *path;
	dev_t dev; /* which file is ours, so that another's is never removed */
	ino_t ino;
};

MUST_CHECK enum err
listener_open(const char *path, struct listener *out, struct buf *why);

void
listener_close(struct listener *l);

#endif
