/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small backend on 127.0.0.1 that behaves as it is told: for tests of probes.
 *
 * Shape: one listener and one thread, one connection after the other.
 * Owner: backend_stop() ends and frees it.
 * Threads: the counters may be read at any time, request after the probe is done.
 * Errors: assertions.
 * Source: none.
 */
#ifndef UNIT_BACKEND_H
#define UNIT_BACKEND_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum behaviour {
	BACKEND_REPLY, /* reads the request, sends reply, closes */
	BACKEND_STALL, /* the same, but stays open and silent afterwards */
	BACKEND_CLOSE, /* closes when the request has come */
	BACKEND_RESET, /* the same with a reset */
	BACKEND_TALK, /* sends reply before anything was asked */
	BACKEND_HANG, /* never says a word */
	BACKEND_DRIP, /* sends reply octet by octet, for ever slower than any deadline */
	BACKEND_FLOOD, /* sends reply, then octets for as long as somebody reads */
};

struct backend {
	int fd;
	uint16_t port;
	enum behaviour behaviour;
	const char *reply;
	char request[4096];
	_Atomic uint32_t accepted;
	_Atomic uint64_t sent;
	_Atomic bool stop;
	void *thread;
};

/* port 0: a free one. */
struct backend *
backend_start(uint16_t port, enum behaviour behaviour, const char *reply);

void
backend_stop(struct backend *b);

/* A port of 127.0.0.1 on which nobody listens. */
uint16_t
backend_free_port(void);

/* A listener whose queue is full, so that further connections are not answered. */
struct backend_full {
	int fds[8];
	uint16_t port;
};

void
backend_full_start(struct backend_full *f);

void
backend_full_stop(struct backend_full *f);

/* Descriptors this process has open. */
unsigned
backend_count_fds(void);

#endif
