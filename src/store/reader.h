/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading records from Redis: one connection, and what is asked over it.
 *
 * Shape: one read at a time. A full read goes from page to page (SCAN, HGETALL each), and
 * then over the names that it did not see; any other reads given names in one
 * transaction.
 * Owner: reader_close() frees, also from within on_down. Rows are the callee's to take
 * from.
 * Threads: the loop's own; hooks come from the loop alone.
 * Errors: on_down with a reason for people, when the connection is gone or what it says
 * is of no use; then only reader_close() is left.
 * Source: DESIGN "Following Redis"; Redis SCAN, HGETALL, MULTI.
 */
#ifndef STORE_READER_H
#define STORE_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/loop.h"
#include "config/config.h"
#include "store/record.h"
#include "store/replica.h"

struct link;

struct reader_hooks {
	void (*on_ready)(void *ctx); /* logged in */
	void (*on_down)(void *ctx, const char *reason);
	/* One record as it is now; no fields: it is gone. why: it cannot be read. */
	void (*on_row)(void *ctx, const char *key, size_t len, struct fields *fields,
	    const char *why);
	void (*on_page)(void *ctx); /* the rows of one page of a full read are through */
	/* All pages are through: adds the names that they did not show. */
	void (*on_sweep)(void *ctx, struct replica_names *missing);
	void (*on_loaded)(void *ctx); /* the full read is through */
	void (*on_read)(void *ctx); /* all names of reader_read() are through */
	void (*on_pong)(void *ctx);
};

struct reader {
	struct link *link; /* NULL: closed */
	const struct reader_hooks *hooks;
	void *ctx;
	struct replica_names page; /* being read, in this order */
	size_t page_at;
	struct replica_names missing; /* by name, page by page */
	size_t missing_at;
	bool scan_over;
	char cursor[24];
};

/* cfg and hooks must outlive it. */
void
reader_open(struct reader *r, struct loop *loop, const struct config_store *cfg,
    const struct reader_hooks *hooks, void *ctx);

/* A closed one, or one all zero, is allowed. */
void
reader_close(struct reader *r);

/* Begins a full read. */
void
reader_load(struct reader *r);

/* Reads these, which it takes over, as they are at one moment. */
void
reader_read(struct reader *r, struct replica_names *names);

void
reader_ping(struct reader *r);

struct mono
reader_heard(const struct reader *r);

/* Of the server that it reached. */
const char *
reader_run_id(const struct reader *r);

#endif
