/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/crowd.h"

#include <assert.h>

#include "base/hash.h"
#include "base/mem.h"

enum {
	BUCKETS_START = 256,
	CLIENT_BITS_6 = 64, /* what one customer is given at least (RFC 6177 2) */
};

struct client {
	struct client *next; /* in its bucket */
	struct link alike; /* in a ring of classes */
	struct link rings[CROWD_USES];
	struct ip prefix;
	size_t count;
};

void
crowd_init(struct crowd *c)
{
	*c = (struct crowd){.bucket_count = BUCKETS_START};
	for (unsigned i = 0; i < CROWD_USES; i++)
		link_init(&c->rings[i]);
	link_init(&c->heavy);
	for (unsigned i = 0; i < CROWD_CLASSES; i++)
		link_init(&c->classes[i]);
	c->buckets = mem_array(c->bucket_count, sizeof(struct client *));
}

void
crowd_fini(struct crowd *c)
{
	assert(c->count == 0 && c->held == 0 && c->client_count == 0);
	mem_free(c->buckets);
}

static struct ip
client_prefix(const struct ip *from)
{
	struct ip prefix = *from;

	if (prefix.family == 6)
		ip_mask(&prefix, CLIENT_BITS_6);
	return prefix;
}

static struct client **
bucket_of(const struct crowd *c, const struct ip *prefix)
{
	uint64_t h = hash_bytes(prefix->family, prefix->bytes, sizeof(prefix->bytes));

	return &c->buckets[h & (c->bucket_count - 1)];
}

static struct client *
find(const struct crowd *c, const struct ip *from)
{
	struct ip prefix = client_prefix(from);
	struct client *cl = *bucket_of(c, &prefix);

	while (cl != NULL && !ip_equal(&cl->prefix, &prefix))
		cl = cl->next;
	return cl;
}

static void
grow(struct crowd *c)
{
	struct client **old = c->buckets;
	size_t count = c->bucket_count;

	c->bucket_count = 2 * count;
	c->buckets = mem_array(c->bucket_count, sizeof(struct client *));
	for (size_t i = 0; i < count; i++)
		for (struct client *cl = old[i], *next; cl != NULL; cl = next) {
			struct client **bucket = bucket_of(c, &cl->prefix);

			next = cl->next;
			cl->next = *bucket;
			*bucket = cl;
		}
	mem_free(old);
}

static struct client *
find_or_make(struct crowd *c, const struct ip *from)
{
	struct client *cl = find(c, from), **bucket;

	if (cl != NULL)
		return cl;
	if (c->client_count == c->bucket_count)
		grow(c);
	cl = mem_new(sizeof(*cl));
	cl->prefix = client_prefix(from);
	link_init(&cl->alike);
	for (unsigned i = 0; i < CROWD_USES; i++)
		link_init(&cl->rings[i]);
	bucket = bucket_of(c, &cl->prefix);
	cl->next = *bucket;
	*bucket = cl;
	c->client_count++;
	return cl;
}

static void
forget(struct crowd *c, struct client *cl)
{
	struct client **at = bucket_of(c, &cl->prefix);

	while (*at != cl)
		at = &(*at)->next;
	*at = cl->next;
	link_remove(&cl->alike);
	mem_free(cl);
	c->client_count--;
}

/* Puts a client, whose count has changed, to those with about as many. */
static void
classify(struct crowd *c, struct client *cl)
{
	unsigned class = 63 - (unsigned)__builtin_clzll(cl->count);

	if (class >= CROWD_CLASSES)
		class = CROWD_CLASSES - 1;
	link_put_last(&c->classes[class], &cl->alike);
}

static void
put_last(struct crowd *c, struct member *m)
{
	enum crowd_use standing = m->held != 0  ? CROWD_BUSY
	                          : m->is_fresh ? CROWD_FRESH
	                                        : CROWD_IDLE;

	link_put_last(&c->rings[standing], &m->all);
	link_put_last(&m->client->rings[standing], &m->own);
}

void
crowd_add(struct crowd *c, struct member *m, const struct ip *from, struct mono now)
{
	struct client *cl = find_or_make(c, from);

	link_init(&m->all);
	link_init(&m->own);
	link_init(&m->weight);
	m->client = cl;
	m->moved = now;
	m->held = 0;
	m->is_fresh = true;
	put_last(c, m);
	c->count++;
	cl->count++;
	classify(c, cl);
}

void
crowd_remove(struct crowd *c, struct member *m)
{
	struct client *cl = m->client;

	link_remove(&m->all);
	link_remove(&m->own);
	link_remove(&m->weight);
	c->held -= m->held;
	c->count--;
	cl->count--;
	if (cl->count == 0)
		forget(c, cl);
	else
		classify(c, cl);
}

void
crowd_update(
    struct crowd *c, struct member *m, size_t held, bool has_moved, struct mono now)
{
	bool was_busy = m->held != 0, was_heavy = m->held >= CROWD_HEAVY;

	c->held += held - m->held;
	m->held = held;
	if (held < CROWD_HEAVY)
		link_remove(&m->weight);
	else if (has_moved || !was_heavy)
		link_put_last(&c->heavy, &m->weight);
	if (!has_moved && was_busy == (held != 0))
		return;
	m->moved = now;
	m->is_fresh = m->is_fresh && !has_moved;
	put_last(c, m);
}

static struct member *
first_of_all(const struct link *ring)
{
	return link_is_empty(ring) ? NULL : LINK_OF(ring->next, struct member, all);
}

static struct member *
first_own(const struct link *ring)
{
	return link_is_empty(ring) ? NULL : LINK_OF(ring->next, struct member, own);
}

struct member *
crowd_expired(const struct crowd *c, struct mono now, int64_t limit_ms)
{
	for (unsigned i = 0; i < CROWD_USES; i++) {
		struct member *m = first_of_all(&c->rings[i]);

		if (m != NULL && mono_diff_ms(now, m->moved) > limit_ms)
			return m;
	}
	return NULL;
}

struct member *
crowd_stuck(const struct crowd *c)
{
	if (!link_is_empty(&c->heavy))
		return LINK_OF(c->heavy.next, struct member, weight);
	return first_of_all(&c->rings[CROWD_BUSY]);
}

/* The client with most members, or one with about as many. */
static const struct client *
largest(const struct crowd *c)
{
	for (unsigned class = CROWD_CLASSES; class -- != 0;)
		if (!link_is_empty(&c->classes[class]))
			return LINK_OF(c->classes[class].next, struct client, alike);
	return NULL;
}

struct member *
crowd_superfluous(const struct crowd *c)
{
	const struct client *cl = largest(c);
	struct member *m = NULL;

	if (cl != NULL && cl->count < CROWD_MANY)
		cl = NULL;
	for (unsigned i = 0; m == NULL && i < CROWD_USES; i++)
		m = cl != NULL ? first_own(&cl->rings[i]) : first_of_all(&c->rings[i]);
	return m;
}

size_t
crowd_count(const struct crowd *c, const struct ip *from)
{
	const struct client *cl = find(c, from);

	return cl != NULL ? cl->count : 0;
}

bool
crowd_admits(const struct crowd *c, const struct ip *from, size_t max, struct mono now,
    struct member **instead)
{
	const struct client *cl = find(c, from);
	struct member *busy;

	*instead = NULL;
	if (max == 0 || cl == NULL || cl->count < max)
		return true;
	for (unsigned i = 0; *instead == NULL && i < CROWD_BUSY; i++)
		*instead = first_own(&cl->rings[i]);
	if (*instead != NULL)
		return true;
	busy = first_own(&cl->rings[CROWD_BUSY]);
	if (busy == NULL || mono_diff_ms(now, busy->moved) < CROWD_STUCK_MS)
		return false;
	*instead = busy;
	return true;
}
