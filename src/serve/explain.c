/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/explain.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "serve/answer.h"
#include "serve/explain_pool.h"
#include "serve/hint.h"
#include "zone/rdata.h"

enum { EXPLAIN_RANDOM = 1 };
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
	struct answerer other; /* asks again for each name of a pool of names */
	uint8_t other_response[DNS_MESSAGE_MAX];
	struct json *candidates; /* NULL: nothing is steered */
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

/* Why the TTL is what it is: the first reason that holds of those that lower it. */
static const char *
ttl_reason(const struct explaining *x, const struct item *i)
{
	const struct decision *d = &x->answerer.decision;
	const struct choice *c = d->choice;

	if (d->is_stale)
		return "the record's, at most store.stale_ttl: the store is out of touch";
	if (!d->is_steered || c == NULL)
		return i->rrset != NULL && i->ttl != rrset_ttl(i->rrset)
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
	x->candidates = list;
}

static void
push_once(struct json *list, const char *text)
{
	for (size_t i = 0; i < json_count(list); i++)
		if (strcmp(json_str(json_at(list, i)), text) == 0)
			return;
	json_push_str(list, text);
}

static void
write_line(struct explaining *x, const struct item *i, uint16_t type,
    const uint8_t *rdata, uint16_t len, struct json *list)
{
	char owner[NAME_TEXT_MAX], type_text[RDATA_TYPE_TEXT_MAX];
	struct buf line = {0};
	size_t count;

	name_write(i->owner != NULL ? i->owner : x->qname.bytes, owner);
	rdata_type_write(type, type_text);
	buf_printf(&line, "%s %u IN %s ", owner, i->ttl, type_text);
	rdata_write(type, rdata, len, &line);
	count = json_count(list);
	push_once(list, buf_text(&line));
	if (json_count(list) != count)
		buf_printf(x->text, "             %s\n", buf_text(&line));
	if (x->candidates != NULL && i->section == SECTION_ANSWER &&
	    (type == TYPE_A || type == TYPE_AAAA)) {
		buf_clear(&line);
		rdata_write(type, rdata, len, &line);
		push_once(x->candidates, buf_text(&line));
	}
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
			write_line(
			    x, i, rrset_type(i->rrset), room, (uint16_t)w.len, list);
	}
	mem_free(room);
}

/* All that chance may pick; of a sticky choice, those that are picked. */
static void
write_choice(struct explaining *x, const struct item *i, struct json *list)
{
	const struct draw_seed seed = {.client = x->answerer.decision.client_hash};
	const struct choice *c = i->choice;
	struct draw draw;

	draw_begin(&draw, c, &seed);
	for (unsigned k = 0; k < (c->sticky ? c->take : c->count); k++) {
		const uint8_t *rr = c->rr + c->off[c->sticky ? draw_next(&draw) : k];

		write_line(x, i, wire_get16(rr + 2), rr + 12, wire_get16(rr + 10), list);
	}
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
	if (i->choice != NULL)
		write_choice(x, i, list);
	if (i->rrset != NULL)
		for (size_t pos = 0; rrset_next(i->rrset, &pos, &r);)
			write_line(x, i, rrset_type(i->rrset), r.data, r.len, list);
}

/* What a section has in the answers with the other names of a pool of names. */
static void
write_other_names(struct explaining *x, enum section section, struct json *list)
{
	const struct choice *names = x->answerer.decision.names;
	const struct decision *d = &x->other.decision;

	for (unsigned n = 0; names != NULL && !names->sticky && n < names->count; n++) {
		x->other.random = EXPLAIN_RANDOM;
		x->other.name = names->rr + names->off[n] + 12;
		(void)answer(&x->other, x->query, x->query_len, &x->client, OVER_TCP,
		    x->other_response);
		for (size_t i = 0; i < d->item_count; i++)
			if (d->items[i].section == section)
				write_item(x, &d->items[i], list);
	}
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
		if (any)
			write_other_names(x, (enum section)s, list);
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
		explain_pool(&(struct explain_pool){d, x->data, x->text});
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
		x->answerer.random = EXPLAIN_RANDOM;
		x->answerer.counters = &uncounted;
		x->other = x->answerer;
		(void)answer(&x->answerer, x->query, x->query_len, &x->client, OVER_TCP,
		    x->response);
		write_all(x);
		publish_unpin(reader);
	}
	mem_free(x);
	return e;
}
