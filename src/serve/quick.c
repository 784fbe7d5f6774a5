/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/quick.h"

#include "base/publish.h"
#include "dns/edns.h"
#include "serve/additional.h"
#include "serve/draw.h"
#include "steer/choice.h"

enum { ADDRESS_RR_MAX = 28, RR_TTL_AT = 6 };

/* Below names that have to be looked at as well. */
static const struct node *
find_deep(const struct answer_ahead *ahead)
{
	const struct query *q = &ahead->query;
	struct find f;

	zone_find_own(ahead->zone, &q->qname, q->qtype, &ahead->own, &f);
	return f.kind == FIND_MATCH ? f.node : NULL;
}

/* The node of the question's name, where the name is there in one of the zone's sources
 * alone, and neither in nor below a delegation or DNAME; else NULL. */
static inline const struct node *
find_node(const struct answer_ahead *ahead)
{
	const struct zone *z = ahead->zone;
	const struct node *n = ahead->own.file;
	unsigned below = ahead->query.qname.label_count - z->apex_depth;

	if (n == NULL)
		n = ahead->own.store;
	else if (ahead->own.store != NULL)
		return NULL;
	/* of what is not there, or behind a wildcard or cut, the stages say more */
	if (n == NULL || below == 0)
		return n;
	if (below > 1)
		return find_deep(ahead);
	if (n->flags & (NODE_HAS_NS | NODE_HAS_DNAME) || zone_has_apex_dname(z))
		return NULL;
	return n;
}

static inline const struct query_ecs *
client_subnet(const struct answer_ahead *ahead)
{
	return ahead->query.ecs.present && ahead->zone->ecs ? &ahead->query.ecs : NULL;
}

/* Octets of the answer beside its records. */
static inline size_t
frame_len(const struct answer_ahead *ahead)
{
	const struct query *q = &ahead->query;
	const struct query_ecs *ecs = client_subnet(ahead);

	return DNS_HEADER_LEN + (size_t)q->question_len +
	       (q->has_edns ? EDNS_OPT_LEN : 0) +
	       (ecs != NULL ? edns_subnet_len(ecs) : 0);
}

/* What a datagram has no room for is left to the stages, over TCP as well. */
static inline bool
has_room(const struct answer_ahead *ahead, size_t records_len)
{
	size_t limit = ahead->query.udp_size;

	return frame_len(ahead) + records_len <=
	       (limit < DNS_UDP_CAP ? limit : DNS_UDP_CAP);
}

/* Header and question, with the counts of a response of this many records. */
static inline uint8_t *
write_head(
    const struct query *q, const uint8_t *packet, uint16_t record_count, uint8_t *out)
{
	size_t len = DNS_HEADER_LEN + (size_t)q->question_len;

	wire_copy(out, packet, len);
	wire_put16(out + 2, (uint16_t)(FLAG_QR | FLAG_AA | (q->flags & FLAG_RD)));
	wire_put16(out + 6, record_count);
	wire_put16(out + 10, q->has_edns);
	return out + len;
}

static inline size_t
finish(struct answerer *a, const struct answer_ahead *ahead, uint8_t scope, uint8_t *end,
    const uint8_t *out)
{
	const struct query *q = &ahead->query;

	counter_add(a->counters, COUNT_NOERROR, 1);
	if (q->has_edns) {
		counter_add(a->counters, COUNT_EDNS, 1);
		if (q->ecs.present)
			counter_add(a->counters, COUNT_ECS, 1);
		end = edns_write_subnet(end, q->dnssec_ok, client_subnet(ahead), scope);
	}
	return (size_t)(end - out);
}

static size_t
answer_static(struct answerer *a, const struct answer_ahead *ahead, const uint8_t *packet,
    const struct rrset *s, uint8_t *out)
{
	uint8_t *p;

	/* names in RDATA, additional data and old records are the stages' */
	if (!s->flat || additional_is_for(rrset_type(s)) ||
	    (s->from_store && a->stale_ttl != 0) || !has_room(ahead, s->wire_len))
		return 0;
	p = write_head(&ahead->query, packet, s->count, out);
	wire_copy(p, s->wire, s->wire_len);
	return finish(a, ahead, 0, p + s->wire_len, out);
}

/* What the pool says to the client, or NULL when there is more to say about it. */
static inline const struct choice *
choose(const struct answerer *a, const struct answer_ahead *ahead, const struct rrset *s,
    const struct ip *source, uint8_t *scope)
{
	const struct query_ecs *ecs = client_subnet(ahead);
	const struct pool *p = world_pool(a->world, rrset_pool(s));
	const struct choice *c;
	uint16_t place;

	if (p == NULL || p->is_names || p->has_blackhole ||
	    (s->from_store && a->stale_ttl != 0))
		return NULL;
	if (ecs != NULL && ecs->source_len != 0) {
		place = geo_find(a->world->geo, &ecs->ip, scope);
	} else {
		place = geo_find(a->world->geo, source, scope);
		*scope = 0;
	}
	c = publish_load(
	    pool_cell(p, place, ahead->query.qtype == TYPE_A ? FAMILY_4 : FAMILY_6));
	return c->kind == CHOICE_ADDRESSES && !choice_is_hashed(c) ? c : NULL;
}

static size_t
answer_steered(struct answerer *a, const struct answer_ahead *ahead,
    const uint8_t *packet, const struct rrset *s, const struct ip *source, uint8_t *out)
{
	uint8_t scope, *p;
	const struct choice *c = choose(a, ahead, s, source, &scope);
	struct draw_seed seed = {0};
	struct draw draw;
	uint32_t ttl;

	if (c == NULL || !has_room(ahead, (size_t)c->take * ADDRESS_RR_MAX))
		return 0;
	ttl = choice_ttl(c, rrset_ttl(s), a->now);
	seed.random = answerer_random(a);
	draw_begin(&draw, c, &seed);
	p = write_head(&ahead->query, packet, c->take, out);
	for (unsigned i = 0; i < c->take; i++) {
		uint16_t at = draw_next(&draw);
		size_t len = c->off[at + 1] - c->off[at];

		wire_copy(p, c->rr + c->off[at], len);
		wire_put32(p + RR_TTL_AT, ttl);
		p += len;
	}
	counter_add(a->counters, COUNT_STEERED, 1);
	if (c->ttl_cap != UINT32_MAX)
		counter_add(a->counters, COUNT_DEGRADED, 1);
	return finish(a, ahead, scope, p, out);
}

/* What is at the name for the type, a POOL for A and AAAA alike; NULL: nothing, or
 * nothing that could be sent as it is. */
static inline const struct rrset *
find_rrset(const struct answer_ahead *ahead)
{
	const struct node *n = find_node(ahead);
	uint16_t qtype = ahead->query.qtype;
	bool is_address = qtype == TYPE_A || qtype == TYPE_AAAA;
	const struct rrset *s = NULL;

	if (n == NULL)
		return NULL;
	if (n->flags & NODE_HAS_STEERED) {
		s = node_rrset(n, TYPE_POOL);
		/* beside a POOL of names there is nothing */
		if (s != NULL && !is_address)
			return NULL;
	}
	if (s == NULL)
		s = node_rrset(n, qtype);
	return s == NULL || !s->steered || is_address ? s : NULL;
}

size_t
quick_answer(struct answerer *a, const uint8_t *packet, size_t len,
    struct answer_ahead *ahead, const struct ip *source, enum answer_over over,
    uint8_t *out)
{
	const struct query *q = &ahead->query;
	const struct rrset *s;
	size_t n = 0;

	/* the root is shorter than a pointer to it; DS of an apex is not the zone's */
	if (ahead->is_warm && q->is_plain && !ahead->zone->broken && a->limit == NULL &&
	    q->qname.label_count != 0 && q->qtype != TYPE_DS) {
		s = find_rrset(ahead);
		if (s != NULL && !s->steered)
			n = answer_static(a, ahead, packet, s, out);
		else if (s != NULL)
			n = answer_steered(a, ahead, packet, s, source, out);
	}
	return n != 0 ? n : answer_ahead(a, packet, len, ahead, source, over, out);
}
