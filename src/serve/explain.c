/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/explain.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "health/prober.h"
#include "serve/answer.h"
#include "serve/hint.h"
#include "steer/ladder.h"
#include "zone/rdata.h"

enum { QUERY_MAX = DNS_HEADER_LEN + DNS_NAME_MAX + 4 + 11 + 4 + 4 + 16 };

/* What one explanation works with. */
struct explaining {
	const struct world *world;
	struct answerer answerer;
	struct name qname;
	uint16_t qtype;
	struct ip client;
	uint8_t query[QUERY_MAX];
	size_t query_len;
	uint8_t response[DNS_MESSAGE_MAX];
	struct json *data;
	struct buf *text;
};

/* The question as a resolver at the client would ask it: with the whole address as ECS.
 */
static void
make_query(struct explaining *x)
{
	unsigned octets = x->client.family == 4 ? 4 : 16;
	uint8_t *p = x->query;

	memset(p, 0, DNS_HEADER_LEN);
	wire_put16(p + 4, 1);
	wire_put16(p + 10, 1);
	p += DNS_HEADER_LEN;
	memcpy(p, x->qname.bytes, x->qname.len);
	p += x->qname.len;
	wire_put16(p, x->qtype);
	wire_put16(p + 2, CLASS_IN);
	p += 4;
	*p++ = 0;
	wire_put16(p, TYPE_OPT);
	wire_put16(p + 2, DNS_UDP_CAP);
	wire_put32(p + 4, 0);
	wire_put16(p + 8, (uint16_t)(8 + octets));
	wire_put16(p + 10, OPTION_ECS);
	wire_put16(p + 12, (uint16_t)(4 + octets));
	wire_put16(p + 14, x->client.family == 4 ? 1 : 2);
	p[16] = (uint8_t)(octets * 8);
	p[17] = 0;
	memcpy(p + 18, x->client.bytes, octets);
	x->query_len = (size_t)(p + 18 + octets - x->query);
}

static const char *
rcode_text(uint16_t rcode, char room[16])
{
	static const char *const names[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
	    "NOTIMP", "REFUSED", "YXDOMAIN"};

	if (rcode < sizeof(names) / sizeof(names[0]))
		return names[rcode];
	snprintf(room, 16, "RCODE%u", rcode);
	return room;
}

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

static void
write_client(struct explaining *x)
{
	const struct decision *d = &x->answerer.decision;
	struct geo_chain chain = geo_chain(x->world->geo, d->place);
	struct json *regions = json_array();
	struct geo_where where;
	char ip[IP_TEXT_MAX];

	ip_write(&x->client, ip);
	geo_describe(x->world->geo, &x->client, &where);
	buf_printf(x->text, "client     %s", ip);
	if (where.country[0] != '\0')
		buf_printf(x->text, ", country %s", where.country);
	if (where.continent[0] != '\0')
		buf_printf(x->text, ", continent %s", where.continent);
	buf_printf(x->text, "\nregions    ");
	for (size_t i = 0; i < chain.count; i++) {
		const struct geo_region *r = geo_region(x->world->geo, chain.regions[i]);

		buf_printf(
		    x->text, "%s%s (%s)", i != 0 ? ", then " : "", r->name, r->title);
		json_push_str(regions, r->name);
	}
	buf_printf(
	    x->text, "%s\n", chain.count == 0 ? "none: the client is nowhere" : "");
	if (d->from_ecs)
		buf_printf(x->text, "scope      /%u\n", d->scope);
	json_set_str(x->data, "client", ip);
	json_set_str(x->data, "country", where.country);
	json_set_str(x->data, "continent", where.continent);
	json_set(x->data, "regions", regions);
	json_set_int(x->data, "scope", d->scope);
}

static void
write_endpoint(struct explaining *x, const struct pool *p, const struct endpoint *e,
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
write_rungs(struct explaining *x, const uint8_t *standings)
{
	const struct decision *d = &x->answerer.decision;
	const struct pool *p = d->pool;
	const struct ladder *l = &p->ladders[d->ladder];
	struct json *rungs = json_array();

	for (size_t i = 0; i < l->count; i++) {
		const struct rung *r = &l->rungs[i];
		struct json *j = json_object(), *list = json_array();
		bool used = d->choice->rung == (int)i;
		struct rung_view v;

		ladder_view_rung(p, r, d->family, standings, &v);
		buf_printf(x->text, "rung %-5zu %s (%s): %u of %u healthy, %u needed%s\n",
		    i + 1, pool_rung_text(p, r), rung_kind_text(r->kind), v.healthy,
		    v.configured, v.needed, used ? "  <- used" : "");
		json_set_int(j, "rung", (int64_t)i + 1);
		json_set_str(j, "region", pool_rung_text(p, r));
		json_set_int(j, "configured", v.configured);
		json_set_int(j, "healthy", v.healthy);
		json_set_int(j, "needed", v.needed);
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

/* Why the TTL is what it is: the first reason that holds of those that lower it. */
static const char *
ttl_reason(const struct explaining *x, const struct item *i)
{
	const struct decision *d = &x->answerer.decision;
	const struct choice *c = d->choice;

	if (d->is_stale)
		return "the record's, at most store.stale_ttl: the store is out of touch";
	if (!d->is_steered || c == NULL)
		return i->rrset != NULL && i->ttl != i->rrset->ttl
		           ? "negative answer (RFC 2308)"
		           : "the record's";
	if (i->section == SECTION_AUTHORITY)
		return "negative answer of a steered name: at most 30 s";
	if (i->ttl == c->ttl_cap)
		return "capped at 30 s: not the first rung";
	if (!mono_is_never(c->pending) && i->ttl != c->ttl)
		return "time to the next possible change";
	return i->ttl == c->ttl ? "the pool's" : "the record's";
}

static void
write_rescue(struct explaining *x, const struct pool *p, const struct choice *c)
{
	struct json *list = NULL;

	for (size_t i = 0; i < p->endpoint_count; i++) {
		const struct endpoint *e = &p->endpoints[i];

		if (e->group != GROUP_RESCUE ||
		    (!p->is_names && e->family != x->answerer.decision.family))
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

static void
write_pool(struct explaining *x)
{
	const struct decision *d = &x->answerer.decision;
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
	write_rungs(x, standings);
	write_rescue(x, p, c);
	buf_printf(x->text, "decision   %s", pick_kind_text(c->pick));
	if (c->rung >= 0)
		buf_printf(x->text, " %d", c->rung + 1);
	buf_printf(x->text, "%s, %u of %u candidates in each answer\n",
	    c->pick == PICK_NO_FAMILY ? " (the first rung has no such addresses)"
	    : c->pick != PICK_RUNG    ? " (nothing on the ladder is healthy)"
	    : !c->sufficient          ? " (below min_healthy, but the best there is)"
	                              : "",
	    c->take, c->count);
	json_set_str(x->data, "pick", pick_kind_text(c->pick));
	if (c->rung >= 0)
		json_set_int(x->data, "used_rung", c->rung + 1);
	else
		json_set_str(x->data, "used_rung", NULL);
	mem_free(standings);
}

static void
write_candidates_of(const struct choice *c, struct json *list)
{
	for (unsigned i = 0; i < c->count; i++) {
		const uint8_t *rr = c->rr + c->off[i];
		struct buf text = {0};

		rdata_write(wire_get16(rr + 2), rr + 12, wire_get16(rr + 10), &text);
		json_push_str(list, buf_text(&text));
		buf_fini(&text);
	}
}

static void
write_candidates(struct explaining *x)
{
	const struct decision *d = &x->answerer.decision;
	struct json *list = json_array();
	bool hinted = false;

	for (unsigned family = 0; family < FAMILY_COUNT; family++) {
		if (d->hints[family] == NULL)
			continue;
		write_candidates_of(d->hints[family], list);
		hinted = true;
	}
	if (!hinted && d->choice != NULL)
		write_candidates_of(d->choice, list);
	json_set(x->data, "candidates", list);
}

static void
write_line(struct explaining *x, const struct item *i, uint16_t type,
    const uint8_t *rdata, uint16_t len, struct json *list)
{
	char owner[NAME_TEXT_MAX], type_text[RDATA_TYPE_TEXT_MAX];
	struct buf line = {0};

	name_write(i->owner != NULL ? i->owner : x->qname.bytes, owner);
	rdata_type_write(type, type_text);
	buf_printf(&line, "%s %u IN %s ", owner, i->ttl, type_text);
	rdata_write(type, rdata, len, &line);
	buf_printf(x->text, "             %s\n", buf_text(&line));
	json_push_str(list, buf_text(&line));
	buf_fini(&line);
}

/* HTTPS and SVCB with hints of the moment: all candidates, as for A and AAAA. */
static void
write_hinted(struct explaining *x, const struct item *i, struct json *list)
{
	const struct decision *d = &x->answerer.decision;
	const uint8_t *owner = i->owner != NULL ? i->owner : x->qname.bytes;
	struct choice all[FAMILY_COUNT];
	const struct choice *hints[FAMILY_COUNT] = {NULL};
	uint8_t *room = mem_array(DNS_MESSAGE_MAX, 1);
	const struct draw_seed seed = {0};
	struct writer w;
	struct rdata r;

	for (unsigned family = 0; family < FAMILY_COUNT; family++) {
		if (d->hints[family] == NULL)
			continue;
		all[family] = *d->hints[family];
		all[family].take = all[family].count;
		all[family].pick = PICK_ALL;
		all[family].sticky = false;
		hints[family] = &all[family];
	}
	for (size_t pos = 0; rrset_next(i->rrset, &pos, &r);) {
		writer_init(&w, room, DNS_MESSAGE_MAX);
		hint_write(&w, &r, owner, hints, &seed);
		if (!w.full)
			write_line(x, i, i->rrset->type, room, (uint16_t)w.len, list);
	}
	mem_free(room);
}

static void
write_item(struct explaining *x, const struct item *i, struct json *list)
{
	struct rdata r;

	if (i->hinted) {
		write_hinted(x, i, list);
		return;
	}

	if (i->cname != NULL)
		write_line(x, i, TYPE_CNAME, i->cname, name_len(i->cname), list);
	for (unsigned k = 0; i->choice != NULL && k < i->choice->count; k++) {
		const uint8_t *rr = i->choice->rr + i->choice->off[k];

		write_line(x, i, wire_get16(rr + 2), rr + 12, wire_get16(rr + 10), list);
	}
	if (i->rrset != NULL)
		for (size_t pos = 0; rrset_next(i->rrset, &pos, &r);)
			write_line(x, i, i->rrset->type, r.data, r.len, list);
}

static void
write_answer(struct explaining *x)
{
	static const char *const sections[] = {"answer", "authority", "additional"};
	const struct decision *d = &x->answerer.decision;
	char room[16];

	buf_printf(x->text, "rcode      %s%s%s\n", rcode_text(d->rcode, room),
	    d->aa ? ", authoritative" : "", d->is_wildcard ? ", by a wildcard" : "");
	json_set_str(x->data, "rcode", rcode_text(d->rcode, room));
	json_set_bool(x->data, "aa", d->aa);
	json_set_bool(x->data, "stale", d->is_stale);
	if (d->item_count != 0) {
		buf_printf(x->text, "ttl        %u: %s\n", d->items[0].ttl,
		    ttl_reason(x, &d->items[0]));
		json_set_int(x->data, "ttl", d->items[0].ttl);
		json_set_str(x->data, "ttl_reason", ttl_reason(x, &d->items[0]));
	}
	for (unsigned s = 0; s < 3; s++) {
		struct json *list = json_array();
		bool any = false;

		for (size_t i = 0; i < d->item_count; i++) {
			if ((unsigned)d->items[i].section != s)
				continue;
			if (!any)
				buf_printf(x->text, "%s\n", sections[s]);
			any = true;
			write_item(x, &d->items[i], list);
		}
		json_set(x->data, sections[s], list);
	}
}

static void
write_all(struct explaining *x)
{
	const struct decision *d = &x->answerer.decision;
	char name[NAME_TEXT_MAX], type[RDATA_TYPE_TEXT_MAX], zone[NAME_TEXT_MAX];

	name_write_plain(x->qname.bytes, name);
	rdata_type_write(x->qtype, type);
	buf_printf(x->text, "question   %s %s\n", name, type);
	json_set_str(x->data, "name", name);
	json_set_str(x->data, "type", type);
	if (d->zone == NULL) {
		buf_str(x->text, "zone       none of ours\n");
	} else {
		name_write_plain(d->zone->apex.bytes, zone);
		buf_printf(x->text, "zone       %s%s\n", zone,
		    d->zone->broken ? ", has no good data" : "");
		json_set_str(x->data, "zone", zone);
	}
	if (d->is_steered) {
		write_client(x);
		write_pool(x);
		write_candidates(x);
	}
	write_answer(x);
}

/* ANY is no type of a record, but may be asked for. */
static enum err
parse_type(const char *text, uint16_t *out)
{
	if (strcasecmp(text, "ANY") != 0)
		return rdata_type_parse(text, strlen(text), out);
	*out = TYPE_ANY;
	return OK;
}

enum err
explain(struct shared *shared, struct publish_reader *reader,
    const struct explain_question *question, struct json *data, struct buf *text,
    struct buf *why)
{
	struct explaining *x = mem_new(sizeof(*x));
	struct counters uncounted = {0};
	enum err e;

	e = name_parse(question->name, strlen(question->name), &name_root, &x->qname);
	if (e != OK)
		buf_printf(why, "\"%s\" is no domain name", question->name);
	if (e == OK) {
		e = parse_type(question->type, &x->qtype);
		if (e != OK)
			buf_printf(why, "\"%s\" is no record type", question->type);
	}
	if (e == OK) {
		x->client = question->client;
		x->data = data;
		x->text = text;
		make_query(x);
		publish_pin(&shared->domain, reader);
		x->world = publish_load(&shared->world);
		x->answerer.world = x->world;
		x->answerer.now = mono_now();
		x->answerer.stale_ttl = atomic_load(&shared->stale_ttl);
		x->answerer.random = 1;
		x->answerer.counters = &uncounted;
		(void)answer(&x->answerer, x->query, x->query_len, &x->client, OVER_TCP,
		    x->response);
		write_all(x);
		publish_unpin(reader);
	}
	mem_free(x);
	return e;
}
