/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server: builds the parts in order, runs them, takes them down in reverse.
 *
 * Shape: one a process.
 * Owner: itself.
 * Threads: the main thread, which becomes the control thread.
 * Errors: an exit code.
 * Source: none.
 */
#ifndef SERVER_H
#define SERVER_H

#include "base/complaint.h"

enum { SERVER_BAD_CONFIG = 1 };

/* Serves until it is told to stop. */
int
server_run(const char *config_path);

/* All of them, to standard error. */
void
complaints_print(const struct complaints *c);

#endif
