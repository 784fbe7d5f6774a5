/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the scribe share, and nobody else.
 *
 * Shape: scribe.c has the queue, the connection and what people ask; scribe_group.c the
 * way of one group of writes through Redis.
 * Owner: see store/scribe.h.
 * Threads: the loop's own.
 * Errors: none.
 * Source: none.
 */
#ifndef STORE_SCRIBE_INSIDE_H
#define STORE_SCRIBE_INSIDE_H

#include "store/batch.h"
#include "store/scribe.h"
#include "store/unseen.h"

/* One write: a record, or a batch. */
struct op {
	struct op *next;
	bool is_delete;
	bool alone; /* it failed with others, and may not be with them again */
	unsigned how; /* STORE_REPLACE, STORE_FORCE */
	char *key;
	size_t key_len;
	struct fields fields;
	struct store_batch *batch; /* NULL: one record */
	store_done *done;
	void *ctx;
	unsigned tries;
	/* while its group is under way */
	struct fields merged; /* the record as it would become */
	enum err e;
	struct buf why;
};

struct scribe {
	struct loop *loop;
	const struct config_store *cfg;
	struct scribe_hooks hooks;
	struct loop_timer *tick;
	struct link *link; /* NULL: not open */
	bool ready;
	struct mono used;
	struct op *queue, **last;
	struct op *group; /* are being written, as one; NULL: none */
	struct mono since; /* when that began */
	struct op *reading; /* whose old record comes next */
	bool watching; /* Redis watches what we have read */
	bool sent; /* their EXEC is on the way */
	char *error; /* what MULTI's commands were answered, the first of these */
	enum fault error_fault;
	struct unseen unseen;
	bool pumping;
};

/* scribe.c */

/* Goes on with the queue. */
void
scribe_run(struct scribe *w);

/* Answers the whole group. */
void
scribe_finish(struct scribe *w, enum err e, const char *why);

void
scribe_answer(struct op *op, enum err e, const char *why);

/* The group goes back to where it came from: each is tried again alone. */
void
scribe_put_back(struct scribe *w);

enum err
scribe_err_of_fault(enum fault fault);

/* scribe_group.c; the connection is ready */
void
scribe_begin_group(struct scribe *w);

#endif
