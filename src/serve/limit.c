/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/limit.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

enum {
	SETS = 16384,
	WAYS = 4, /* a set is one cache line */
	COST = 1000, /* of a response, in tokens: a rate of n fills n of them each ms */
};

struct limit_bucket {
	uint32_t tag; /* 0: never used */
	uint32_t tokens; /* at that time */
	uint32_t at_ms; /* low bits of the clock */
	uint8_t over; /* responses over the limit since the last slip */
	bool is_limited; /* was over the limit, and not full since */
};

/* ---- which bucket ---- */

/* What a response is about. Errors are alike, whatever was asked, and so are responses
 * to no question at all (RFC 7873 5.4). */
enum kind { KIND_DATA, KIND_NXDOMAIN, KIND_ERROR };

static uint64_t
subject(const struct query *q, const struct decision *d)
{
	enum kind kind = d->rcode == RCODE_NOERROR    ? KIND_DATA
	                 : d->rcode == RCODE_NXDOMAIN ? KIND_NXDOMAIN
	                                              : KIND_ERROR;
	uint64_t name = 0;

	if (q->question_len == 0)
		kind = KIND_ERROR;
	if (kind != KIND_ERROR)
		name = d->common != NULL ? trie_leaf_hash(d->common)
		                         : q->qname.hash[q->qname.label_count];
	return hash_mix(name, kind);
}

static void
client_prefix(
    const struct config_rate_limit *c, const struct ip *source, struct ip_prefix *out)
{
	out->ip = *source;
	out->len = (uint8_t)(source->family == 4 ? c->ipv4_len : c->ipv6_len);
	ip_mask(&out->ip, out->len);
}

static uint64_t
key_of(const struct ip_prefix *client, uint64_t about)
{
	uint64_t words[2];

	memcpy(words, client->ip.bytes, sizeof(words));
	return hash_mix(hash_mix(about ^ client->ip.family, words[0]), words[1]);
}

/* config has the list in order, and no prefix of it lies in another one. */
static bool
is_allowed(const struct config_rate_limit *c, const struct ip *source)
{
	size_t from = 0, to = c->allow_count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		const struct ip_prefix *p = &c->allow[middle];

		if (ip_prefix_holds(p, source))
			return true;
		if (memcmp(&p->ip, source, sizeof(*source)) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return false;
}

/* ---- the table ---- */

static uint32_t
tokens_now(const struct limit *l, const struct limit_bucket *b)
{
	uint32_t elapsed = (uint32_t)l->now.ms - b->at_ms;
	uint64_t tokens = b->tokens + (uint64_t)elapsed * l->rate;
	uint32_t full = l->rate * COST;

	return tokens < full ? (uint32_t)tokens : full;
}

static void
fill(const struct limit *l, struct limit_bucket *b)
{
	b->tokens = tokens_now(l, b);
	b->at_ms = (uint32_t)l->now.ms;
	if (b->tokens == l->rate * COST)
		b->is_limited = false;
}

/* The one of a set that is missed least: the fullest, and rather one within the limit. */
static struct limit_bucket *
expendable(const struct limit *l, struct limit_bucket *set)
{
	struct limit_bucket *best = set;
	uint64_t best_worth = 0;

	for (unsigned i = 0; i < WAYS; i++) {
		uint64_t worth;

		fill(l, &set[i]);
		worth = (uint64_t)set[i].tokens + 1;
		if (!set[i].is_limited)
			worth += UINT32_MAX;
		if (worth > best_worth) {
			best = &set[i];
			best_worth = worth;
		}
	}
	return best;
}

static struct limit_bucket *
find_bucket(struct limit *l, uint64_t key)
{
	struct limit_bucket *set = l->buckets + key % SETS * WAYS, *b;
	uint32_t tag = (uint32_t)(key >> 32) | 1;

	for (b = set; b < set + WAYS; b++)
		if (b->tag == tag) {
			fill(l, b);
			return b;
		}
	b = expendable(l, set);
	b->tag = tag;
	b->over = 0;
	if (!b->is_limited)
		b->tokens = l->rate * COST;
	return b;
}

/* ---- what was over the limit last ---- */

/* Each word is released after the odd turn, so that who reads one sees that turn. */
static void
note(struct limit *l, const struct ip_prefix *client)
{
	struct limit_note *n = &l->note;
	uint32_t turn = atomic_load_explicit(&n->turn, memory_order_relaxed);
	uint64_t words[2];

	memcpy(words, client->ip.bytes, sizeof(words));
	atomic_store_explicit(&n->turn, turn + 1, memory_order_relaxed);
	atomic_store_explicit(&n->address[0], words[0], memory_order_release);
	atomic_store_explicit(&n->address[1], words[1], memory_order_release);
	atomic_store_explicit(&n->family_len,
	    (uint32_t)client->ip.family << 8 | client->len, memory_order_release);
	atomic_store_explicit(&n->at_ms, l->now.ms, memory_order_release);
	atomic_store_explicit(&n->turn, turn + 2, memory_order_release);
}

bool
limit_get_last(const struct limit *l, struct ip_prefix *prefix, struct mono *at)
{
	const struct limit_note *n = &l->note;
	uint64_t words[2];
	uint32_t turn, family_len;

	do {
		turn = atomic_load_explicit(&n->turn, memory_order_acquire);
		words[0] = atomic_load_explicit(&n->address[0], memory_order_acquire);
		words[1] = atomic_load_explicit(&n->address[1], memory_order_acquire);
		family_len = atomic_load_explicit(&n->family_len, memory_order_acquire);
		at->ms = atomic_load_explicit(&n->at_ms, memory_order_acquire);
	} while (turn % 2 != 0 ||
	         turn != atomic_load_explicit(&n->turn, memory_order_relaxed));
	prefix->ip.family = (uint8_t)(family_len >> 8);
	prefix->len = (uint8_t)family_len;
	memcpy(prefix->ip.bytes, words, sizeof(words));
	return turn != 0;
}

/* ---- a worker's own ---- */

void
limit_open(struct limit *l)
{
	memset(l, 0, sizeof(*l));
	l->buckets = mem_array((size_t)SETS * WAYS, sizeof(*l->buckets));
}

void
limit_close(struct limit *l)
{
	mem_free(l->buckets);
}

struct limit *
limit_begin(struct limit *l, const struct config_rate_limit *config, unsigned sharers,
    struct mono now)
{
	if (config->responses_per_second == 0)
		return NULL;
	l->config = config;
	l->rate = config->responses_per_second / sharers;
	if (l->rate == 0)
		l->rate = 1;
	l->now = now;
	return l;
}

enum limit_verdict
limit_check(struct limit *l, const struct query *q, const struct decision *d,
    const struct ip *source, struct counters *counters)
{
	const struct config_rate_limit *c = l->config;
	struct ip_prefix client;
	struct limit_bucket *b;

	if (c->allow_count != 0 && is_allowed(c, source))
		return LIMIT_PASS;
	client_prefix(c, source, &client);
	b = find_bucket(l, key_of(&client, subject(q, d)));
	if (b->tokens >= COST) {
		b->tokens -= COST;
		return LIMIT_PASS;
	}
	b->is_limited = true;
	counter_add(counters, COUNT_RATE_LIMITED, 1);
	note(l, &client);
	if (c->log_only)
		return LIMIT_PASS;
	if (c->slip != 0 && ++b->over >= c->slip) {
		b->over = 0;
		counter_add(counters, COUNT_RATE_SLIPPED, 1);
		return LIMIT_SLIP;
	}
	counter_add(counters, COUNT_RATE_DROPPED, 1);
	return LIMIT_DROP;
}
