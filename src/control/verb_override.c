/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/mem.h"
#include "config/value.h"
#include "control/columns.h"
#include "control/trip.h"
#include "control/verbs.h"
#include "steer/pattern.h"

enum { OVERRIDE_MIN_MS = 1000, TEXT_MAX = 500 };
#define OVERRIDE_MAX_MS ((int64_t)366 * 24 * 3600 * 1000)

struct override_trip {
	struct trip trip; /* first */
	struct control *control;
	struct override_rule rule; /* its texts are ours */
	bool force;
	struct orders_effect effect;
	enum err result;
};

/* ---- up, down, drain, auto ---- */

static void
order_in_probe_thread(struct trip *t)
{
	struct override_trip *o = (struct override_trip *)(void *)t;

	o->result = orders_give(o->control->orders, &o->rule, o->force, &o->effect);
	trip_home(t);
}

static void
free_order(struct override_trip *o)
{
	mem_free(o->rule.pattern);
	mem_free(o->rule.who);
	mem_free(o->rule.why);
	mem_free(o);
}

static void
write_effect(struct request *rq, const struct override_trip *o)
{
	const struct orders_effect *e = &o->effect;
	struct json *data = request_data(rq);
	char text[WALL_TEXT_MAX];

	json_set_str(data, "pattern", o->rule.pattern);
	json_set_str(data, "kind", override_text(o->rule.kind));
	json_set_int(data, "endpoints", (int64_t)e->endpoints);
	json_set_int(data, "pools", (int64_t)e->pools);
	buf_printf(request_text(rq), "%s %s: %zu endpoint%s in %zu pool%s",
	    override_text(o->rule.kind), o->rule.pattern, e->endpoints,
	    e->endpoints == 1 ? "" : "s", e->pools, e->pools == 1 ? "" : "s");
	if (e->endpoints == 0 && o->rule.kind != OVERRIDE_AUTO)
		buf_str(request_text(rq), ", and any that come to match");
	if (o->rule.until_s != 0) {
		wall_write(o->rule.until_s, text);
		json_set_str(data, "until", text);
		buf_printf(request_text(rq), ", until %s", text);
	} else {
		json_set_str(data, "until", NULL);
	}
	buf_char(request_text(rq), '\n');
	if (o->rule.kind != OVERRIDE_DOWN && o->rule.kind != OVERRIDE_DRAIN)
		return;
	if (e->answers_s == 0) {
		json_set_str(data, "answers_until", NULL);
		buf_str(request_text(rq), "no answer that holds any of them is out\n");
		return;
	}
	wall_write(wall_now_s() + e->answers_s, text);
	json_set_str(data, "answers_until", text);
	buf_printf(request_text(rq),
	    "the last answer that holds one of them expires at %s, in %u s\n", text,
	    e->answers_s);
}

static void
order_back_home(struct trip *t)
{
	struct override_trip *o = (struct override_trip *)(void *)t;
	struct request *rq = t->rq;

	switch (o->result) {
	case OK:
		write_effect(rq, o);
		reply_ok(rq);
		break;
	case ERR_DENIED:
		reply_error(rq, "refused",
		    "pool %s%s would have no healthy endpoint left; --force does it all "
		    "the same",
		    o->effect.emptied_name, o->effect.emptied > 1 ? ", and others," : "");
		break;
	case ERR_MISSING:
		if (o->rule.kind == OVERRIDE_AUTO)
			reply_error(rq, "not-found",
			    "no override meets \"%s\"; `overrides` lists them",
			    o->rule.pattern);
		else
			reply_error(rq, "not-found",
			    "no endpoint matches \"%s\"; names are POOL/REGION/ADDRESS, "
			    "`health` shows them; --force says it of those to come",
			    o->rule.pattern);
		break;
	default:
		reply_err(rq, o->result, "there are too many overrides");
		break;
	}
	free_order(o);
}

/* Reads --for and --why; false: the request has been answered. */
static bool
read_options(struct request *rq, struct override_rule *rule)
{
	const char *span = NULL, *why = "";
	struct buf complaint = {0};
	int64_t ms;

	if (request_option(rq, "--for", &span) != OK ||
	    request_option(rq, "--why", &why) != OK) {
		reply_usage(rq);
		return false;
	}
	if (strlen(why) > TEXT_MAX) {
		reply_error(rq, "too-large", "--why takes %d octets", TEXT_MAX);
		return false;
	}
	if (span != NULL && value_duration(span, OVERRIDE_MIN_MS, OVERRIDE_MAX_MS, &ms,
	                        &complaint) != OK) {
		reply_error(rq, "syntax", "--for %s: %s", span, buf_text(&complaint));
		buf_fini(&complaint);
		return false;
	}
	rule->why = mem_str(why);
	rule->since_s = wall_now_s();
	if (span != NULL) {
		rule->until = mono_add_ms(mono_now(), ms);
		rule->until_s = rule->since_s + ms / 1000;
	}
	return true;
}

static void
order(struct control *c, struct request *rq, enum override kind)
{
	struct override_rule rule = {.kind = kind};
	bool force = request_flag(rq, "--force");
	struct override_trip *o;

	if (!read_options(rq, &rule))
		return;
	if (!request_check_args(rq, 1, 1)) {
		mem_free(rule.why);
		return;
	}
	if (strlen(rq->argv[1]) > TEXT_MAX) {
		reply_error(rq, "too-large", "a pattern has at most %d octets", TEXT_MAX);
		mem_free(rule.why);
		return;
	}
	o = mem_new(sizeof(*o));
	o->control = c;
	o->rule = rule;
	o->rule.pattern = mem_str(rq->argv[1]);
	o->rule.who = mem_str(rq->who);
	o->force = force;
	o->trip = (struct trip){
	    .rq = rq,
	    .home = c->loop,
	    .there = order_in_probe_thread,
	    .back = order_back_home,
	};
	trip_go(&o->trip, c->board_loop);
}

void
verb_up(void *ctx, struct request *rq)
{
	order(ctx, rq, OVERRIDE_UP);
}

void
verb_down(void *ctx, struct request *rq)
{
	order(ctx, rq, OVERRIDE_DOWN);
}

void
verb_drain(void *ctx, struct request *rq)
{
	order(ctx, rq, OVERRIDE_DRAIN);
}

void
verb_auto(void *ctx, struct request *rq)
{
	order(ctx, rq, OVERRIDE_AUTO);
}

/* ---- the list ---- */

static void
write_rule(const struct override_rule *r, size_t matches, struct columns *table,
    struct json *list)
{
	struct json *j = json_object();
	char since[WALL_TEXT_MAX], until[WALL_TEXT_MAX] = "";

	wall_write(r->since_s, since);
	if (r->until_s != 0)
		wall_write(r->until_s, until);
	json_set_str(j, "pattern", r->pattern);
	json_set_str(j, "kind", override_text(r->kind));
	json_set_int(j, "endpoints", (int64_t)matches);
	json_set_str(j, "who", r->who);
	json_set_str(j, "why", r->why);
	json_set_str(j, "since", since);
	json_set_str(j, "until", r->until_s != 0 ? until : NULL);
	json_push(list, j);
	columns_cell(table, r->pattern);
	columns_cell(table, override_text(r->kind));
	columns_cellf(table, "%zu", matches);
	columns_cell(table, r->who);
	columns_cell(table, since);
	columns_cell(table, until);
	columns_cell(table, r->why);
}

static void
list_in_probe_thread(struct trip *t)
{
	struct override_trip *o = (struct override_trip *)(void *)t;
	struct orders *orders = o->control->orders;
	const struct overrides *rules = orders_overrides(orders);
	struct json *list = json_array();
	struct columns table;

	columns_init(&table, "pattern says >endpoints who since until why");
	for (size_t i = 0; i < rules->count; i++)
		write_rule(&rules->list[i], orders_count(orders, rules->list[i].pattern),
		    &table, list);
	if (rules->count != 0)
		columns_write(&table, request_text(t->rq));
	columns_fini(&table);
	json_set(request_data(t->rq), "overrides", list);
	trip_home(t);
}

static void
list_back_home(struct trip *t)
{
	reply_ok(t->rq);
	mem_free(t);
}

void
verb_overrides(void *ctx, struct request *rq)
{
	struct control *c = ctx;
	struct override_trip *o;

	if (!request_check_args(rq, 0, 0))
		return;
	o = mem_new(sizeof(*o));
	o->control = c;
	o->trip = (struct trip){
	    .rq = rq,
	    .home = c->loop,
	    .there = list_in_probe_thread,
	    .back = list_back_home,
	};
	trip_go(&o->trip, c->board_loop);
}
