/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/decide.h"

#include <string.h>

#include "base/publish.h"
#include "serve/chaos.h"

enum { NEGATIVE_STEERED_TTL = 30, STALE_STEERED_TTL = 30 };

static void
add(struct decision *d, struct item item)
{
	if (d->item_count < DECISION_ITEMS_MAX)
		d->items[d->item_count++] = item;
}

/* Stale records go out with a TTL that lets the world notice when the store is back. */
static uint32_t
fresh_ttl(const struct decide_input *in, struct decision *d, const struct rrset *s,
    uint32_t ttl)
{
	uint32_t cap = s->pool != 0 ? STALE_STEERED_TTL : in->stale_ttl;

	if (!s->from_store || in->stale_ttl == 0)
		return ttl;
	d->is_stale = true;
	return ttl < cap ? ttl : cap;
}

static void
add_rrset(const struct decide_input *in, struct decision *d, enum section section,
    const uint8_t *owner, const struct rrset *s)
{
	add(d, (struct item){
	           .section = section,
	           .owner = owner,
	           .rrset = s,
	           .ttl = fresh_ttl(in, d, s, s->ttl),
	       });
}

/* RFC 2308 5: the SOA's TTL in a negative answer is the lesser of its TTL and MINIMUM. */
static void
add_soa(struct decision *d, uint32_t cap)
{
	const struct rrset *soa = d->zone->soa;
	uint32_t minimum = wire_get32(soa->wire + soa->wire_len - 4);
	uint32_t ttl = soa->ttl < minimum ? soa->ttl : minimum;

	add(d, (struct item){
	           .section = SECTION_AUTHORITY,
	           .owner = d->zone->apex.bytes,
	           .rrset = soa,
	           .ttl = ttl < cap ? ttl : cap,
	       });
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
	if (d->from_ecs && scope > d->scope)
		d->scope = scope;
}

/* Asks a pool; NULL when there is no such pool. */
static const struct choice *
ask_pool(const struct decide_input *in, struct decision *d, const struct rrset *steered,
    unsigned family)
{
	const struct pool *p = world_pool(in->world, steered->pool);
	const struct choice *c;

	if (p == NULL)
		return NULL;
	if (!d->is_steered)
		locate_client(in, d);
	d->is_steered = true;
	d->pool = p;
	d->family = p->is_names ? FAMILY_4 : family;
	d->ladder = d->place < p->place_count ? p->ladder_of_place[d->place] : 0;
	c = publish_load(&p->cells[d->ladder * FAMILY_COUNT + d->family]);
	d->choice = c;
	d->is_degraded |= c->ttl_cap != UINT32_MAX;
	return c;
}

/* RDATA of the CNAME that a choice of names stands for now. */
static const uint8_t *
chosen_name(const struct choice *c, uint32_t random)
{
	uint32_t i = random % c->count, r;

	if (c->weighted && c->weights[c->count - 1] != 0) {
		r = random % c->weights[c->count - 1];
		for (i = 0; c->weights[i] <= r; i++)
			continue;
	}
	return c->rr + c->off[i] + 12;
}

enum next { NEXT_DONE, NEXT_FOLLOW };

/* A CNAME of this name is in the answer already. */
static bool
is_answered(const struct decide_input *in, const struct decision *d, const uint8_t *name)
{
	for (size_t i = 0; i < d->item_count; i++) {
		const struct item *item = &d->items[i];

		/* a DNAME says nothing of its own owner */
		if (item->rrset != NULL && item->rrset->type == TYPE_DNAME)
			continue;
		if (name_equal(
		        item->owner != NULL ? item->owner : in->query->qname.bytes, name))
			return true;
	}
	return false;
}

/*
 * Takes up a CNAME's target: RFC 1034 4.3.2 3a, but only inside this zone (what lies in
 * another one, the resolver asks for). A loop ends with what was found so far.
 */
static enum next
follow(const struct decide_input *in, struct decision *d, const uint8_t *target)
{
	if (d->chain == CHAIN_MAX || !name_is_under(target, d->zone->apex.bytes))
		return NEXT_DONE;
	if (is_answered(in, d, target))
		return NEXT_DONE;
	name_path_set(&d->path, target, name_len(target));
	if (zones_find(&in->world->zones, &d->path) != d->zone)
		return NEXT_DONE;
	d->chain++;
	return NEXT_FOLLOW;
}

/* That the store has no more than this is known only while it is in touch. */
static enum next
nodata(const struct decide_input *in, struct decision *d, uint32_t cap)
{
	if (d->zone->store != NULL && in->stale_ttl != 0) {
		d->is_stale = true;
		cap = in->stale_ttl < cap ? in->stale_ttl : cap;
	}
	add_soa(d, cap);
	return NEXT_DONE;
}

/* Nothing that was found on the way here is worth more than trying again. */
static enum next
servfail(struct decision *d)
{
	d->rcode = RCODE_SERVFAIL;
	d->aa = false;
	d->item_count = 0;
	return NEXT_DONE;
}

/* Is there something in a choice for a type that is neither A nor AAAA? */
static bool
has_answer(const struct choice *c, uint16_t qtype)
{
	return c->kind == CHOICE_CNAME ||
	       (c->kind == CHOICE_ADDRESSES && qtype == TYPE_ANY);
}

/* A steered name; owner: NULL for the question's. */
static enum next
answer_steered(const struct decide_input *in, struct decision *d, const uint8_t *owner,
    const struct rrset *steered, const uint8_t **next_owner)
{
	uint16_t qtype = in->query->qtype;
	bool is_one = qtype == TYPE_A || qtype == TYPE_AAAA; /* of the two families */
	bool is_6 = qtype == TYPE_AAAA || steered->type == TYPE_AAAA;
	const struct choice *c = ask_pool(in, d, steered, is_6 ? FAMILY_6 : FAMILY_4);
	struct item item = {.section = SECTION_ANSWER, .owner = owner};

	/* other types see a CNAME, and ANY any address, of whichever family has one */
	if (c != NULL && !is_one && !is_6 && !has_answer(c, qtype))
		c = ask_pool(in, d, steered, FAMILY_6);
	if (c == NULL)
		return servfail(d);
	if (c->kind == CHOICE_NODATA || (!is_one && !has_answer(c, qtype))) {
		(void)fresh_ttl(in, d, steered, 0);
		return nodata(in, d, NEGATIVE_STEERED_TTL);
	}
	item.ttl = fresh_ttl(in, d, steered, choice_ttl(c, steered->ttl, in->now));
	if (c->kind == CHOICE_ADDRESSES) {
		item.choice = c;
		add(d, item);
		return NEXT_DONE;
	}
	item.cname = chosen_name(c, in->random);
	add(d, item);
	if (qtype == TYPE_CNAME || qtype == TYPE_ANY)
		return NEXT_DONE;
	*next_owner = item.cname;
	return follow(in, d, item.cname);
}

/* The steered RRset that answers this type at a node; NULL: none does. */
static const struct rrset *
steered_for(const struct decide_input *in, const struct node *n)
{
	uint16_t qtype = in->query->qtype;
	const struct rrset *s = node_rrset(n, TYPE_POOL);
	const struct pool *p;

	if (s != NULL) {
		p = world_pool(in->world, s->pool);
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
	return s != NULL && s->pool != 0 ? s : NULL;
}

/* RFC 8482 4.1: one RRset that is there stands for ANY. */
static const struct rrset *
any_rrset(const struct node *n)
{
	const struct rrset *steered = NULL;

	for (unsigned i = 0; i < n->rrset_count; i++) {
		const struct rrset *s = n->rrsets[i];

		if (s->type == TYPE_CNAME && !(n->flags & NODE_HAS_CNAME))
			continue; /* lost to other data */
		if (s->pool == 0)
			return s;
		steered = s;
	}
	return steered;
}

/* 3a and 3c: a node matches, as itself or by its wildcard. */
static enum next
answer_node(const struct decide_input *in, struct decision *d, const struct node *n,
    bool is_apex, const uint8_t *owner, const uint8_t **next_owner)
{
	uint16_t qtype = in->query->qtype;
	const struct rrset *s;

	if (n->flags & NODE_HAS_STEERED) {
		s = steered_for(in, n);
		if (s != NULL)
			return answer_steered(in, d, owner, s, next_owner);
	}
	if (is_apex && qtype == TYPE_SOA)
		s = d->zone->soa;
	else
		s = qtype == TYPE_ANY ? any_rrset(n) : node_rrset(n, qtype);
	if (s != NULL && s->pool != 0) {
		if (qtype != TYPE_ANY)
			return nodata(
			    in, d, NEGATIVE_STEERED_TTL); /* POOL is never sent */
		return answer_steered(in, d, owner, s, next_owner);
	}
	if (s != NULL && (qtype != TYPE_CNAME || n->flags & NODE_HAS_CNAME)) {
		add_rrset(in, d, SECTION_ANSWER, owner, s);
		return NEXT_DONE;
	}
	if (n->flags & NODE_HAS_CNAME) {
		s = node_rrset(n, TYPE_CNAME);
		add_rrset(in, d, SECTION_ANSWER, owner, s);
		*next_owner = s->wire + 12;
		return follow(in, d, *next_owner);
	}
	return nodata(
	    in, d, n->flags & NODE_HAS_STEERED ? NEGATIVE_STEERED_TTL : UINT32_MAX);
}

/* The addresses of one name server, as far as this zone has them. */
static void
add_addresses(const struct decide_input *in, struct decision *d,
    const struct rdata *server, bool required)
{
	static const uint16_t types[] = {TYPE_A, TYPE_AAAA};
	struct name_path path;
	const struct node *n;

	name_path_set(&path, server->data, (uint8_t)server->len);
	n = zone_node(d->zone, &path, path.label_count);
	for (unsigned i = 0; n != NULL && i < 2; i++) {
		const struct rrset *a = node_rrset(n, types[i]);

		if (a == NULL || a->pool != 0)
			continue;
		add(d, (struct item){
		           .section = SECTION_ADDITIONAL,
		           .owner = server->data,
		           .rrset = a,
		           .ttl = fresh_ttl(in, d, a, a->ttl),
		           .required = required,
		       });
	}
}

/*
 * Addresses of a cut's name servers that lie in this zone (RFC 1034 4.2.1). Those below
 * the cut come first: without them nobody gets there (RFC 9471 3.1).
 */
static void
add_glue(const struct decide_input *in, struct decision *d, const struct node *cut,
    const struct rrset *ns)
{
	for (unsigned below = 2; below-- > 0;) {
		struct rdata r;

		for (size_t pos = 0; rrset_next(ns, &pos, &r);)
			if (name_is_under(r.data, cut->leaf.name) == (below != 0) &&
			    name_is_under(r.data, d->zone->apex.bytes))
				add_addresses(in, d, &r, below != 0);
	}
}

/* 3b: a cut; a referral, with AA only for what a CNAME before it said. */
static enum next
answer_cut(const struct decide_input *in, struct decision *d, const struct node *n)
{
	const struct rrset *ns = node_rrset(n, TYPE_NS);

	d->aa = d->chain != 0;
	add_rrset(in, d, SECTION_AUTHORITY, n->leaf.name, ns);
	add_glue(in, d, n, ns);
	return NEXT_DONE;
}

static bool
has_rrset(const struct decision *d, const struct rrset *s)
{
	for (size_t i = 0; i < d->item_count; i++)
		if (d->items[i].rrset == s)
			return true;
	return false;
}

/* RFC 6672 3.2: the DNAME, and a CNAME made from it for who does not know DNAME. */
static enum next
answer_dname(const struct decide_input *in, struct decision *d, const struct node *n,
    unsigned depth, const uint8_t *owner, const uint8_t **next_owner)
{
	const struct rrset *s = node_rrset(n, TYPE_DNAME);
	struct name left = {0}, *made;

	if (!has_rrset(d, s))
		add_rrset(in, d, SECTION_ANSWER, n->leaf.name, s);
	if (d->chain == CHAIN_MAX)
		return NEXT_DONE;
	made = &d->synthesized[d->chain];
	left.len = (uint8_t)(d->path.len - name_path_suffix_len(&d->path, depth));
	memcpy(left.bytes, d->path.bytes, left.len);
	left.bytes[left.len++] = 0;
	if (name_join(&left, s->wire + 12, made) != OK) {
		d->rcode = RCODE_YXDOMAIN;
		return NEXT_DONE;
	}
	add(d, (struct item){
	           .section = SECTION_ANSWER,
	           .owner = owner,
	           .cname = made->bytes,
	           .ttl = fresh_ttl(in, d, s, s->ttl),
	       });
	if (in->query->qtype == TYPE_CNAME || in->query->qtype == TYPE_ANY)
		return NEXT_DONE;
	*next_owner = made->bytes;
	return follow(in, d, made->bytes);
}

/* One turn of 4.3.2 step 3 for the name in d->path. */
static enum next
answer_name(const struct decide_input *in, struct decision *d, const uint8_t *owner,
    const uint8_t **next_owner)
{
	const struct name_path *path = d->chain == 0 ? &in->query->qname : &d->path;
	struct find f;

	zone_find(d->zone, path, in->query->qtype, &f);
	switch (f.kind) {
	case FIND_WILDCARD:
		d->is_wildcard = true;
		d->common = &f.node->leaf;
		/* fall through */
	case FIND_MATCH:
		return answer_node(in, d, f.node,
		    f.kind == FIND_MATCH && path->label_count == d->zone->apex_depth,
		    owner, next_owner);
	case FIND_CUT:
		d->common = &f.node->leaf;
		return answer_cut(in, d, f.node);
	case FIND_DNAME:
		d->common = &f.node->leaf;
		if (d->chain == 0)
			d->path = *path;
		return answer_dname(in, d, f.node, f.depth, owner, next_owner);
	case FIND_NONE:
		d->rcode = RCODE_NXDOMAIN;
		d->common = &d->zone->leaf;
		return nodata(in, d, UINT32_MAX);
	}
	return NEXT_DONE;
}

/* The zone that answers: for the DS of an apex the one above, where it is ours too. */
static const struct zone *
find_zone(const struct decide_input *in, struct decision *d)
{
	const struct name_path *qname = &in->query->qname;
	const struct zone *z = zones_find(&in->world->zones, qname), *parent;
	unsigned depth = qname->label_count;

	/* RFC 4035 3.1.4.1 */
	if (z == NULL || in->query->qtype != TYPE_DS || z->apex_depth != depth ||
	    depth == 0)
		return z;
	name_path_set(&d->path, name_path_suffix(qname, depth - 1),
	    name_path_suffix_len(qname, depth - 1));
	parent = zones_find(&in->world->zones, &d->path);
	return parent != NULL ? parent : z;
}

void
decide(const struct decide_input *in, struct decision *d)
{
	const struct query *q = in->query;
	const uint8_t *owner = NULL, *next_owner = NULL;

	/* all but the workspace behind the items */
	memset(d, 0, offsetof(struct decision, items));
	d->chain = 0;
	if (q->qclass == CLASS_CH) {
		chaos_decide(&in->world->parts->config->server, q, d);
		return;
	}
	if (q->qclass != CLASS_IN && q->qclass != CLASS_ANY) {
		d->rcode = RCODE_REFUSED;
		return;
	}
	if (q->qtype == TYPE_AXFR || q->qtype == TYPE_IXFR) {
		d->rcode = RCODE_REFUSED; /* nobody is allowed */
		return;
	}
	d->zone = find_zone(in, d);
	if (d->zone == NULL) {
		d->rcode = RCODE_REFUSED;
		return;
	}
	if (d->zone->broken) {
		d->rcode = RCODE_SERVFAIL;
		return;
	}
	d->aa = true;
	while (answer_name(in, d, owner, &next_owner) == NEXT_FOLLOW)
		owner = next_owner;
	/* RFC 1035 6.2: of all classes nobody has authority */
	if (q->qclass == CLASS_ANY)
		d->aa = false;
}
