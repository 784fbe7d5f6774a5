/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/explain_pool.h"

#include <stdio.h>

#include "base/mem.h"
#include "health/prober.h"
#include "steer/failover.h"
#include "steer/ladder.h"
#include "steer/rendezvous.h"

static const char *
rung_kind_text(enum rung_kind k)
{
	switch (k) {
	case RUNG_REGION:
		return "the client's region";
	case RUNG_FALLBACK:
		return "fallback";
	case RUNG_DEFAULT:
		return "default";
	case RUNG_DISTANCE:
		return "by distance";
	}
	return "?";
}

/* What the ladder sees in place of what was measured. */
static void
write_standing(struct explain_pool *x, const struct endpoint *e, struct json *j)
{
	const char *standing = standing_text((enum standing)e->standing);

	if (e->override != OVERRIDE_AUTO)
		buf_printf(x->text, ", %s by an operator", standing);
	else if (e->standing == STANDING_HELD)
		buf_str(x->text, ", held: it has come back too often");
	json_set_str(j, "standing", standing);
	json_set_str(j, "override", override_text((enum override)e->override));
}

static void
write_endpoint(struct explain_pool *x, const struct pool *p, const struct endpoint *e,
    struct json *list)
{
	const struct target *t = e->target_count != 0 ? e->targets[0] : NULL;
	const char *state = health_state_text((enum health_state)e->state);
	char text[NAME_TEXT_MAX], since[WALL_TEXT_MAX] = "";
	struct json *j = json_object();

	if (e->name != NULL)
		name_write_plain(e->name->bytes, text);
	else
		ip_write(&e->ip, text);
	buf_printf(x->text, "             %-24s weight %-3u %s", text, e->weight, state);
	json_set_str(j, "address", text);
	json_set_str(j, "group", pool_group_text(p, e));
	json_set_int(j, "weight", e->weight);
	json_set_str(j, "state", state);
	write_standing(x, e, j);
	if (t == NULL) {
		buf_str(x->text, " (no check)");
	} else {
		if (t->since_wall_s != 0) {
			wall_write(t->since_wall_s, since);
			buf_printf(x->text, " since %s", since);
		}
		if (t->last_failed)
			buf_printf(x->text, ": %s", t->reason);
		json_set_str(j, "since", since[0] != '\0' ? since : NULL);
		json_set_str(j, "reason", t->last_failed ? t->reason : NULL);
	}
	buf_char(x->text, '\n');
	json_push(list, j);
}

static void
write_rungs(struct explain_pool *x, const uint8_t *standings)
{
	const struct decision *d = x->decision;
	const struct pool *p = d->pool;
	const struct ladder *l = &p->ladders[d->ladder];
	struct json *rungs = json_array();

	for (size_t i = 0; i < l->count; i++) {
		const struct rung *r = &l->rungs[i];
		struct json *j = json_object(), *list = json_array();
		bool used = d->choice->rung == (int)i;
		struct rung_view v;

		ladder_view_rung(p, r, d->family, standings, &v);
		buf_printf(x->text, "rung %-5zu %s (%s", i + 1, pool_rung_text(p, r),
		    rung_kind_text(r->kind));
		if (r->share != 0) {
			buf_printf(x->text, ", share %u", r->share);
			json_set_int(j, "share", r->share);
		}
		buf_printf(x->text, "): %u of %u healthy, %u needed", v.healthy,
		    v.configured, v.needed);
		if (v.drained != 0)
			buf_printf(x->text, ", %u drained", v.drained);
		buf_printf(x->text, "%s\n", used ? "  <- used" : "");
		json_set_int(j, "rung", (int64_t)i + 1);
		json_set_str(j, "region", pool_rung_text(p, r));
		json_set_int(j, "configured", v.configured);
		json_set_int(j, "healthy", v.healthy);
		json_set_int(j, "needed", v.needed);
		json_set_int(j, "drained", v.drained);
		json_set_bool(j, "used", used);
		for (unsigned k = 0; k < r->count; k++) {
			const struct endpoint *e = &p->endpoints[p->order[r->first + k]];

			if (p->is_names || e->family == d->family)
				write_endpoint(x, p, e, list);
		}
		json_set(j, "endpoints", list);
		json_push(rungs, j);
	}
	json_set(x->data, "rungs", rungs);
}

static void
write_rescue(struct explain_pool *x, const struct pool *p, const struct choice *c)
{
	struct json *list = NULL;

	for (size_t i = 0; i < p->endpoint_count; i++) {
		const struct endpoint *e = &p->endpoints[i];

		if (e->group != GROUP_RESCUE ||
		    (!p->is_names && e->family != x->decision->family))
			continue;
		if (list == NULL) {
			list = json_array();
			buf_printf(x->text, "rescue%s\n",
			    c->pick == PICK_RESCUE ? "  <- used" : "");
		}
		write_endpoint(x, p, e, list);
	}
	if (list != NULL)
		json_set(x->data, "rescue", list);
}

/* Whose clients go where, and which ones this client keeps to. */
static void
write_hash(struct explain_pool *x)
{
	const struct decision *d = x->decision;
	struct ip_prefix prefix = {.ip = d->client};
	char text[PREFIX_TEXT_MAX], hash[20];

	json_set_bool(x->data, "sticky", d->pool->spec->sticky);
	if (!d->is_hashed)
		return;
	(void)rendezvous_client(&d->client, &prefix.len);
	ip_mask(&prefix.ip, prefix.len);
	ip_prefix_write(&prefix, text);
	snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)d->client_hash);
	buf_printf(x->text, "hash       %s of %s\n", hash, text);
	json_set_str(x->data, "client_hash", hash);
	json_set_str(x->data, "client_prefix", text);
}

static void
write_seconds(struct buf *text, int64_t ms)
{
	buf_printf(text, "%lld.%03d s", (long long)(ms / 1000), (int)(ms % 1000));
}

static void
write_failover(struct explain_pool *x, const struct pool *p)
{
	struct json *j;
	struct failover f;

	if (!failover_of(p->check, p->spec->ttl, &f))
		return;
	buf_str(x->text, "failover   at worst ");
	write_seconds(x->text, f.refusing_ms);
	buf_str(x->text, " when it refuses, ");
	write_seconds(x->text, f.hanging_ms);
	buf_printf(x->text, " when it hangs; then caches, at most %u s\n", f.ttl_s);
	j = json_object();
	json_set_int(j, "refusing_ms", f.refusing_ms);
	json_set_int(j, "hanging_ms", f.hanging_ms);
	json_set_int(j, "ttl_s", f.ttl_s);
	json_set(x->data, "failover", j);
}

static const char *
pick_comment(const struct choice *c)
{
	switch (c->pick) {
	case PICK_RUNG:
		return c->sufficient ? "" : " (below min_healthy, but the best there is)";
	case PICK_NO_FAMILY:
		return " (the first rung has no such addresses)";
	case PICK_DRAINED:
		return " (nothing on the ladder is healthy; these are drained)";
	case PICK_BLACKHOLE:
		return " (the client's country gets nothing)";
	case PICK_RESCUE:
	case PICK_ALL:
	case PICK_CNAME:
	case PICK_EMPTY:
		break;
	}
	return " (nothing on the ladder is healthy)";
}

void
explain_pool(struct explain_pool *x)
{
	const struct decision *d = x->decision;
	const struct pool *p = d->pool;
	const struct choice *c = d->choice;
	const char *start = d->ladder == 0 ? "nowhere" : p->regions[d->ladder - 1].name;
	uint8_t *standings = mem_array(p->endpoint_count, 1);

	for (size_t i = 0; i < p->endpoint_count; i++)
		standings[i] = p->endpoints[i].standing;
	buf_printf(x->text, "pool       %s, check %s, ladder of %s, %s\n", p->name,
	    p->check != NULL ? p->check->name : "none", start,
	    p->is_names             ? "names"
	    : d->family == FAMILY_4 ? "IPv4"
	                            : "IPv6");
	json_set_str(x->data, "pool", p->name);
	json_set_str(x->data, "check", p->check != NULL ? p->check->name : NULL);
	json_set_str(x->data, "ladder", start);
	write_failover(x, p);
	write_hash(x);
	write_rungs(x, standings);
	write_rescue(x, p, c);
	buf_printf(x->text, "decision   %s", pick_kind_text(c->pick));
	if (c->rung >= 0)
		buf_printf(x->text, " %d", c->rung + 1);
	buf_printf(x->text, "%s, %u of %u candidates in each answer%s\n", pick_comment(c),
	    c->take, c->count,
	    c->sticky && c->count > 1 ? ", those that the client keeps to" : "");
	json_set_str(x->data, "pick", pick_kind_text(c->pick));
	if (c->rung >= 0)
		json_set_int(x->data, "used_rung", c->rung + 1);
	else
		json_set_str(x->data, "used_rung", NULL);
	mem_free(standings);
}
