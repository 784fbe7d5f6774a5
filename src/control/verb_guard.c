/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/inhand.h"
#include "base/log.h"
#include "base/mem.h"
#include "control/geowatch.h"
#include "control/reload.h"
#include "control/trip.h"
#include "control/verbs.h"
#include "store/ledger.h"

/* More are counted, not listed. */
enum { REJECTED_LISTED = 10000 };

struct guard_trip {
	struct trip trip; /* first */
	struct control *control;
	char *zone; /* of accept */
	uint64_t number;
	enum err e;
	size_t count;
	bool more; /* to be accepted */
};

static void
back_home(struct trip *t)
{
	struct guard_trip *g = (struct guard_trip *)(void *)t;

	reply_ok(t->rq);
	mem_free(g);
}

static struct guard_trip *
new_trip(struct control *c, struct request *rq, void (*there)(struct trip *t))
{
	struct guard_trip *g = mem_new(sizeof(*g));

	g->control = c;
	g->trip = (struct trip){
	    .rq = rq,
	    .home = c->loop,
	    .there = there,
	    .back = back_home,
	};
	return g;
}

/* ---- held ---- */

static void
write_held(void *ctx, const struct ledger_held *h)
{
	struct request *rq = ctx;
	struct buf *out = request_text(rq);
	struct json *j = json_object(), *examples = json_array();
	char since[WALL_TEXT_MAX], *id = mem_printf("%s/%" PRIu64, h->zone, h->number);

	wall_write(h->since_s, since);
	buf_printf(out, "%s  store, %zu records held since %s\n    because %s\n", id,
	    h->count, since, h->why);
	for (size_t i = 0; i < h->example_count; i++) {
		buf_printf(out, "    %s\n", h->examples[i]);
		json_push_str(examples, h->examples[i]);
	}
	if (h->count > h->example_count)
		buf_printf(out, "    and %zu more\n", h->count - h->example_count);
	json_set_str(j, "id", id);
	json_set_str(j, "kind", "store");
	json_set_str(j, "zone", h->zone);
	json_set_int(j, "count", (int64_t)h->count);
	json_set_str(j, "since", since);
	json_set_str(j, "why", h->why);
	json_set(j, "examples", examples);
	json_push(request_array(rq), j);
	mem_free(id);
}

/* A version of a file as a whole. */
static void
write_file(struct request *rq, const char *id, const char *kind, const char *zone,
    int64_t since_s, const char *why)
{
	struct json *j = json_object();
	char since[WALL_TEXT_MAX];

	wall_write(since_s, since);
	buf_printf(request_text(rq), "%s  %s, held since %s\n    because %s\n", id, kind,
	    since, why);
	json_set_str(j, "id", id);
	json_set_str(j, "kind", kind);
	json_set_str(j, "zone", zone);
	json_set_int(j, "count", 1);
	json_set_str(j, "since", since);
	json_set_str(j, "why", why);
	json_set(j, "examples", json_array());
	json_push(request_array(rq), j);
}

static void
write_files(struct control *c, struct request *rq)
{
	char *id = reload_held_id(c);

	if (c->held_parts != NULL)
		write_file(rq, id, "configuration", NULL, c->held_since_s,
		    c->held_parts->held_why);
	for (size_t i = 0; i < c->parts->held_count; i++) {
		const struct heldfile *h = c->parts->held[i];

		write_file(rq, h->id, "zone file", h->zone, h->since_s, h->why);
	}
	mem_free(id);
}

static void
held_there(struct trip *t)
{
	struct guard_trip *g = (struct guard_trip *)(void *)t;

	ledger_each_held(store_ledger(g->control->store), write_held, t->rq);
	trip_home(t);
}

void
verb_held(void *ctx, struct request *rq)
{
	struct control *c = ctx;

	if (!request_check_args(rq, 0, 0))
		return;
	(void)request_array(rq);
	write_files(c, rq);
	trip_go(&new_trip(c, rq, held_there)->trip, c->store_loop);
}

/* ---- accept ---- */

static void
accept_there(struct trip *t)
{
	struct guard_trip *g = (struct guard_trip *)(void *)t;
	const struct ledger *l = store_ledger(g->control->store);
	size_t before = l->removals.held_count;

	g->e = store_accept(g->control->store, g->zone, g->number, &g->more);
	g->count += before - l->removals.held_count;
	/* of a million some at a time: Redis and its signs of life want their turn */
	if (g->e == OK && g->more)
		trip_go(t, g->control->store_loop);
	else
		trip_home(t);
}

static void
accept_home(struct trip *t)
{
	struct guard_trip *g = (struct guard_trip *)(void *)t;

	if (g->e == OK) {
		log_notice("store removals were accepted zone=%s number=%" PRIu64
		           " count=%zu by=\"%s\"",
		    g->zone, g->number, g->count, t->rq->who);
		buf_printf(
		    request_text(t->rq), "%zu records are served no longer\n", g->count);
		json_set_int(request_data(t->rq), "count", (int64_t)g->count);
		reply_ok(t->rq);
	} else if (g->e == ERR_BUSY) {
		reply_error(t->rq, "busy",
		    "some were held before the start, and have not been read again yet: "
		    "wait until the store is in touch");
	} else {
		reply_err(t->rq, g->e, "nothing is held under this id; see `held`");
	}
	mem_free(g->zone);
	mem_free(g);
}

/* "example.com/17" */
static bool
parse_id(const char *id, char **zone, uint64_t *number)
{
	const char *slash = strrchr(id, '/');
	char *end;

	if (slash == NULL || slash == id || slash[1] < '0' || slash[1] > '9')
		return false;
	errno = 0;
	*number = strtoull(slash + 1, &end, 10);
	if (*end != '\0' || errno != 0)
		return false;
	*zone = mem_strn(id, (size_t)(slash - id));
	return true;
}

void
verb_accept(void *ctx, struct request *rq)
{
	struct control *c = ctx;
	struct guard_trip *g;
	uint64_t number;
	char *zone;

	if (!request_check_args(rq, 1, 1))
		return;
	if (strncmp(rq->argv[1], "configuration/", 14) == 0 ||
	    strstr(rq->argv[1], "/file-") != NULL) {
		reload_accept(c, rq, rq->argv[1]);
		return;
	}
	if (!parse_id(rq->argv[1], &zone, &number)) {
		reply_error(
		    rq, "usage", "\"%s\" is no id; `held` lists them", rq->argv[1]);
		return;
	}
	g = new_trip(c, rq, accept_there);
	g->zone = zone;
	g->number = number;
	g->trip.back = accept_home;
	trip_go(&g->trip, c->store_loop);
}

/* ---- rejected ---- */

static void
write_rejected(void *ctx, const char *key, const struct reject *r, bool kept)
{
	struct guard_trip *g = ctx;
	struct request *rq = g->trip.rq;
	struct buf *out = request_text(rq);
	struct json *j;
	char since[WALL_TEXT_MAX];

	if (g->count++ >= REJECTED_LISTED)
		return;
	j = json_object();
	wall_write(r->since_s, since);
	buf_printf(out, "%s\n    %s\n    since %s, %s\n", key, r->why, since,
	    kept ? "the last good version is served" : "there is no good version");
	json_set_str(j, "key", key);
	json_set_str(j, "why", r->why);
	json_set_str(j, "since", since);
	json_set_bool(j, "kept", kept);
	json_push(request_array(rq), j);
}

static void
rejected_there(struct trip *t)
{
	struct guard_trip *g = (struct guard_trip *)(void *)t;

	ledger_each_rejected(store_ledger(g->control->store), write_rejected, g);
	if (g->count > REJECTED_LISTED)
		buf_printf(
		    request_text(t->rq), "and %zu more\n", g->count - REJECTED_LISTED);
	trip_home(t);
}

/* Files that the server died of; geo databases are geowatch's. */
static void
write_quarantined(struct request *rq)
{
	struct inhand_item items[INHAND_QUARANTINED_MAX];
	size_t count = inhand_list(items);

	for (size_t i = 0; i < count; i++) {
		static const char why[] =
		    "the server died while it read this file, which is "
		    "left alone until it changes";
		char *name = mem_strn(items[i].name, items[i].name_len);
		char since[WALL_TEXT_MAX];
		struct json *j;

		wall_write(items[i].since_s, since);
		if (items[i].kind == INHAND_ZONE) {
			j = json_object();
			buf_printf(request_text(rq),
			    "%s\n    %s\n    since %s, the accepted copy is served\n",
			    name, why, since);
			json_set_str(j, "key", name);
			json_set_str(j, "why", why);
			json_set_str(j, "since", since);
			json_set_bool(j, "kept", true);
			json_push(request_array(rq), j);
		}
		mem_free(name);
	}
}

void
verb_rejected(void *ctx, struct request *rq)
{
	struct control *c = ctx;

	if (!request_check_args(rq, 0, 0))
		return;
	write_quarantined(rq);
	geowatch_write_rejected(c->geowatch, request_text(rq), request_array(rq));
	trip_go(&new_trip(c, rq, rejected_there)->trip, c->store_loop);
}
