/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a thread is called, so that an operator sees who takes the processor's time.
 *
 * Shape: a word of at most 15 characters; it is in /proc/PID/task/TID/comm, and in what
 * top -H and ps -L show. The names are listed in sextantd(8), "THREADS".
 * Owner: the system copies it.
 * Threads: each names itself, first of all it does. The first one keeps the name of the
 * program, by which the process is known.
 * Errors: none.
 * Source: pthread_setname_np(3).
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

void
thread_name(const char *name);

#endif
