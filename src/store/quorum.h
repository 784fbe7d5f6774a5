/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The exchange of votes through Redis: ours are written, all are read.
 *
 * Shape: a hash `sextant:votes:{NODE}` for each node, target -> "up" or "down REASON",
 * with an expiry of three intervals, and `!node`, a word of the process that wrote it.
 * The nodes stand in the sorted set `sextant:nodes`, by Redis' own time. A round, every
 * second and soon after a vote has changed: write, look who is there, read them all. No
 * clock of ours is compared with another: what has expired is for Redis to say.
 * Owner: quorum_free(). Votes that are cast belong to it; a tally belongs to the hook's
 * callee (quorum_tally_free()).
 * Threads: the loop's own; hooks come from there.
 * Errors: a round that fails is a tally without contact; why is in the status.
 * Source: DESIGN "Fleet quorum"; sextant-records(7).
 */
#ifndef STORE_QUORUM_H
#define STORE_QUORUM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/loop.h"
#include "config/config.h"

struct quorum;
struct store;

/* Pairs of target and vote. */
struct quorum_votes {
	struct mail mail; /* first */
	struct store *store;
	char **words;
	size_t count, cap; /* of words: two each */
};

struct quorum_row {
	char *key;
	unsigned up, down;
};

/* All votes that are fresh, by target, in order of their keys. */
struct quorum_tally {
	struct mail mail; /* first */
	void *ctx; /* the callee's */
	bool is_on;
	bool is_heard; /* else there are no rows */
	int64_t fresh_for_ms;
	struct quorum_row *rows;
	size_t count, cap;
};

struct quorum_status {
	bool is_on, is_heard;
	bool is_twin; /* another node has our name: neither votes */
	size_t nodes; /* that vote */
	char reason[256]; /* why nothing is heard; "" */
};

struct quorum_hooks {
	/* Where the replica is connected to; false: nowhere. */
	bool (*find)(void *ctx, struct ip_port *out);
	void (*on_tally)(void *ctx, struct quorum_tally *tally);
	void *ctx;
};

/* cfg must outlive it or the next quorum_reconfigure(). */
struct quorum *
quorum_new(struct loop *loop, const struct config *cfg, const struct quorum_hooks *hooks);

/* NULL is allowed. */
void
quorum_free(struct quorum *q);

void
quorum_reconfigure(struct quorum *q, const struct config *cfg);

/* In place of what was cast before. */
void
quorum_cast(struct quorum *q, struct quorum_votes *votes);

void
quorum_get_status(const struct quorum *q, struct quorum_status *out);

void
quorum_votes_add(struct quorum_votes *v, const char *key, const char *vote);

/* NULL is allowed, in both. */
void
quorum_votes_free(struct quorum_votes *v);

void
quorum_tally_free(struct quorum_tally *t);

/* Nothing is heard yet. */
struct quorum_tally *
quorum_tally_new(const struct config *cfg);

/* NULL: nobody voted. */
const struct quorum_row *
quorum_tally_find(const struct quorum_tally *t, const char *key);

#endif
