/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "control/columns.h"
#include "control/endpointrow.h"
#include "control/poolrow.h"
#include "control/probing.h"
#include "control/trip.h"
#include "control/verbs.h"
#include "steer/choice.h"
#include "steer/endpoint.h"
#include "steer/pattern.h"

struct health_trip {
	struct trip trip; /* first */
	struct control *control;
	char *pattern; /* NULL: all */
	struct endpointrow *rows;
	size_t count, cap;
	struct columns pool_table;
	struct json *pools;
	size_t pool_count;
	struct json *moved; /* who is not served the first choice */
	struct buf moved_text;
	size_t moved_count;
};

enum { MOVED_LINES = 40, POOL_LINES = 40 };

/* Trouble first. */
static int
urgency(const struct endpointrow *r)
{
	static const int of[] = {
	    [HEALTH_DOWN] = 0,
	    [HEALTH_RECOVERING] = 1,
	    [HEALTH_SUSPECT] = 2,
	    [HEALTH_UNKNOWN] = 3,
	    [HEALTH_UP] = 4,
	};

	return of[r->endpoint->state];
}

static int
compare_rows(const void *a, const void *b)
{
	const struct endpointrow *x = a, *y = b;

	if (urgency(x) != urgency(y))
		return urgency(x) - urgency(y);
	return strcmp(x->name, y->name);
}

static char *
endpoint_name(const struct pool *p, const struct endpoint *e)
{
	struct buf text = {0};
	char *name;

	endpoint_write(p, e, &text);
	name = mem_str(buf_text(&text));
	buf_fini(&text);
	return name;
}

/* Clients that are served something else than the first rung of their ladder. */
static void
note_move(struct health_trip *h, const struct pool *p, size_t ladder, unsigned family)
{
	const struct choice *c = atomic_load_explicit(
	    &p->cells[ladder * FAMILY_COUNT + family], memory_order_relaxed);
	const char *clients = ladder == 0 ? "others" : p->regions[ladder - 1].name;
	const char *served;
	struct json *j;

	if (c == NULL || c->pick == PICK_NO_FAMILY ||
	    (c->pick == PICK_RUNG && c->rung == 0))
		return;
	/* a pool of names has one answer for both */
	if (p->is_names && family != FAMILY_4)
		return;
	served = choice_text(c, p, ladder);
	j = json_object();
	json_set_str(j, "pool", p->name);
	json_set_str(j, "clients", clients);
	json_set_str(j, "family", p->is_names ? NULL : family == FAMILY_4 ? "A" : "AAAA");
	json_set_str(j, "served", served);
	if (c->pick == PICK_RUNG)
		json_set_int(j, "rung", c->rung + 1);
	else
		json_set_str(j, "rung", NULL);
	json_push(h->moved, j);
	if (h->moved_count++ < MOVED_LINES)
		buf_printf(&h->moved_text, "moved      pool %s, %s%s, %s: served %s%s\n",
		    p->name, ladder == 0 ? "other clients" : "clients of ",
		    ladder == 0 ? "" : clients,
		    p->is_names          ? "CNAME"
		    : family == FAMILY_4 ? "A"
		                         : "AAAA",
		    served,
		    c->pick != PICK_RUNG ? " (nothing on the ladder is healthy)" : "");
}

static void
note_moves(struct health_trip *h, const struct pool *p)
{
	for (size_t l = 0; l <= p->region_count; l++)
		for (unsigned f = 0; f < FAMILY_COUNT; f++)
			note_move(h, p, l, f);
}

static void
gather(void *ctx, struct pool *p)
{
	struct health_trip *h = ctx;
	size_t before = h->count;

	for (size_t i = 0; i < p->endpoint_count; i++) {
		const struct endpoint *e = &p->endpoints[i];
		char *name = endpoint_name(p, e);

		if (h->pattern != NULL && !pattern_match(h->pattern, name)) {
			mem_free(name);
			continue;
		}
		h->rows = mem_grow(h->rows, h->count, &h->cap, sizeof(*h->rows));
		h->rows[h->count++] = (struct endpointrow){
		    h->control->orders, name, p, e, endpointrow_target(e)};
	}
	if (h->count == before)
		return;
	note_moves(h, p);
	json_push(h->pools, poolrow_json(p));
	if (h->pool_count++ < POOL_LINES)
		poolrow_write(p, &h->pool_table);
}

/* How long a failover of each takes at worst, and what its endpoints count for. */
static void
write_pools(struct health_trip *h)
{
	struct buf *out = request_text(h->trip.rq);

	if (h->pool_count != 0) {
		buf_char(out, '\n');
		columns_write(&h->pool_table, out);
	}
	if (h->pool_count > POOL_LINES)
		buf_printf(
		    out, "and %zu more pools, in --json\n", h->pool_count - POOL_LINES);
	columns_fini(&h->pool_table);
	json_set(request_data(h->trip.rq), "pools", h->pools);
}

static void
in_probe_thread(struct trip *t)
{
	struct health_trip *h = (struct health_trip *)(void *)t;
	struct json *list = json_array();
	struct columns table;

	h->moved = json_array();
	h->pools = json_array();
	columns_init(&h->pool_table, POOLROW_TITLES);
	board_each(h->control->board, gather, h);
	if (h->count != 0)
		qsort(h->rows, h->count, sizeof(*h->rows), compare_rows);
	probing_write(board_prober(h->control->board), false, request_text(t->rq),
	    request_data(t->rq));
	columns_init(&table, ENDPOINTROW_TITLES);
	for (size_t i = 0; i < h->count; i++) {
		endpointrow_write(&h->rows[i], &table);
		endpointrow_json(&h->rows[i], list);
		mem_free(h->rows[i].name);
	}
	columns_write(&table, request_text(t->rq));
	columns_fini(&table);
	write_pools(h);
	buf_str(request_text(t->rq), buf_text(&h->moved_text));
	if (h->moved_count > MOVED_LINES)
		buf_printf(request_text(t->rq), "moved      and %zu more, in --json\n",
		    h->moved_count - MOVED_LINES);
	json_set(request_data(t->rq), "endpoints", list);
	json_set(request_data(t->rq), "moved", h->moved);
	trip_home(t);
}

static void
back_home(struct trip *t)
{
	struct health_trip *h = (struct health_trip *)(void *)t;

	if (h->pattern != NULL && h->count == 0)
		reply_error(t->rq, "not-found",
		    "no endpoint matches \"%s\"; names are POOL/REGION/ADDRESS",
		    h->pattern);
	else
		reply_ok(t->rq);
	mem_free(h->rows);
	buf_fini(&h->moved_text);
	mem_free(h->pattern);
	mem_free(h);
}

void
verb_health(void *ctx, struct request *rq)
{
	struct control *c = ctx;
	struct health_trip *h;

	if (!request_check_args(rq, 0, 1))
		return;
	h = mem_new(sizeof(*h));
	h->control = c;
	h->pattern = mem_str(rq->argv[1]);
	h->trip = (struct trip){
	    .rq = rq,
	    .home = c->loop,
	    .there = in_probe_thread,
	    .back = back_home,
	};
	trip_go(&h->trip, c->board_loop);
}
