/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/orders.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "steer/choice.h"
#include "steer/endpoint.h"
#include "steer/ladder.h"
#include "steer/pattern.h"
#include "steer/poolid.h"

struct orders {
	struct board *board;
	struct orders_hooks hooks;
	struct loop_timer *expiry;
	struct overrides rules;
	struct buf name; /* room for one */
};

/* ---- rules and endpoints ---- */

static const char *
name_of(struct orders *o, const struct pool *p, const struct endpoint *e)
{
	buf_clear(&o->name);
	endpoint_write(p, e, &o->name);
	return buf_text(&o->name);
}

/* "up" also ends a hold, and what it came from is forgotten. */
static void
trust(struct orders *o, const struct endpoint *e)
{
	for (unsigned i = 0; i < e->target_count; i++)
		prober_trust(board_prober(o->board), e->targets[i]);
}

/* True when something is another than before. */
static bool
apply(struct orders *o, struct pool *p)
{
	bool changed = false;

	for (size_t i = 0; i < p->endpoint_count; i++) {
		struct endpoint *e = &p->endpoints[i];
		const struct override_rule *r =
		    o->rules.count == 0 ? NULL
		                        : overrides_find(&o->rules, name_of(o, p, e));
		enum override kind = r != NULL ? r->kind : OVERRIDE_AUTO;
		struct mono until = {0};

		if (kind != OVERRIDE_AUTO)
			until = r->until;
		if (kind == OVERRIDE_UP && e->override != kind)
			trust(o, e);
		changed |= e->override != kind || e->override_until.ms != until.ms;
		e->override = (uint8_t)kind;
		e->override_until = until;
	}
	return changed;
}

void
orders_apply(struct orders *o, struct pool *p)
{
	(void)apply(o, p);
}

static void
apply_and_refresh(void *ctx, struct pool *p)
{
	struct orders *o = ctx;

	if (apply(o, p))
		board_refresh(o->board, p);
}

static void
forget(void *ctx, const struct override_rule *gone)
{
	struct orders *o = ctx;

	o->hooks.keep(o->hooks.ctx, gone->pattern, NULL);
}

static void
on_replaced(void *ctx, const struct override_rule *gone)
{
	log_notice("override is replaced pattern=\"%s\" kind=%s who=\"%s\" why=\"%s\"",
	    gone->pattern, override_text(gone->kind), gone->who, gone->why);
	forget(ctx, gone);
}

static void
on_expired(void *ctx, const struct override_rule *gone)
{
	log_notice("override has ended pattern=\"%s\" kind=%s who=\"%s\"", gone->pattern,
	    override_text(gone->kind), gone->who);
	forget(ctx, gone);
}

static void
expire(void *ctx)
{
	struct orders *o = ctx;
	size_t count = o->rules.count;
	int64_t next = overrides_expire(&o->rules, mono_now(), on_expired, o);

	if (o->rules.count != count)
		board_each(o->board, apply_and_refresh, o);
	if (next >= 0)
		loop_timer_set_ms(o->expiry, next + 1);
}

/* ---- up and down ---- */

struct orders *
orders_new(struct loop *loop, struct board *board, const struct orders_hooks *hooks)
{
	struct orders *o = mem_new(sizeof(*o));

	o->board = board;
	o->hooks = *hooks;
	o->expiry = loop_timer_new(loop, expire, o);
	return o;
}

void
orders_free(struct orders *o)
{
	if (o == NULL)
		return;
	loop_timer_free(o->expiry);
	overrides_fini(&o->rules);
	buf_fini(&o->name);
	mem_free(o);
}

void
orders_restore(struct orders *o, const char *pattern, const char *line)
{
	enum err e =
	    overrides_restore(&o->rules, pattern, line, wall_now_s(), mono_now());

	if (e != OK)
		log_error("override is lost pattern=\"%s\" kept=\"%s\" reason=\"%s\"",
		    pattern, line, err_text(e));
}

void
orders_restored(struct orders *o)
{
	expire(o);
	board_each(o->board, apply_and_refresh, o);
}

/* ---- orders ---- */

/* What the endpoint would be taken for under these; the last that matches counts. */
static enum override
supposed(struct orders *o, const struct pool *p, const struct endpoint *e,
    const struct override_rule *rules, size_t count, size_t *matched)
{
	const char *name = name_of(o, p, e);

	while (count-- != 0) {
		if (!pattern_match(rules[count].pattern, name))
			continue;
		++*matched;
		return rules[count].kind;
	}
	return (enum override)e->override;
}

/* The standings under these orders; how many endpoints of the pool they match. */
static size_t
suppose_standings(struct orders *o, const struct pool *p,
    const struct override_rule *rules, size_t count, uint8_t *standings)
{
	size_t matched = 0;

	for (size_t i = 0; i < p->endpoint_count; i++) {
		const struct endpoint *e = &p->endpoints[i];
		enum override kind = supposed(o, p, e, rules, count, &matched);

		standings[i] = (uint8_t)board_standing(e, kind);
	}
	return matched;
}

static bool
has_healthy(const struct pool *p, const uint8_t *standings)
{
	for (size_t i = 0; i < p->endpoint_count; i++)
		if (p->endpoints[i].group != GROUP_RESCUE &&
		    standing_is_healthy((enum standing)standings[i]))
			return true;
	return false;
}

/* A choice, or the n-th of those that it is split into. */
static const struct choice *
part_of(const struct choice *c, unsigned n)
{
	return c->share_count != 0 ? c->shares[n].choice : c;
}

static unsigned
count_parts(const struct choice *c)
{
	if (c == NULL)
		return 0;
	return c->share_count != 0 ? c->share_count : 1;
}

static bool
may_hold(
    struct orders *o, const struct pool *p, const struct choice *c, const char *pattern)
{
	for (unsigned k = 0; k < c->count; k++)
		if (pattern_match(pattern, name_of(o, p, &p->endpoints[c->endpoints[k]])))
			return true;
	return false;
}

/* How long an answer that is given now is kept, of those that may hold an endpoint that
 * the order takes out. */
static uint32_t
answers_last(struct orders *o, const struct pool *p, const char *pattern)
{
	uint32_t most = 0, highest = poolid_highest_ttl(p->id);

	for (size_t i = 0; i < (p->region_count + 1) * FAMILY_COUNT; i++) {
		const struct choice *c =
		    atomic_load_explicit(&p->cells[i], memory_order_relaxed);

		for (unsigned n = 0; n < count_parts(c); n++) {
			const struct choice *part = part_of(c, n);
			uint32_t ttl;

			if (part->pick == PICK_CNAME || !may_hold(o, p, part, pattern))
				continue;
			/* of the pool's records some may have no TTL of their own */
			ttl = choice_ttl(
			    part, highest > part->ttl ? highest : 0, mono_now());
			most = ttl > most ? ttl : most;
		}
	}
	return most;
}

struct order {
	struct orders *orders;
	const struct override_rule *rule;
	struct orders_effect *effect;
};

static void
weigh(void *ctx, struct pool *p)
{
	struct order *order = ctx;
	struct orders_effect *out = order->effect;
	uint8_t *standings = mem_array(p->endpoint_count + 1, 1);
	size_t matched = suppose_standings(order->orders, p, order->rule, 1, standings);
	uint32_t ttl;

	out->endpoints += matched;
	out->pools += matched != 0;
	if (matched != 0 && !has_healthy(p, standings)) {
		for (size_t i = 0; i < p->endpoint_count; i++)
			standings[i] = p->endpoints[i].standing;
		if (has_healthy(p, standings) && out->emptied++ == 0)
			snprintf(
			    out->emptied_name, sizeof(out->emptied_name), "%s", p->name);
	}
	if (matched != 0) {
		ttl = answers_last(order->orders, p, order->rule->pattern);
		out->answers_s = ttl > out->answers_s ? ttl : out->answers_s;
	}
	mem_free(standings);
}

static bool
is_met(const struct overrides *rules, const char *pattern)
{
	for (size_t i = 0; i < rules->count; i++)
		if (pattern_meets(rules->list[i].pattern, pattern))
			return true;
	return false;
}

enum err
orders_give(struct orders *o, const struct override_rule *rule, bool force,
    struct orders_effect *out)
{
	struct order order = {o, rule, out};
	const struct override_rule *kept;
	struct buf line = {0};
	enum err e;

	memset(out, 0, sizeof(*out));
	board_each(o->board, weigh, &order);
	if (rule->kind == OVERRIDE_AUTO && !is_met(&o->rules, rule->pattern))
		return ERR_MISSING;
	if (rule->kind != OVERRIDE_AUTO && out->endpoints == 0 && !force)
		return ERR_MISSING;
	if (out->emptied != 0 && !force)
		return ERR_DENIED;
	e = overrides_set(&o->rules, rule, on_replaced, o, &kept);
	if (e != OK)
		return e;
	if (kept != NULL) {
		overrides_write(kept, &line);
		o->hooks.keep(o->hooks.ctx, kept->pattern, buf_text(&line));
		buf_fini(&line);
	}
	log_notice("override pattern=\"%s\" kind=%s who=\"%s\" why=\"%s\" endpoints=%zu",
	    rule->pattern, override_text(rule->kind), rule->who, rule->why,
	    out->endpoints);
	board_each(o->board, apply_and_refresh, o);
	expire(o);
	return OK;
}

const struct overrides *
orders_overrides(const struct orders *o)
{
	return &o->rules;
}

static void
count_matches(void *ctx, struct pool *p)
{
	struct order *order = ctx;

	for (size_t i = 0; i < p->endpoint_count; i++)
		order->effect->endpoints += pattern_match(
		    order->rule->pattern, name_of(order->orders, p, &p->endpoints[i]));
}

size_t
orders_count(struct orders *o, const char *pattern)
{
	struct override_rule rule = {.pattern = (char *)(uintptr_t)pattern};
	struct orders_effect effect = {0};
	struct order order = {o, &rule, &effect};

	board_each(o->board, count_matches, &order);
	return effect.endpoints;
}

/* ---- what if ---- */

/* Only when, not what, may differ. */
static bool
is_same_part(const struct choice *a, const struct choice *b)
{
	return a->kind == b->kind && a->pick == b->pick && a->rung == b->rung &&
	       a->count == b->count && a->take == b->take &&
	       a->off[a->count] == b->off[b->count] &&
	       memcmp(a->endpoints, b->endpoints, a->count * sizeof(*a->endpoints)) == 0;
}

static bool
serve_the_same(const struct choice *a, const struct choice *b)
{
	if (a->share_count != b->share_count)
		return false;
	for (unsigned i = 0; i < a->share_count; i++)
		if (a->shares[i].hash != b->shares[i].hash ||
		    a->shares[i].share != b->shares[i].share)
			return false;
	for (unsigned n = 0; n < count_parts(a); n++)
		if (!is_same_part(part_of(a, n), part_of(b, n)))
			return false;
	return true;
}

struct supposition {
	struct orders *orders;
	const struct override_rule *rules;
	size_t count;
	orders_move *fn;
	void *ctx;
	size_t matched;
};

static void
suppose_pool(void *ctx, struct pool *p)
{
	struct supposition *s = ctx;
	uint8_t *standings = mem_array(p->endpoint_count + 1, 1);
	uint16_t *room = mem_array(p->endpoint_count + 1, sizeof(*room));
	size_t matched = suppose_standings(s->orders, p, s->rules, s->count, standings);

	s->matched += matched;
	for (size_t i = 0; matched != 0 && i < (p->region_count + 1) * FAMILY_COUNT;
	     i++) {
		const struct choice *was =
		    atomic_load_explicit(&p->cells[i], memory_order_relaxed);
		struct choice *then = board_suppose(
		    p, i / FAMILY_COUNT, (unsigned)(i % FAMILY_COUNT), standings, room);

		if (was != NULL && !serve_the_same(was, then))
			s->fn(s->ctx, p, i / FAMILY_COUNT, (unsigned)(i % FAMILY_COUNT),
			    was, then);
		choice_free(then);
	}
	mem_free(room);
	mem_free(standings);
}

size_t
orders_suppose(struct orders *o, const struct override_rule *rules, size_t count,
    orders_move *fn, void *ctx)
{
	struct supposition s = {o, rules, count, fn, ctx, 0};

	board_each(o->board, suppose_pool, &s);
	return s.matched;
}
