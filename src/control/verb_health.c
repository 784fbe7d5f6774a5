/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "control/columns.h"
#include "control/probing.h"
#include "control/trip.h"
#include "control/verbs.h"
#include "steer/choice.h"
#include "steer/endpoint.h"
#include "steer/pattern.h"

/* One endpoint as it is shown. */
struct row {
	const struct orders *orders;
	char *name; /* POOL/REGION/ADDRESS */
	const struct pool *pool;
	const struct endpoint *endpoint;
	const struct target *target; /* what its state comes from; NULL: no check */
};

struct health_trip {
	struct trip trip; /* first */
	struct control *control;
	char *pattern; /* NULL: all */
	struct row *rows;
	size_t count, cap;
	struct json *moved; /* who is not served the first choice */
	struct buf moved_text;
	size_t moved_count;
};

enum { MOVED_LINES = 40 };

/* Trouble first. */
static int
urgency(const struct row *r)
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
	const struct row *x = a, *y = b;

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

static const struct target *
telling_target(const struct endpoint *e)
{
	for (unsigned i = 0; i < e->target_count; i++)
		if (target_state(e->targets[i]) == (enum health_state)e->state)
			return e->targets[i];
	return NULL;
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
		h->rows[h->count++] =
		    (struct row){h->control->orders, name, p, e, telling_target(e)};
	}
	if (h->count != before)
		note_moves(h, p);
}

/* Who said what in place of what is measured; NULL: nobody. */
static const struct override_rule *
override_of(const struct row *r)
{
	return r->endpoint->override == OVERRIDE_AUTO
	           ? NULL
	           : overrides_find(orders_overrides(r->orders), r->name);
}

static void
write_override_json(const struct row *r, struct json *j)
{
	const struct override_rule *rule = override_of(r);
	char until[WALL_TEXT_MAX];

	if (rule == NULL) {
		json_set_str(j, "override", NULL);
		return;
	}
	json_set_str(j, "override", override_text(rule->kind));
	json_set_str(j, "override_who", rule->who);
	json_set_str(j, "override_why", rule->why);
	wall_write(rule->until_s, until);
	json_set_str(j, "override_until", rule->until_s != 0 ? until : NULL);
}

/* "drain by alice until 2026-01-31T12:00:00Z: a new kernel" */
static void
write_override(const struct row *r, struct columns *out)
{
	const struct override_rule *rule = override_of(r);
	char until[WALL_TEXT_MAX];
	struct buf text = {0};

	if (rule != NULL) {
		buf_printf(&text, "%s by %s", override_text(rule->kind), rule->who);
		wall_write(rule->until_s, until);
		if (rule->until_s != 0)
			buf_printf(&text, " until %s", until);
		if (rule->why[0] != '\0')
			buf_printf(&text, ": %s", rule->why);
	}
	columns_cell(out, buf_text(&text));
	buf_fini(&text);
}

static int64_t
held_until_s(const struct target *t)
{
	return wall_now_s() + (t->held.until_ms - mono_now().ms) / 1000;
}

/* Why it is not, or may soon not be, served; and what the fleet says, where it does. */
static void
write_reason(const struct target *t, struct columns *out)
{
	char until[WALL_TEXT_MAX];
	struct buf text = {0};

	if (target_is_held(t)) {
		wall_write(held_until_s(t), until);
		buf_printf(&text, "held until %s: fell %u times", until,
		    held_count(&t->held, mono_now().ms));
	} else {
		buf_printf(&text, "%s%s",
		    t->last_failed             ? t->reason
		    : t->certificate_ends_soon ? "certificate expires soon"
		                               : "",
		    t->machine.is_second ? ", a second look" : "");
	}
	if (t->word != FLEET_SILENT)
		buf_printf(&text, "%s(fleet: %s, votes %u down, %u up)",
		    text.len != 0 ? " " : "", fleet_word_text(t->word), t->votes_down,
		    t->votes_up);
	columns_cell(out, buf_text(&text));
	buf_fini(&text);
}

static void
write_row_json(const struct row *r, struct json *list)
{
	const struct target *t = r->target;
	struct json *j = json_object();
	char since[WALL_TEXT_MAX], until[WALL_TEXT_MAX];

	json_set_str(j, "endpoint", r->name);
	json_set_str(
	    j, "state", health_state_text((enum health_state)r->endpoint->state));
	write_override_json(r, j);
	json_set_str(j, "check", t != NULL ? t->check->name : NULL);
	if (t != NULL) {
		wall_write(t->since_wall_s, since);
		json_set_str(j, "since", t->since_wall_s != 0 ? since : NULL);
		json_set_str(j, "reason", t->last_failed ? t->reason : NULL);
		json_set_str(j, "last_failure", t->reason[0] != '\0' ? t->reason : NULL);
		if (t->latency_us != 0)
			json_set_int(j, "latency_us", t->latency_us);
		else
			json_set_str(j, "latency_us", NULL);
		wall_write(t->certificate_until_s, until);
		json_set_str(
		    j, "certificate_until", t->certificate_until_s != 0 ? until : NULL);
		wall_write(held_until_s(t), until);
		json_set_str(j, "held_until", target_is_held(t) ? until : NULL);
		json_set_int(j, "falls", held_count(&t->held, mono_now().ms));
		json_set_bool(j, "second_look", t->machine.is_second);
		json_set_str(j, "measured", health_state_text(t->machine.state));
		json_set_str(j, "fleet",
		    t->word != FLEET_SILENT ? fleet_word_text(t->word) : NULL);
		json_set_int(j, "votes_up", t->votes_up);
		json_set_int(j, "votes_down", t->votes_down);
		json_set_int(j, "probes", (int64_t)t->probes);
		json_set_int(j, "failures", (int64_t)t->failures);
		json_set_int(j, "inconclusive", (int64_t)t->inconclusive);
	}
	json_push(list, j);
}

static void
write_row(const struct row *r, struct columns *out)
{
	const struct target *t = r->target;
	char age[AGE_TEXT_MAX] = "", since[WALL_TEXT_MAX] = "";

	columns_cell(out, r->name);
	columns_cell(out, health_state_text((enum health_state)r->endpoint->state));
	if (t == NULL) {
		columns_cell(out, "");
		columns_cell(out, "no check");
		columns_cell(out, "");
		columns_cell(out, "");
		columns_cell(out, "");
		write_override(r, out);
		return;
	}
	if (t->since_wall_s != 0) {
		age_write(wall_now_s() - t->since_wall_s, age);
		wall_write(t->since_wall_s, since);
	}
	columns_cell(out, age);
	write_reason(t, out);
	if (t->latency_us != 0)
		columns_cellf(out, "%.1f ms", t->latency_us / 1000.0);
	else
		columns_cell(out, "");
	columns_cell(out, t->check->name);
	columns_cell(out, since);
	write_override(r, out);
}

static void
in_probe_thread(struct trip *t)
{
	struct health_trip *h = (struct health_trip *)(void *)t;
	struct json *list = json_array();
	struct columns table;

	h->moved = json_array();
	board_each(h->control->board, gather, h);
	if (h->count != 0)
		qsort(h->rows, h->count, sizeof(*h->rows), compare_rows);
	probing_write(board_prober(h->control->board), false, request_text(t->rq),
	    request_data(t->rq));
	columns_init(&table, "endpoint state for reason >latency check since override");
	for (size_t i = 0; i < h->count; i++) {
		write_row(&h->rows[i], &table);
		write_row_json(&h->rows[i], list);
		mem_free(h->rows[i].name);
	}
	columns_write(&table, request_text(t->rq));
	columns_fini(&table);
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
