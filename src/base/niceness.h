/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that can wait step back behind those that answer.
 *
 * Shape: a thread adds to its own niceness; on Linux that is each thread's own. Those
 * whose work comes in bulk, and for which nobody waits, do not interrupt others either.
 * Owner: none.
 * Threads: each for itself.
 * Errors: none: where the system refuses, it runs as before.
 * Source: setpriority(2), sched(7), SCHED_BATCH.
 */
#ifndef BASE_NICENESS_H
#define BASE_NICENESS_H

enum niceness {
	NICENESS_STORE = 5, /* somebody may wait for a change to become visible */
	NICENESS_BULK = 10, /* files are read or written */
};

void
niceness_add(enum niceness n);

#endif
