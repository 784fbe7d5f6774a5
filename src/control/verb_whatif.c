/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/mem.h"
#include "control/trip.h"
#include "control/verbs.h"
#include "steer/choice.h"
#include "steer/endpoint.h"

enum { MOVED_LINES = 100, RULES_MAX = 32 };

struct whatif_trip {
	struct trip trip; /* first */
	struct control *control;
	struct override_rule rules[RULES_MAX]; /* only kind and pattern */
	size_t rule_count;
	struct json *moves;
	size_t matched, moved, emptied;
};

/* What a choice gives, for people: "weu (2 of 3)", and every address in JSON. */
static void
write_side(struct json *j, const char *key, const struct choice *c, const struct pool *p,
    size_t ladder)
{
	struct json *side = json_object(), *list = json_array();
	struct buf name = {0};

	json_set_str(side, "served", choice_text(c, p, ladder));
	/* the name of when_all_down is no endpoint */
	for (unsigned i = 0; i < c->count && c->pick != PICK_CNAME; i++) {
		buf_clear(&name);
		endpoint_write(p, &p->endpoints[c->endpoints[i]], &name);
		json_push_str(list, buf_text(&name));
	}
	json_set(side, "endpoints", list);
	json_set(j, key, side);
	buf_fini(&name);
}

/* "weu: 192.0.2.1, 192.0.2.2" */
static void
write_text(struct buf *out, const struct choice *c, const struct pool *p, size_t ladder)
{
	enum { SHOWN = 4 };
	struct buf name = {0};

	buf_str(out, choice_text(c, p, ladder));
	for (unsigned i = 0; i < c->count && i < SHOWN && c->pick != PICK_CNAME; i++) {
		buf_clear(&name);
		endpoint_write(p, &p->endpoints[c->endpoints[i]], &name);
		buf_printf(
		    out, "%s%s", i == 0 ? ": " : ", ", strrchr(buf_text(&name), '/') + 1);
	}
	if (c->count > SHOWN)
		buf_printf(out, " and %d more", c->count - SHOWN);
	if (c->count == 0)
		buf_str(out, ": nothing");
	buf_fini(&name);
}

static void
on_move(void *ctx, const struct pool *p, size_t ladder, unsigned family,
    const struct choice *was, const struct choice *then)
{
	struct whatif_trip *w = ctx;
	struct buf *text = request_text(w->trip.rq);
	const char *clients = ladder == 0 ? "others" : p->regions[ladder - 1].name;
	const char *type = p->is_names ? "CNAME" : family == FAMILY_4 ? "A" : "AAAA";
	struct json *j;

	/* a pool of names has one answer for both */
	if (p->is_names && family != FAMILY_4)
		return;
	w->emptied += then->count == 0 && was->count != 0;
	j = json_object();
	json_set_str(j, "pool", p->name);
	json_set_str(j, "clients", clients);
	json_set_str(j, "type", type);
	write_side(j, "now", was, p, ladder);
	write_side(j, "then", then, p, ladder);
	json_push(w->moves, j);
	if (w->moved++ >= MOVED_LINES)
		return;
	buf_printf(text, "pool %s, %s%s, %s\n  now   ", p->name,
	    ladder == 0 ? "other clients" : "clients of ", ladder == 0 ? "" : clients,
	    type);
	write_text(text, was, p, ladder);
	buf_str(text, "\n  then  ");
	write_text(text, then, p, ladder);
	buf_char(text, '\n');
}

static void
in_probe_thread(struct trip *t)
{
	struct whatif_trip *w = (struct whatif_trip *)(void *)t;
	struct buf *text = request_text(t->rq);

	w->moves = json_array();
	w->matched =
	    orders_suppose(w->control->orders, w->rules, w->rule_count, on_move, w);
	if (w->moved > MOVED_LINES)
		buf_printf(text, "and %zu more, in --json\n", w->moved - MOVED_LINES);
	buf_printf(text, "%zu endpoint%s, %zu answer%s would be another", w->matched,
	    w->matched == 1 ? "" : "s", w->moved, w->moved == 1 ? "" : "s");
	if (w->emptied != 0)
		buf_printf(text, ", %zu of them empty", w->emptied);
	buf_char(text, '\n');
	json_set_int(request_data(t->rq), "endpoints", (int64_t)w->matched);
	json_set_int(request_data(t->rq), "emptied", (int64_t)w->emptied);
	json_set(request_data(t->rq), "moves", w->moves);
	trip_home(t);
}

static void
back_home(struct trip *t)
{
	struct whatif_trip *w = (struct whatif_trip *)(void *)t;

	if (w->matched == 0)
		reply_error(t->rq, "not-found",
		    "no endpoint matches; names are POOL/REGION/ADDRESS, `health` shows "
		    "them");
	else
		reply_ok(t->rq);
	for (size_t i = 0; i < w->rule_count; i++)
		mem_free(w->rules[i].pattern);
	mem_free(w);
}

/* Takes all of one option; false: it is used wrongly. */
static bool
take_rules(
    struct request *rq, const char *option, enum override kind, struct whatif_trip *w)
{
	for (;;) {
		const char *pattern = NULL;

		if (request_option(rq, option, &pattern) != OK)
			return false;
		if (pattern == NULL)
			return true;
		if (w->rule_count == RULES_MAX)
			return false;
		w->rules[w->rule_count++] =
		    (struct override_rule){.kind = kind, .pattern = mem_str(pattern)};
	}
}

void
verb_whatif(void *ctx, struct request *rq)
{
	struct control *c = ctx;
	struct whatif_trip *w = mem_new(sizeof(*w));
	bool ok;

	ok = take_rules(rq, "--down", OVERRIDE_DOWN, w) &&
	     take_rules(rq, "--drain", OVERRIDE_DRAIN, w) &&
	     take_rules(rq, "--up", OVERRIDE_UP, w) && w->rule_count != 0;
	if (!ok)
		reply_usage(rq);
	if (!ok || !request_check_args(rq, 0, 0)) {
		for (size_t i = 0; i < w->rule_count; i++)
			mem_free(w->rules[i].pattern);
		mem_free(w);
		return;
	}
	w->control = c;
	w->trip = (struct trip){
	    .rq = rq,
	    .home = c->loop,
	    .there = in_probe_thread,
	    .back = back_home,
	};
	trip_go(&w->trip, c->board_loop);
}
