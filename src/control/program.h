/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Another program, run to its end: with something on its standard input, for a limited
 * time, without a shell.
 *
 * Shape: a process group of its own, which is killed as a whole when the time is over; no
 * descriptor of ours but the three of its own, no signal blocked or ignored. Of what it
 * writes the first line is kept for people, the rest is thrown away.
 * Owner: program_free().
 * Threads: program_run() in a thread that may wait, one at a time per program;
 * program_cancel() from any.
 * Errors: ERR_IO with a reason: it can not be run, it failed, it took too long.
 * ERR_CLOSED: it was cancelled, and killed.
 * Source: posix_spawn(3), waitpid(2).
 */
#ifndef CONTROL_PROGRAM_H
#define CONTROL_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define PROGRAM_REASON_MAX 160

struct program;

struct program *
program_new(void);

/* NULL is allowed. */
void
program_free(struct program *p);

/* argv[0] is its path; both lists end with NULL. */
MUST_CHECK enum err
program_run(struct program *p, char *const argv[], char *const env[], const void *input,
    size_t len, int64_t timeout_ms, char reason[PROGRAM_REASON_MAX]);

/* Also what would begin later. */
void
program_cancel(struct program *p);

#endif
