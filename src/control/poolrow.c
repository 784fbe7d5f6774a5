/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/poolrow.h"

#include <inttypes.h>
#include <string.h>

#include "control/verbs.h"
#include "steer/choice.h"
#include "steer/endpoint.h"
#include "steer/failover.h"

struct counts {
	size_t by_standing[STANDING_DOWN + 1];
	size_t all;
};

/* Of one group, or of all: group NULL. */
static struct counts
count(const struct pool *p, const char *group)
{
	struct counts c = {0};

	for (size_t i = 0; i < p->endpoint_count; i++) {
		const struct endpoint *e = &p->endpoints[i];

		if (group != NULL && strcmp(group, pool_group_text(p, e)) != 0)
			continue;
		c.by_standing[e->standing]++;
		c.all++;
	}
	return c;
}

/* ---- a row ---- */

static void
write_seconds(struct columns *out, int64_t ms)
{
	columns_cellf(out, "%.4g s", (double)ms / 1000);
}

void
poolrow_write(const struct pool *p, struct columns *out)
{
	struct counts c = count(p, NULL);
	struct failover f;

	columns_cell(out, p->name);
	columns_cell(out, p->check != NULL ? p->check->name : "");
	columns_cellf(out, "%zu", c.by_standing[STANDING_UP]);
	columns_cellf(out, "%zu", c.all);
	columns_cellf(out, "%zu", c.by_standing[STANDING_HELD]);
	columns_cellf(out, "%zu", c.by_standing[STANDING_DRAINED]);
	columns_cellf(out, "%zu", c.by_standing[STANDING_UNKNOWN]);
	if (failover_of(p->check, p->spec->ttl, &f)) {
		write_seconds(out, f.refusing_ms);
		write_seconds(out, f.hanging_ms);
	} else {
		columns_cell(out, "");
		columns_cell(out, "");
	}
	columns_cellf(out, "%u s", p->spec->ttl);
}

static void
set_counts(struct json *j, const struct counts *c)
{
	json_set_int(j, "endpoints", (int64_t)c->all);
	for (unsigned s = 0; s <= STANDING_DOWN; s++)
		json_set_int(
		    j, standing_text((enum standing)s), (int64_t)c->by_standing[s]);
}

struct json *
poolrow_json(const struct pool *p)
{
	struct counts c = count(p, NULL);
	struct json *j = json_object(), *times;
	struct failover f;

	json_set_str(j, "pool", p->name);
	json_set_str(j, "check", p->check != NULL ? p->check->name : NULL);
	json_set_int(j, "ttl", p->spec->ttl);
	set_counts(j, &c);
	if (!failover_of(p->check, p->spec->ttl, &f)) {
		json_set_str(j, "failover", NULL);
		return j;
	}
	times = json_object();
	json_set_int(times, "refusing_ms", f.refusing_ms);
	json_set_int(times, "hanging_ms", f.hanging_ms);
	json_set_int(times, "ttl_s", f.ttl_s);
	json_set(j, "failover", times);
	return j;
}

/* ---- all of it ---- */

static void
write_head(const struct pool *p, struct buf *out)
{
	struct counts c = count(p, NULL);
	struct failover f;

	buf_printf(
	    out, "pool %s: %zu of %zu up", p->name, c.by_standing[STANDING_UP], c.all);
	for (unsigned s = STANDING_UNKNOWN; s <= STANDING_DOWN; s++)
		if (c.by_standing[s] != 0)
			buf_printf(out, ", %zu %s", c.by_standing[s],
			    standing_text((enum standing)s));
	if (p->check == NULL)
		buf_str(out, ", no check");
	else
		buf_printf(out, ", check %s", p->check->name);
	buf_printf(out, ", TTL %u\n", p->spec->ttl);
	if (failover_of(p->check, p->spec->ttl, &f))
		buf_printf(out,
		    "  failover   at worst %.4g s when it refuses, %.4g s when it hangs; "
		    "then caches, at most %u s\n",
		    (double)f.refusing_ms / 1000, (double)f.hanging_ms / 1000, f.ttl_s);
}

/* Regions, default and rescue, in the order of the endpoints. */
static void
write_groups(const struct pool *p, struct buf *out, struct json *j)
{
	struct json *list = json_array();
	const char *last = NULL;

	buf_str(out, "  groups    ");
	for (size_t i = 0; i < p->endpoint_count; i++) {
		const char *group = pool_group_text(p, &p->endpoints[i]);
		struct counts c;
		struct json *one;

		if (last != NULL && strcmp(group, last) == 0)
			continue;
		c = count(p, group);
		buf_printf(out, "%s %s %zu of %zu", last != NULL ? "," : "", group,
		    c.by_standing[STANDING_UP], c.all);
		last = group;
		one = json_object();
		json_set_str(one, "group", group);
		set_counts(one, &c);
		json_push(list, one);
	}
	buf_char(out, '\n');
	json_set(j, "groups", list);
}

static void
write_shares(const struct choice *c, const struct pool *p, size_t ladder, struct buf *out,
    struct json *j)
{
	struct json *list = json_array();

	for (unsigned i = 0; i < c->share_count; i++) {
		const struct choice_share *s = &c->shares[i];
		struct json *one = json_object();
		const char *text = choice_text(s->choice, p, ladder);

		buf_printf(out, "%s %s %" PRIu32, i != 0 ? "," : ":", text, s->share);
		json_set_str(one, "served", text);
		json_set_int(one, "share", s->share);
		json_push(list, one);
	}
	json_set(j, "shares", list);
}

/* "clients of weu, A: weu: 192.0.2.1, 192.0.2.2, 1 in each answer" */
static void
write_answer(const struct pool *p, size_t ladder, unsigned family, const struct choice *c,
    struct buf *out, struct json *j)
{
	enum { SHOWN = 4 };
	struct json *list = json_array();
	struct buf name = {0};

	buf_printf(out, "  serves     %s%s, %s: %s",
	    ladder == 0 ? "other clients" : "clients of ",
	    ladder == 0 ? "" : p->regions[ladder - 1].name,
	    p->is_names          ? "CNAME"
	    : family == FAMILY_4 ? "A"
	                         : "AAAA",
	    choice_text(c, p, ladder));
	write_shares(c, p, ladder, out, j);
	for (unsigned i = 0; i < c->count; i++) {
		buf_clear(&name);
		endpoint_write(p, &p->endpoints[c->endpoints[i]], &name);
		json_push_str(list, buf_text(&name));
		if (i < SHOWN && c->share_count == 0)
			buf_printf(out, "%s%s", i == 0 ? ": " : ", ",
			    strrchr(buf_text(&name), '/') + 1);
	}
	if (c->count > SHOWN && c->share_count == 0)
		buf_printf(out, " and %d more", c->count - SHOWN);
	if (c->take < c->count && c->share_count == 0)
		buf_printf(out, ", %u in each answer", c->take);
	buf_char(out, '\n');
	json_set(j, "endpoints", list);
	json_set_int(j, "answers", c->take);
	json_set_int(j, "ttl", choice_ttl(c, 0, mono_now()));
	buf_fini(&name);
}

static void
write_answers(const struct pool *p, size_t most, struct buf *out, struct json *into)
{
	struct json *list = json_array();
	struct buf unseen = {0};
	size_t all = 0;

	for (size_t i = 0; i < (p->region_count + 1) * FAMILY_COUNT; i++) {
		/* regions first, other clients behind them */
		size_t ladder = (i / FAMILY_COUNT + 1) % (p->region_count + 1);
		unsigned family = i % FAMILY_COUNT;
		const struct choice *c = atomic_load_explicit(
		    &p->cells[ladder * FAMILY_COUNT + family], memory_order_relaxed);
		struct json *j;

		/* a pool of names has one answer for both */
		if (c == NULL || c->pick == PICK_NO_FAMILY ||
		    (p->is_names && family != FAMILY_4))
			continue;
		j = json_object();
		json_set_str(
		    j, "clients", ladder == 0 ? "others" : p->regions[ladder - 1].name);
		json_set_str(j, "family",
		    p->is_names          ? NULL
		    : family == FAMILY_4 ? "A"
		                         : "AAAA");
		json_set_str(j, "served", choice_text(c, p, ladder));
		json_set_bool(j, "first_rung", c->pick == PICK_RUNG && c->rung == 0);
		buf_clear(&unseen);
		write_answer(p, ladder, family, c, all++ < most ? out : &unseen, j);
		json_push(list, j);
	}
	if (all > most)
		buf_printf(out, "  serves     and %zu more, in --json\n", all - most);
	buf_fini(&unseen);
	json_set(into, "answers", list);
}

static void
write_override(
    const struct override_rule *rule, const char *name, struct buf *out, struct json *j)
{
	char until[WALL_TEXT_MAX];

	wall_write(rule->until_s, until);
	buf_printf(
	    out, "  override   %s %s by %s", override_text(rule->kind), name, rule->who);
	if (rule->until_s != 0)
		buf_printf(out, " until %s", until);
	buf_printf(out, "%s%s\n", rule->why[0] != '\0' ? ": " : "", rule->why);
	json_set_str(j, "endpoint", name);
	json_set_str(j, "override", override_text(rule->kind));
	json_set_str(j, "who", rule->who);
	json_set_str(j, "why", rule->why);
	json_set_str(j, "until", rule->until_s != 0 ? until : NULL);
}

static void
write_overrides(const struct pool *p, const struct orders *orders, size_t most,
    struct buf *out, struct json *into)
{
	struct json *list = json_array();
	struct buf name = {0}, unseen = {0};
	size_t all = 0;

	for (size_t i = 0; i < p->endpoint_count; i++) {
		const struct override_rule *rule = NULL;
		struct json *j;

		buf_clear(&name);
		endpoint_write(p, &p->endpoints[i], &name);
		if (p->endpoints[i].override != OVERRIDE_AUTO)
			rule = overrides_find(orders_overrides(orders), buf_text(&name));
		if (rule == NULL)
			continue;
		j = json_object();
		buf_clear(&unseen);
		write_override(rule, buf_text(&name), all++ < most ? out : &unseen, j);
		json_push(list, j);
	}
	if (all > most)
		buf_printf(out, "  override   and %zu more, in --json\n", all - most);
	buf_fini(&name);
	buf_fini(&unseen);
	json_set(into, "overrides", list);
}

void
poolrow_detail(const struct pool *p, const struct orders *orders, size_t most,
    struct buf *out, struct json *j)
{
	write_head(p, out);
	write_groups(p, out, j);
	write_answers(p, most, out, j);
	write_overrides(p, orders, most, out, j);
}
