/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every word that threads share while the server runs. There are no others but the
 * mailboxes (base/loop.h), each worker's counters (base/counter.h) and what it limited
 * last (serve/limit.h), and the cells of pools (steer/pool.h); a new one needs a line
 * here.
 *
 * Shape: see below.
 * Owner: main.c makes one and it lives as long as the process.
 * Threads: who writes stands beside each word; everybody reads.
 * Errors: none.
 * Source: HACKING.md, "Threads".
 */
#ifndef STEER_SHARED_H
#define STEER_SHARED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/publish.h"

struct world;

/* Of stale_ttl: the records of the store are too old to be served. */
#define STALE_EXPIRED UINT32_MAX

struct shared {
	struct publish domain; /* readers: workers and whoever explains */
	_Atomic(struct world *) world; /* store thread; never NULL once workers run */
	_Atomic uint32_t stale_ttl; /* store thread: 0 fresh, else the cap on TTLs,
	                            seconds, or STALE_EXPIRED */
	_Atomic bool overloaded; /* control thread (serve/overload.h): what is not
	                            essential is left out */
	_Atomic bool stop; /* main: workers end */
	uint8_t cookie_master[16]; /* main, before any thread: see dns/cookie.h */
};

/* Workers read what stands from world on for each batch; it is written when it changes,
 * and nothing else is on its cache line. */
_Static_assert(offsetof(struct shared, world) % 64 == 0, "its own cache line");
_Static_assert(sizeof(struct shared) - offsetof(struct shared, world) == 64, "one");

#endif
