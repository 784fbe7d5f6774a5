/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/mem.h"
#include "control/trip.h"
#include "control/verbs.h"

/* Goes to the probe thread, where verdicts can be read as they stand. */
struct explain_trip {
	struct trip trip; /* first */
	struct control *control;
	struct explain_request ask;
	enum err e;
	struct buf why;
};

static void
in_probe_thread(struct trip *t)
{
	struct explain_trip *x = (struct explain_trip *)(void *)t;

	x->ask.data = request_data(t->rq);
	x->ask.text = request_text(t->rq);
	x->e = x->control->explain(x->control->ctx, &x->ask, &x->why);
	trip_home(t);
}

static void
back_home(struct trip *t)
{
	struct explain_trip *x = (struct explain_trip *)(void *)t;

	if (x->e == OK)
		reply_ok(t->rq);
	else
		reply_err(t->rq, x->e, "%s", buf_text(&x->why));
	buf_fini(&x->why);
	mem_free(x);
}

void
verb_explain(void *ctx, struct request *rq)
{
	struct control *c = ctx;
	const char *client = NULL;
	struct explain_trip *x;
	struct ip ip;

	if (request_option(rq, "--client", &client) != OK) {
		reply_usage(rq);
		return;
	}
	if (!request_check_args(rq, 1, 2))
		return;
	if (client == NULL || ip_parse(client, strlen(client), &ip) != OK) {
		reply_error(rq, "usage",
		    "--client takes an IPv4 or IPv6 address, as in --client 192.0.2.1");
		return;
	}
	x = mem_new(sizeof(*x));
	x->control = c;
	x->ask.name = rq->argv[1];
	x->ask.type = rq->argc > 2 ? rq->argv[2] : "A";
	x->ask.client = ip;
	x->trip = (struct trip){
	    .rq = rq,
	    .home = c->loop,
	    .there = in_probe_thread,
	    .back = back_home,
	};
	trip_go(&x->trip, c->board_loop);
}
