/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What server.c and joins.c know of the server. joins.c is what the parts tell each
 * other: each hook runs in the thread of the part that calls it.
 */
#ifndef SERVER_INSIDE_H
#define SERVER_INSIDE_H

#include <pthread.h>

#include "control/control.h"
#include "serve/explain.h"
#include "serve/limitlog.h"
#include "serve/overload.h"
#include "serve/workers.h"
#include "steer/fleet.h"

struct server {
	struct shared shared;
	struct loop *loop, *store_loop, *board_loop;
	pthread_t store_thread, board_thread;
	struct board *board;
	struct orders *orders;
	struct fleet *fleet;
	struct keeper *keeper;
	struct store *store;
	struct control control;
	struct publish_reader *explain_reader;
	struct loop_watch *signals[3];
	struct loop_timer *ready_timer;
	struct mail first_round;
	struct workers workers;
	struct limitlog limitlog;
	struct overload overload;
	bool is_listening;
	bool is_restored; /* states of targets are known from before */
	int exit_code;
};

/* In the control thread: begins to listen, once. */
void
server_listen(struct server *s);

struct board_hooks
joins_board(struct server *s);

struct orders_hooks
joins_orders(struct server *s);

struct store_hooks
joins_store(struct server *s);

struct fleet_hooks
joins_fleet(struct server *s);

void
joins_control(struct server *s, struct control *c);

#endif
