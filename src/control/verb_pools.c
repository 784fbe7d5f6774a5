/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/mem.h"
#include "control/poolrow.h"
#include "control/trip.h"
#include "control/verbs.h"
#include "steer/pattern.h"

enum { POOLS_MOST = 100, POOLS_MOST_MAX = 10000, POOL_LINES = 20 };

struct pools_trip {
	struct trip trip; /* first */
	struct control *control;
	char *pattern; /* NULL: all */
	struct json *list;
	size_t count, most;
};

static void
show(void *ctx, struct pool *p)
{
	struct pools_trip *t = ctx;
	struct json *j;

	if (t->pattern != NULL && !pattern_match(t->pattern, p->name))
		return;
	if (t->count++ >= t->most)
		return;
	j = poolrow_json(p);
	poolrow_detail(p, t->control->orders, POOL_LINES, request_text(t->trip.rq), j);
	json_push(t->list, j);
}

static void
in_probe_thread(struct trip *trip)
{
	struct pools_trip *t = (struct pools_trip *)(void *)trip;

	t->list = json_array();
	board_each(t->control->board, show, t);
	if (t->count > t->most)
		buf_printf(request_text(trip->rq), "and %zu more pools; see --limit\n",
		    t->count - t->most);
	json_set(request_data(trip->rq), "pools", t->list);
	json_set_int(request_data(trip->rq), "count", (int64_t)t->count);
	trip_home(trip);
}

static void
back_home(struct trip *trip)
{
	struct pools_trip *t = (struct pools_trip *)(void *)trip;

	if (t->pattern != NULL && t->count == 0)
		reply_error(trip->rq, "not-found", "no pool matches \"%s\"", t->pattern);
	else
		reply_ok(trip->rq);
	mem_free(t->pattern);
	mem_free(t);
}

void
verb_pools(void *ctx, struct request *rq)
{
	struct control *c = ctx;
	const char *limit = NULL;
	struct pools_trip *t;
	size_t most = POOLS_MOST;

	if (request_option(rq, "--limit", &limit) != OK) {
		reply_usage(rq);
		return;
	}
	if (!request_check_args(rq, 0, 1))
		return;
	if (!request_number(rq, "--limit", limit, POOLS_MOST_MAX, &most))
		return;
	t = mem_new(sizeof(*t));
	t->control = c;
	t->pattern = mem_str(rq->argv[1]);
	t->most = most;
	t->trip = (struct trip){
	    .rq = rq,
	    .home = c->loop,
	    .there = in_probe_thread,
	    .back = back_home,
	};
	trip_go(&t->trip, c->board_loop);
}
