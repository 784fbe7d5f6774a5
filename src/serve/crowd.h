/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All connections of a worker, in the order in which they have to go when there are too
 * many, or when they hold too much.
 *
 * Shape: a member is fresh until it has got somewhere for the first time, then idle; it
 * is busy while it holds something, a part of a request or answers that are not taken. A
 * ring for each has those first that moved longest ago; each client has the same three of
 * its own. A client is an IPv4 address or an IPv6 /64, found by hash; clients with about
 * as many members stand together, so that one of those with most is at hand.
 * Owner: members are part of something of the caller; the crowd owns its clients.
 * Threads: the worker's own.
 * Errors: none.
 * Source: RFC 7766 6.2.2 and 10 (limits by client, and what goes first).
 */
#ifndef SERVE_CROWD_H
#define SERVE_CROWD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/ip.h"
#include "base/link.h"

enum {
	CROWD_MANY = 8, /* a client with fewer is never told from the others */
	CROWD_CLASSES = 32, /* of clients, by the logarithm of their members */
	CROWD_HEAVY = 1 << 15, /* octets: who holds so much, holds much */
	CROWD_STUCK_MS = 2000, /* busy for so long without moving: may be replaced */
};

/* In the order in which they go. */
enum crowd_use { CROWD_FRESH, CROWD_IDLE, CROWD_BUSY, CROWD_USES };

struct client;

struct member {
	struct link all, own; /* in a ring of the crowd, in one of its client */
	struct link weight; /* in the ring of those that hold much, if it does */
	struct client *client;
	struct mono moved; /* when it last got somewhere */
	size_t held; /* octets; busy if any */
	bool is_fresh;
};

struct crowd {
	struct link rings[CROWD_USES];
	struct link heavy; /* of the busy ones those that hold much */
	size_t count;
	size_t held; /* by all members */
	struct client **buckets;
	size_t bucket_count; /* a power of two */
	size_t client_count;
	struct link classes[CROWD_CLASSES];
};

void
crowd_init(struct crowd *c);

/* There must be no members left. */
void
crowd_fini(struct crowd *c);

void
crowd_add(struct crowd *c, struct member *m, const struct ip *from, struct mono now);

void
crowd_remove(struct crowd *c, struct member *m);

/* What m holds now. It has moved when it says so, and when it begins or ceases to hold
 * anything. */
void
crowd_update(
    struct crowd *c, struct member *m, size_t held, bool has_moved, struct mono now);

/* Has not moved for longer than limit_ms; NULL: nobody. */
struct member *
crowd_expired(const struct crowd *c, struct mono now, int64_t limit_ms);

/*
 * Who goes when too much is held: of those that hold much the one that moved longest ago;
 * if nobody does, of all that are busy. NULL: nobody is.
 */
struct member *
crowd_stuck(const struct crowd *c);

/*
 * Who goes when there is no room for another: of a client with many, so that nobody can
 * push others out; else of all. A fresh one, so that connections that nobody uses do not
 * push out those that somebody does; then one that is idle, then a busy one; of those the
 * one that moved longest ago. NULL: there is nobody.
 */
struct member *
crowd_superfluous(const struct crowd *c);

/* How many members come from this address' client. */
size_t
crowd_count(const struct crowd *c, const struct ip *from);

/*
 * May one more come from this address, when a client may have max (0: any number)? True:
 * yes, if *instead (NULL: nobody) goes, which is of the same client and not busy, or
 * stuck.
 */
bool
crowd_admits(const struct crowd *c, const struct ip *from, size_t max, struct mono now,
    struct member **instead);

#endif
