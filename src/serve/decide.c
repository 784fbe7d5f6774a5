/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/decide.h"

#include <string.h>

#include "serve/additional.h"
#include "serve/chaos.h"
#include "serve/collect.h"
#include "serve/steered.h"
#include "steer/shared.h"

enum next { NEXT_DONE, NEXT_FOLLOW };

/* A CNAME of this name is in the answer already. */
static bool
is_answered(const struct decide_input *in, const struct decision *d)
{
	uint64_t hash = d->path.hash[d->path.label_count];
	bool may_be = in->query->qname.hash[in->query->qname.label_count] == hash;

	/* names that get longer by DNAMEs are alike to their end: first by hash */
	for (unsigned i = 1; i <= d->chain; i++)
		may_be |= d->chain_hash[i] == hash;
	for (size_t i = 0; may_be && i < d->item_count; i++) {
		const struct item *item = &d->items[i];

		/* a DNAME says nothing of its own owner */
		if (item->rrset != NULL && rrset_type(item->rrset) == TYPE_DNAME)
			continue;
		if (name_equal(item->owner != NULL ? item->owner : in->query->qname.bytes,
		        d->path.bytes))
			return true;
	}
	return false;
}

/*
 * The zone that answers for a name in zone z: for the DS of an apex the one above, where
 * it is ours too (RFC 4035 3.1.4.1).
 */
static const struct zone *
choose_zone(
    const struct decide_input *in, const struct name_path *name, const struct zone *z)
{
	const struct zone *parent;

	if (z == NULL || in->query->qtype != TYPE_DS ||
	    z->apex_depth != name->label_count)
		return z;
	parent = zones_find_above(&in->world->zones, name, z->apex_depth);
	return parent != NULL ? parent : z;
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
	name_path_set(&d->path, target, name_len(target));
	if (is_answered(in, d))
		return NEXT_DONE;
	/* the apex itself is inside, whatever is asked */
	if (d->path.label_count != d->zone->apex_depth &&
	    choose_zone(in, &d->path, zones_find(&in->world->zones, &d->path)) != d->zone)
		return NEXT_DONE;
	d->chain++;
	d->chain_hash[d->chain] = d->path.hash[d->path.label_count];
	return NEXT_FOLLOW;
}

static enum next
nodata(const struct decide_input *in, struct decision *d, uint32_t cap)
{
	collect_negative(in, d, cap);
	return NEXT_DONE;
}

/* Steered names; owner: NULL for the question's. */
static enum next
answer_steered(const struct decide_input *in, struct decision *d, const uint8_t *owner,
    const struct rrset *steered, const uint8_t **next_owner)
{
	const uint8_t *target = steered_answer(in, d, owner, steered);

	if (target == NULL)
		return NEXT_DONE;
	*next_owner = target;
	return follow(in, d, target);
}

/* RFC 8482 4.1: one RRset that is there stands for ANY. */
static const struct rrset *
any_rrset(const struct node *n)
{
	const struct rrset *steered = NULL;

	for (const struct rrset *s = node_first(n); s != NULL; s = node_next(s)) {
		if (rrset_type(s) == TYPE_CNAME && !(n->flags & NODE_HAS_CNAME))
			continue; /* lost to other data */
		if (!s->steered)
			return s;
		steered = s;
	}
	return steered;
}

/* An RRset in the answer section, with what goes with it (step 6). */
static enum next
answer_rrset(const struct decide_input *in, struct decision *d, const struct node *n,
    const uint8_t *owner, const struct rrset *s)
{
	bool is_svcb = rrset_type(s) == TYPE_HTTPS || rrset_type(s) == TYPE_SVCB;
	struct item *item;

	/* a DNAME that led back to its own owner is there already */
	if (rrset_type(s) == TYPE_DNAME && owner != NULL && collect_has(d, s) &&
	    name_equal(owner, node_name(n)))
		return NEXT_DONE;
	item = collect_rrset(in, d, SECTION_ANSWER, owner, s);
	if (is_svcb && item != NULL && n->flags & NODE_HAS_STEERED)
		steered_hints(in, d, n, item);
	/* RFC 8482: ANY gets as little as there is */
	if (in->query->qtype != TYPE_ANY && additional_is_for(rrset_type(s)))
		additional_targets(
		    in, d, s, owner != NULL ? owner : in->query->qname.bytes, n);
	return NEXT_DONE;
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
	if (s != NULL && s->steered) {
		if (qtype != TYPE_ANY)
			return nodata(
			    in, d, NEGATIVE_STEERED_TTL); /* POOL is never sent */
		return answer_steered(in, d, owner, s, next_owner);
	}
	if (s != NULL && (qtype != TYPE_CNAME || n->flags & NODE_HAS_CNAME))
		return answer_rrset(in, d, n, owner, s);
	/* RFC 2181 10.1 as of RFC 4034 3 and 4: these two are beside a CNAME, not behind
	 * it */
	if (n->flags & NODE_HAS_CNAME && qtype != TYPE_RRSIG && qtype != TYPE_NSEC) {
		s = node_rrset(n, TYPE_CNAME);
		collect_rrset(in, d, SECTION_ANSWER, owner, s);
		*next_owner = s->wire + 12;
		return follow(in, d, *next_owner);
	}
	return nodata(
	    in, d, n->flags & NODE_HAS_STEERED ? NEGATIVE_STEERED_TTL : UINT32_MAX);
}

/* 3b: a cut; a referral, with AA only for what a CNAME before it said. */
static enum next
answer_cut(const struct decide_input *in, struct decision *d, const struct node *n)
{
	const struct rrset *ns = node_rrset(n, TYPE_NS);

	d->aa = d->chain != 0;
	collect_rrset(in, d, SECTION_AUTHORITY, node_name(n), ns);
	additional_glue(in, d, n, ns);
	return NEXT_DONE;
}

/* RFC 6672 3.2: the DNAME, and a CNAME made from it for who does not know DNAME. */
static enum next
answer_dname(const struct decide_input *in, struct decision *d, const struct node *n,
    unsigned depth, const uint8_t *owner, const uint8_t **next_owner)
{
	const struct rrset *s = node_rrset(n, TYPE_DNAME);
	struct name left = {0}, *made;
	struct item item;

	if (!collect_has(d, s))
		collect_rrset(in, d, SECTION_ANSWER, node_name(n), s);
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
	item = (struct item){
	    .section = SECTION_ANSWER,
	    .owner = owner,
	    .cname = made->bytes,
	    .ttl = collect_ttl(in, d, s, rrset_ttl(s)),
	};
	collect(d, &item);
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
	bool is_first = d->chain == 0;
	const struct name_path *path = is_first ? &in->query->qname : &d->path;
	struct find f;

	zone_find_own(d->zone, path, in->query->qtype,
	    is_first && d->zone == in->zone ? in->own : NULL, &f);
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
		if (is_first)
			d->path = *path;
		return answer_dname(in, d, f.node, f.depth, owner, next_owner);
	case FIND_NONE:
		d->rcode = RCODE_NXDOMAIN;
		d->common = &d->zone->leaf;
		return nodata(in, d, UINT32_MAX);
	}
	return NEXT_DONE;
}

void
decide(const struct decide_input *in, struct decision *d)
{
	const struct query *q = in->query;
	const uint8_t *owner = NULL, *next_owner = NULL;

	decision_clear(d);
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
	d->zone = choose_zone(in, &q->qname, in->zone);
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
	if (d->is_stale && in->stale_ttl == STALE_EXPIRED)
		collect_servfail(d);
	/* RFC 1035 6.2: of all classes nobody has authority */
	if (q->qclass == CLASS_ANY)
		d->aa = false;
}
