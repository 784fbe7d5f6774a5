/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control plane: the verbs of the control socket, and reload.
 *
 * Shape: struct control holds the parts of the server that verbs ask; what lies in a
 * folder of our own rank comes as a function.
 * Owner: main.c makes and owns all parts; control_close() only ends what it began.
 * Threads: the control thread. Parts that belong to other threads are asked there
 * (control/trip.h).
 * Errors: replies.
 * Source: DESIGN "Control".
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include "base/clock.h"
#include "base/counter.h"
#include "base/ip.h"
#include "base/json.h"
#include "base/loop.h"
#include "control/socket.h"
#include "steer/board.h"
#include "steer/keeper.h"
#include "steer/orders.h"
#include "steer/parts.h"
#include "steer/shared.h"
#include "store/store.h"

/* What explain is asked, and where it writes. */
struct explain_request {
	const char *name;
	const char *type;
	struct ip client;
	struct json *data;
	struct buf *text;
};

/* Of rate limiting: what the workers saw last. */
struct control_limited {
	bool is_limiting; /* in the last seconds */
	struct ip_prefix prefix; /* of clients */
	struct mono at;
};

/* Of overload (serve/overload.h). */
struct control_load {
	bool is_overloaded;
	int64_t since_s; /* wall clock */
	uint64_t times; /* how often it was, since the start */
	uint64_t dropped; /* questions, by the kernel, since the start */
};

struct control {
	struct loop *loop;
	const char *config_path;
	struct shared *shared;
	struct loop *store_loop;
	struct store *store;
	struct keeper *keeper;
	struct loop *board_loop;
	struct board *board;
	struct orders *orders; /* the probe thread's, as the board */
	struct parts *parts; /* what was installed last; held */
	struct mono started;
	/* Adds up all workers' counters. */
	void (*sum_counters)(void *ctx, uint64_t sums[COUNT_COUNTERS]);
	/* False: nothing was over the limit yet. */
	bool (*last_limited)(void *ctx, struct control_limited *out);
	void (*get_load)(void *ctx, struct control_load *out);
	/* In the probe thread; ERR_SYNTAX with a reason in `why`. */
	enum err (*explain)(void *ctx, const struct explain_request *rq, struct buf *why);
	void (*stop)(void *ctx);
	void *ctx;
	/* set by control_open() */
	struct socket *socket;
	struct notifier *notifier;
	struct alerts *alerts;
	struct watch *watch;
	struct reload *reload; /* the one that runs; NULL: none */
	struct parts *held_parts; /* a configuration that is held; NULL: none */
	int64_t held_since_s;
	bool reload_again; /* a signal came while it ran */
	bool closing; /* no reload begins any more */
	struct geowatch *geowatch;
	struct request *reload_waiting; /* for the end of one that nobody sees */
	bool waiting_force;
	char *waiting_accept;
	struct reload_plan *plan_waiting; /* for the end of any; NULL: none */
};

/* Opens the control socket. c must live until control_close(). */
MUST_CHECK enum err
control_open(struct control *c, struct buf *why);

/* The workers listen: secondaries may be told of the zones. */
void
control_listening(struct control *c);

/* Waits for a reload that runs. */
void
control_close(struct control *c);

/* As the verb, for SIGHUP: the outcome is logged. */
void
control_reload(struct control *c);

#endif
