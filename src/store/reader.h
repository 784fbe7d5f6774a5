/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading records from Redis: one connection, and what is asked over it.
 *
 * Shape: one full read at a time, which goes from page to page (SCAN, HGETALL each), and
 * then, a second later, over the names that it did not see. Beside it one read of
 * given names in one transaction, and one page of names alone.
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
#include "store/link.h"
#include "store/replica.h"
#include "store/role.h"

struct reader_hooks {
	void (*on_ready)(void *ctx); /* logged in */
	void (*on_down)(void *ctx, enum fault fault, const char *reason);
	/* One record as it is now; no fields: it is gone. why: it cannot be read. */
	void (*on_row)(void *ctx, const char *key, size_t len, struct fields *fields,
	    const char *why);
	void (*on_page)(void *ctx); /* the rows of one page of a full read are through */
	/* All pages are through: adds the names that they did not show. */
	void (*on_sweep)(void *ctx, struct replica_names *missing);
	void (*on_loaded)(void *ctx); /* the full read is through */
	void (*on_read)(void *ctx); /* all names of reader_read() are through */
	void (*on_role)(void *ctx, const struct role *role);
	/* A page of reader_scan(). over: it was the last. */
	void (*on_names)(void *ctx, const struct replica_names *names, bool over);
	/* See caller_hooks; only where PING stands for ROLE. */
	void (*on_refused)(void *ctx, const char *reason);
};

struct reader {
	struct link *link; /* NULL: closed */
	struct loop_timer *again; /* when those are read that were missing */
	int64_t look_again_ms;
	const struct reader_hooks *hooks;
	void *ctx;
	bool no_role; /* ROLE is denied: PING does instead */
	struct replica_names round; /* being read in a transaction, in this order */
	struct replica_names page; /* of the full read */
	size_t page_at;
	struct replica_names missing; /* by name, page by page */
	size_t missing_at;
	bool scan_over;
	char cursor[24];
	char scan_cursor[24]; /* of reader_scan() */
};

/* hooks must outlive it, and what `to` points to. */
void
reader_open(struct reader *r, struct loop *loop, const struct link_to *to,
    const struct reader_hooks *hooks, void *ctx);

/* A closed one, or one all zero, is allowed. */
void
reader_close(struct reader *r);

/* Begins a full read; what it misses is asked for by name so long after it. */
void
reader_load(struct reader *r, int64_t look_again_ms);

/* Reads these, which it takes over, as they are at one moment. */
void
reader_read(struct reader *r, struct replica_names *names);

/* Asks for one page of names, about so many; `first`: from the beginning. */
void
reader_scan(struct reader *r, bool first, unsigned count);

/* The sign of life, and what the server is. */
void
reader_ask_role(struct reader *r);

struct mono
reader_heard(const struct reader *r);

/* Of the server that it reached. */
const char *
reader_run_id(const struct reader *r);

#endif
