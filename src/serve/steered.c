/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/steered.h"

#include <string.h>

#include "base/publish.h"
#include "serve/collect.h"
#include "serve/draw.h"
#include "serve/hint.h"
#include "steer/rendezvous.h"

/* Bits of the client's address that mattered as well. */
static void
widen_scope(struct decision *d, uint8_t scope)
{
	if (d->from_ecs && scope > d->scope)
		d->scope = scope;
}

/* The client subnet where it is given and taken, else who sent the packet. */
static void
locate_client(const struct decide_input *in, struct decision *d)
{
	const struct query_ecs *ecs = &in->query->ecs;
	uint8_t scope;

	d->from_ecs = ecs->present && ecs->source_len != 0 && d->zone->ecs;
	d->client = d->from_ecs ? ecs->ip : in->source;
	d->place = geo_find(in->world->geo, &d->client, &scope);
	/* RFC 7871 7.1.2: with source /0 the client asks not to be steered by its address
	 */
	widen_scope(d, scope);
}

/* What a client is told whose country gets nothing. */
static const struct choice blackhole = {
    .kind = CHOICE_NODATA,
    .pick = PICK_BLACKHOLE,
    .rung = -1,
    .ttl_cap = UINT32_MAX,
};

static bool
is_blackholed(const struct decide_input *in, struct decision *d, const struct pool *p)
{
	const struct config_pool *spec = p->spec;
	char country[4];
	uint8_t scope;

	if (!p->has_blackhole)
		return false;
	geo_find_country(in->world->geo, &d->client, country, &scope);
	widen_scope(d, scope);
	for (size_t i = 0; i < spec->blackhole_count; i++)
		if (strcmp(spec->blackhole[i].code, country) == 0)
			return true;
	return false;
}

/* Asks a pool; NULL when there is no such pool. */
static const struct choice *
ask_pool(const struct decide_input *in, struct decision *d, const struct rrset *steered,
    unsigned family)
{
	const struct pool *p = world_pool(in->world, rrset_pool(steered));
	const struct choice *c;
	uint8_t scope;

	if (p == NULL)
		return NULL;
	if (!d->is_steered)
		locate_client(in, d);
	d->is_steered = true;
	d->pool = p;
	d->family = p->is_names ? FAMILY_4 : family;
	d->ladder = d->place < p->place_count ? p->ladder_of_place[d->place] : 0;
	if (is_blackholed(in, d, p)) {
		d->choice = &blackhole;
		return d->choice;
	}
	c = publish_load(&p->cells[d->ladder * FAMILY_COUNT + d->family]);
	if (choice_is_hashed(c)) {
		d->client_hash = rendezvous_client(&d->client, &scope);
		d->is_hashed = true;
		widen_scope(d, scope);
		c = choice_for(c, d->client_hash);
	}
	d->choice = c;
	d->is_degraded |= c->ttl_cap != UINT32_MAX;
	return c;
}

/* RDATA of the CNAME that a choice of names stands for now. */
static const uint8_t *
chosen_name(
    const struct decide_input *in, const struct decision *d, const struct choice *c)
{
	const struct draw_seed seed = {in->random, d->client_hash};
	struct draw draw;

	for (uint16_t i = 0; in->name != NULL && i < c->count; i++)
		if (name_equal(c->rr + c->off[i] + 12, in->name))
			return c->rr + c->off[i] + 12;
	draw_begin(&draw, c, &seed);
	return c->rr + c->off[draw_next(&draw)] + 12;
}

/* Is there something in a choice for a type that is neither A nor AAAA? */
static bool
has_answer(const struct choice *c, uint16_t qtype)
{
	return c->kind == CHOICE_CNAME ||
	       (c->kind == CHOICE_ADDRESSES && qtype == TYPE_ANY);
}

const uint8_t *
steered_answer(const struct decide_input *in, struct decision *d, const uint8_t *owner,
    const struct rrset *steered)
{
	uint16_t qtype = in->query->qtype;
	bool is_one = qtype == TYPE_A || qtype == TYPE_AAAA; /* of the two families */
	bool is_6 = qtype == TYPE_AAAA || rrset_type(steered) == TYPE_AAAA;
	const struct choice *c = ask_pool(in, d, steered, is_6 ? FAMILY_6 : FAMILY_4);
	struct item item = {.section = SECTION_ANSWER, .owner = owner};

	/* other types see a CNAME, and ANY any address, of whichever family has one */
	if (c != NULL && !is_one && !is_6 && !has_answer(c, qtype))
		c = ask_pool(in, d, steered, FAMILY_6);
	if (c == NULL) {
		collect_servfail(d);
		return NULL;
	}
	if (c->kind == CHOICE_NODATA || (!is_one && !has_answer(c, qtype))) {
		(void)collect_ttl(in, d, steered, 0);
		collect_negative(in, d, NEGATIVE_STEERED_TTL);
		return NULL;
	}
	item.ttl =
	    collect_ttl(in, d, steered, choice_ttl(c, rrset_ttl(steered), in->now));
	if (c->kind == CHOICE_ADDRESSES) {
		item.choice = c;
	} else {
		d->names = c;
		item.cname = chosen_name(in, d, c);
	}
	collect(d, &item);
	return qtype == TYPE_CNAME || qtype == TYPE_ANY ? NULL : item.cname;
}

/* Beside the POOL, and what stands beside a CNAME (RFC 4034 3 and 4). */
static bool
has_other_data(const struct node *n)
{
	for (const struct rrset *s = node_first(n); s != NULL; s = node_next(s))
		if (rrset_type(s) != TYPE_POOL && rrset_type(s) != TYPE_RRSIG &&
		    rrset_type(s) != TYPE_NSEC)
			return true;
	return false;
}

const struct rrset *
steered_for(const struct decide_input *in, const struct node *n)
{
	uint16_t qtype = in->query->qtype;
	const struct rrset *s = node_rrset(n, TYPE_POOL);
	const struct pool *p;

	p = s != NULL ? world_pool(in->world, rrset_pool(s)) : NULL;
	/* of the store, which can not refuse it in time: CNAME loses to any other data */
	if (p != NULL && p->is_names && has_other_data(n))
		s = NULL;
	if (s != NULL) {
		if (qtype == TYPE_A || qtype == TYPE_AAAA || (p != NULL && p->is_names))
			return s;
		/* a CNAME, while it is one, is there for every type (RFC 1034 3.6.2) */
		if (p == NULL || p->spec->when_all_down == ALL_DOWN_CNAME)
			return node_rrset(n, qtype) == NULL ? s : NULL;
		return NULL;
	}
	s = node_rrset(n, qtype);
	if (s == NULL && n->flags & NODE_HAS_CNAME)
		s = node_rrset(n, TYPE_CNAME);
	return s != NULL && s->steered ? s : NULL;
}

/* What steers the addresses of one family at a node; NULL: nothing does. */
static const struct rrset *
steers_family(const struct node *n, unsigned family)
{
	const struct rrset *s = node_rrset(n, TYPE_POOL);

	if (s == NULL)
		s = node_rrset(n, family == FAMILY_4 ? TYPE_A : TYPE_AAAA);
	return s != NULL && s->steered ? s : NULL;
}

void
steered_hints(const struct decide_input *in, struct decision *d, const struct node *n,
    struct item *item)
{
	/* of a pool that is not there: no hint, and the addresses are the client's to ask
	 */
	static const struct choice none = {.kind = CHOICE_NODATA};
	const uint8_t *owner = item->owner != NULL ? item->owner : in->query->qname.bytes;

	if (!hint_takes_any(item->rrset, owner))
		return;
	/* IPv4 last: it is what `explain` shows */
	for (unsigned family = FAMILY_COUNT; family-- > 0;) {
		const struct rrset *steered = steers_family(n, family);
		const struct choice *c;
		uint32_t ttl;

		if (steered == NULL)
			continue;
		c = ask_pool(in, d, steered, family);
		item->hinted = true;
		d->hints[family] = c != NULL ? c : &none;
		if (c == NULL)
			continue;
		/* the records live no longer than either of the answers they foretell */
		ttl = collect_ttl(
		    in, d, steered, choice_ttl(c, rrset_ttl(steered), in->now));
		if (ttl < item->ttl)
			item->ttl = ttl;
	}
}
