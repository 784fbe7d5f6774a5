/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/choice.h"

#include <string.h>

#include "base/mem.h"
#include "dns/wire.h"
#include "steer/rendezvous.h"

enum { FIXED_LEN = 12 }; /* owner pointer, type, class, TTL, RDLENGTH */

static const uint8_t *
rdata_of(const struct pool *p, const struct pick *pick, size_t i, uint16_t *type,
    uint16_t *len)
{
	const struct endpoint *e;

	if (pick->kind == PICK_CNAME) {
		*type = TYPE_CNAME;
		*len = p->spec->all_down_name.len;
		return p->spec->all_down_name.bytes;
	}
	e = &p->endpoints[pick->endpoints[i]];
	if (e->name != NULL) {
		*type = TYPE_CNAME;
		*len = e->name->len;
		return e->name->bytes;
	}
	*type = e->family == FAMILY_4 ? TYPE_A : TYPE_AAAA;
	*len = e->family == FAMILY_4 ? 4 : 16;
	return e->ip.bytes;
}

/* One allocation for all: the arrays first, widest first, then the octets. */
static struct choice *
allocate(size_t count, size_t octets)
{
	size_t arrays =
	    count * (sizeof(uint64_t) + 2 * sizeof(uint32_t) + sizeof(uint16_t)) +
	    sizeof(uint32_t);
	struct choice *c = mem_new(sizeof(*c) + arrays + octets);

	c->hashes = (uint64_t *)(c + 1);
	c->off = (uint32_t *)(c->hashes + count);
	c->weights = c->off + count + 1;
	c->endpoints = (uint16_t *)(c->weights + count);
	c->rr = (uint8_t *)(c->endpoints + count);
	c->count = (uint16_t)count;
	return c;
}

static uint16_t
answers_of(const struct pool *p, const struct pick *pick, const struct choice *c)
{
	uint32_t max = p->spec->max_answers;

	if (c->kind == CHOICE_CNAME)
		return 1; /* RFC 2181 10.1: one CNAME at a name */
	if (pick->kind == PICK_ALL)
		return c->count;
	if (max == 0)
		max = c->weighted || c->sticky ? 1 : CHOICE_ANSWERS;
	return max < c->count ? (uint16_t)max : c->count;
}

static void
fill(struct choice *c, const struct pool *p, const struct pick *pick)
{
	uint32_t pos = 0, sum = 0;

	for (uint16_t i = 0; i < c->count; i++) {
		uint16_t type, len;
		const uint8_t *rdata = rdata_of(p, pick, i, &type, &len);
		uint8_t *rr = c->rr + pos;

		wire_put16(rr, 0xc000 | DNS_HEADER_LEN);
		wire_put16(rr + 2, type);
		wire_put16(rr + 4, CLASS_IN);
		wire_put32(rr + 6, c->ttl);
		wire_put16(rr + 10, len);
		memcpy(rr + FIXED_LEN, rdata, len);
		c->off[i] = pos;
		pos += (uint32_t)FIXED_LEN + len;
		c->kind = type == TYPE_CNAME ? CHOICE_CNAME : CHOICE_ADDRESSES;
		if (pick->kind != PICK_CNAME) {
			const struct endpoint *e = &p->endpoints[pick->endpoints[i]];

			c->endpoints[i] = pick->endpoints[i];
			c->hashes[i] = e->hash;
			sum += e->weight;
			c->weighted |=
			    e->weight != p->endpoints[pick->endpoints[0]].weight;
		}
		c->weights[i] = sum;
	}
	c->off[c->count] = pos;
}

struct choice *
choice_new(const struct pool *p, const struct pick *pick, struct mono pending)
{
	size_t count = pick->kind == PICK_CNAME ? 1 : pick->count, octets = 0;
	struct choice *c;
	uint16_t type, len;

	for (size_t i = 0; i < count; i++) {
		rdata_of(p, pick, i, &type, &len);
		octets += (size_t)FIXED_LEN + len;
	}
	c = allocate(count, octets);
	c->kind = CHOICE_NODATA;
	c->pick = pick->kind;
	c->rung = pick->rung;
	c->sufficient = pick->sufficient;
	c->ttl = p->spec->ttl;
	c->ttl_min = p->spec->ttl_min;
	c->ttl_cap = UINT32_MAX;
	if (pick->rung > 0 || (pick->kind != PICK_RUNG && pick->kind != PICK_NO_FAMILY))
		c->ttl_cap = CHOICE_DEGRADED_TTL;
	c->pending = pending;
	c->sticky = p->spec->sticky;
	fill(c, p, pick);
	c->take = answers_of(p, pick, c);
	return c;
}

/* Stands for all of them: what is asked of it is answered by the first. */
static struct choice *
join(const struct choice_share *shares, size_t count)
{
	struct choice *head = mem_dup(shares[0].choice, sizeof(*head));

	head->shares = mem_dup(shares, count * sizeof(*shares));
	head->share_count = (uint16_t)count;
	return head;
}

struct choice *
choice_make(const struct pool *p, unsigned ladder, unsigned family,
    const uint8_t *standings, struct pick *pick, struct mono pending)
{
	const struct ladder *l = &p->ladders[ladder];
	struct choice_share shares[CONFIG_SHARES_MAX];
	size_t count = 0;

	if (pick->split == 0)
		return choice_new(p, pick, pending);
	for (uint32_t left = pick->split; left != 0; left &= left - 1) {
		struct pick one = {.endpoints = pick->endpoints};

		unsigned rung = pick->split_first + (unsigned)__builtin_ctz(left);

		ladder_pick_rung(p, ladder, family, standings, rung, &one);
		shares[count++] = (struct choice_share){
		    .choice = choice_new(p, &one, pending),
		    .hash = p->regions[l->rungs[rung].region].hash,
		    .share = l->rungs[rung].share,
		};
	}
	return join(shares, count);
}

const struct choice *
choice_for(const struct choice *c, uint64_t client)
{
	struct rendezvous best = {0};
	unsigned at = 0;

	if (c->share_count == 0)
		return c;
	for (unsigned i = 0; i < c->share_count; i++) {
		const struct choice_share *s = &c->shares[i];
		struct rendezvous r = rendezvous_draw(client, s->hash, s->share);

		if (i != 0 && !rendezvous_is_before(&r, &best))
			continue;
		best = r;
		at = i;
	}
	return c->shares[at].choice;
}

void
choice_free(void *choice)
{
	struct choice *c = choice;

	if (c == NULL)
		return;
	for (unsigned i = 0; i < c->share_count; i++)
		choice_free(c->shares[i].choice);
	mem_free(c->shares);
	mem_free(c);
}

const char *
choice_text(const struct choice *c, const struct pool *p, size_t ladder)
{
	if (c->share_count != 0)
		return "fallback by shares";
	if (c->pick != PICK_RUNG)
		return pick_kind_text(c->pick);
	return pool_rung_text(p, &p->ladders[ladder].rungs[c->rung]);
}

static bool
has_equal_shares(const struct choice *a, const struct choice *b)
{
	if (a->share_count != b->share_count)
		return false;
	for (unsigned i = 0; i < a->share_count; i++)
		if (a->shares[i].hash != b->shares[i].hash ||
		    a->shares[i].share != b->shares[i].share ||
		    !choice_equal(a->shares[i].choice, b->shares[i].choice))
			return false;
	return true;
}

bool
choice_equal(const struct choice *a, const struct choice *b)
{
	return has_equal_shares(a, b) && a->sticky == b->sticky && a->kind == b->kind &&
	       a->pick == b->pick && a->rung == b->rung &&
	       a->sufficient == b->sufficient && a->weighted == b->weighted &&
	       a->ttl == b->ttl && a->ttl_min == b->ttl_min && a->ttl_cap == b->ttl_cap &&
	       a->pending.ms == b->pending.ms && a->count == b->count &&
	       a->take == b->take && a->off[a->count] == b->off[b->count] &&
	       memcmp(a->rr, b->rr, a->off[a->count]) == 0 &&
	       memcmp(a->weights, b->weights, a->count * sizeof(*a->weights)) == 0;
}

uint32_t
choice_ttl(const struct choice *c, uint32_t record_ttl, struct mono now)
{
	uint32_t ttl = record_ttl != 0 ? record_ttl : c->ttl;

	if (!mono_is_never(c->pending)) {
		int64_t left_s = mono_diff_ms(c->pending, now) / 1000;

		if (left_s < (int64_t)c->ttl_min)
			left_s = c->ttl_min;
		if (left_s < (int64_t)ttl)
			ttl = (uint32_t)left_s;
	}
	return ttl < c->ttl_cap ? ttl : c->ttl_cap;
}
