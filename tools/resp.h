/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the records of a Redis, without a daemon.
 *
 * Shape: SCAN by pages, and HGETALL of each key, pipelined; TCP, with TLS where it is
 * asked for, or a unix socket.
 * Owner: nothing is kept.
 * Threads: one; calls block, five seconds at most without a word from the server.
 * Errors: said on standard error.
 * Source: Redis, RESP2.
 */
#ifndef TOOLS_RESP_H
#define TOOLS_RESP_H

#include "source.h"
#include "store/record.h"

typedef void
resp_record(struct source *s, const char *key, const struct fields *f);

/* Calls fn for every hash whose key matches; what is none is said and counted. */
bool
resp_each(struct source *s, const char *address, const char *match, resp_record *fn);

#endif
