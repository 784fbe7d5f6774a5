/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a replica has to read next, once it is loaded: from the names that the server
 * calls out to one batch that becomes visible as one.
 *
 * Shape: a round reads the names of the batch and all that wait, in one transaction, and
 * then asks the calling connection for a sign. What one transaction of a writer's
 * changed is called out in one message. So, when the sign comes, the batch shows a half
 * of a transaction only if a message named something of it and something else: then the
 * batch is mixed, takes in what waits, and is read once more, as a whole. Other names are
 * the next batch's. It ends after REPLICA_ROUNDS rounds or REPLICA_BATCH_MS in any case.
 *
 *     IDLE --names--> READ --read--> SIGN --sign, mixed--> READ
 *                                      `---sign---> EMIT --emitted--> IDLE
 *
 * Two ends of this, which the manual tells (sextant-records(7)): a batch that is mixed
 * again and again for REPLICA_BATCH_MS is handed on as it is, so that one writer can not
 * hold up all others, and the rest of a transaction follows in the next; and a batch of
 * more than REPLICA_ROUND_NAMES is read in parts, while more names wait: a transaction
 * that changes so many records may be seen in parts too.
 * A flush of the whole database asks for a full read instead.
 * Owner: names are copied; replica_take() hands them over.
 * Threads: one at a time; pure but for memory, time is a parameter.
 * Errors: none.
 * Source: Redis client-side caching, broadcasting mode.
 */
#ifndef STORE_REPLICA_H
#define STORE_REPLICA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"

enum { REPLICA_ROUNDS = 8, REPLICA_BATCH_MS = 100, REPLICA_ROUND_NAMES = 10000 };

struct replica_name {
	char *text;
	size_t len;
};

struct replica_names {
	struct replica_name *list;
	size_t count;
	size_t cap;
};

enum replica_state { REPLICA_IDLE, REPLICA_READING, REPLICA_SIGNING, REPLICA_EMITTING };

enum replica_step {
	REPLICA_WAIT, /* nothing to do, or an answer is awaited */
	REPLICA_READ, /* replica_take(), read them, replica_was_read() */
	REPLICA_SIGN, /* ask the calling connection for a sign, replica_got_sign() */
	REPLICA_EMIT, /* hand the batch on, replica_was_emitted() */
	REPLICA_RESYNC, /* begin a full read; replica_fini() forgets all */
};

/* Names, each once. */
struct replica_set {
	struct replica_names names;
	size_t *slots; /* hash table of index + 1 into names */
	size_t slot_count;
};

/* All zero is an idle one. */
struct replica {
	enum replica_state state;
	bool asked; /* the step was given out, and its answer is awaited */
	bool flushed;
	unsigned rounds;
	struct mono since; /* the batch's first round */
	struct replica_set waiting;
	struct replica_set batch; /* read, and not handed on */
	bool in_parts; /* the batch is too large for one round */
	bool mixed;
	bool names_known, names_new; /* the present message: of the batch, others */
};

void
replica_fini(struct replica *r);

/* Called out by the server. */
void
replica_named(struct replica *r, const char *text, size_t len);

/* That was all of one message. */
void
replica_called(struct replica *r);

void
replica_flushed(struct replica *r);

/* What to do now. A step is given out once. */
enum replica_step
replica_next(struct replica *r, struct mono now);

/* The names to read in this round. */
void
replica_take(struct replica *r, struct replica_names *out);

void
replica_was_read(struct replica *r);

void
replica_got_sign(struct replica *r, struct mono now);

void
replica_was_emitted(struct replica *r);

/* Nothing waits, nothing is under way. */
bool
replica_is_idle(const struct replica *r);

void
replica_names_fini(struct replica_names *n);

void
replica_names_add(struct replica_names *n, const char *text, size_t len);

#endif
