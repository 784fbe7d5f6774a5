/* SPDX-License-Identifier: BSD-2-Clause */
#include "health/targets.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

#define BUCKETS_MIN 64

void
targets_init(struct targets *t)
{
	*t = (struct targets){.bucket_count = BUCKETS_MIN};
	t->buckets = mem_array(t->bucket_count, sizeof(struct entry *));
}

void
targets_fini(struct targets *t)
{
	assert(t->count == 0);
	mem_free(t->buckets);
	*t = (struct targets){0};
}

static uint64_t
hash_target(const struct config_check *c, const struct ip *ip)
{
	uint64_t h = hash_bytes(ip->family, ip->bytes, sizeof(ip->bytes));

	h = hash_mix(h, (uint64_t)c->kind << 32 | (uint64_t)c->port << 1 | c->tls);
	/* case is left to config_check_equal() */
	for (const char *s = c->host; s != NULL && *s != '\0'; s++)
		h = hash_mix(h, (uint64_t)tolower((unsigned char)*s));
	if (c->path != NULL)
		h = hash_bytes(h, (const uint8_t *)c->path, strlen(c->path));
	return h;
}

static struct entry **
bucket(struct targets *t, uint64_t hash)
{
	return &t->buckets[hash & (t->bucket_count - 1)];
}

static void
chain(struct targets *t, struct entry *e)
{
	struct entry **b = bucket(t, e->hash);

	e->chain = *b;
	*b = e;
}

static void
grow(struct targets *t)
{
	mem_free(t->buckets);
	t->bucket_count *= 2;
	t->buckets = mem_array(t->bucket_count, sizeof(struct entry *));
	for (struct entry *e = t->first; e != NULL; e = e->next)
		chain(t, e);
}

struct entry *
targets_find(struct targets *t, const struct config_check *check, const struct ip *ip)
{
	uint64_t hash = hash_target(check, ip);
	struct entry *e = *bucket(t, hash);

	for (; e != NULL; e = e->chain)
		if (e->hash == hash && ip_equal(&e->target.ip, ip) &&
		    config_check_equal(e->target.check, check))
			break;
	return e;
}

struct entry *
targets_add(struct targets *t, const struct config_check *check, const struct ip *ip)
{
	struct entry *e = mem_new(sizeof(*e));

	if (t->count == t->bucket_count)
		grow(t);
	e->target.check = config_check_copy(check);
	e->target.ip = *ip;
	e->judged = (struct judge_case){
	    &e->target.machine, &e->target.held, &e->member, &e->ear, false};
	e->hash = hash_target(check, ip);
	chain(t, e);
	e->prev = t->last;
	if (t->last != NULL)
		t->last->next = e;
	else
		t->first = e;
	t->last = e;
	t->count++;
	return e;
}

void
targets_remove(struct targets *t, struct entry *e)
{
	struct entry **b = bucket(t, e->hash);

	while (*b != e)
		b = &(*b)->chain;
	*b = e->chain;
	if (e->prev != NULL)
		e->prev->next = e->next;
	else
		t->first = e->next;
	if (e->next != NULL)
		e->next->prev = e->prev;
	else
		t->last = e->prev;
	t->count--;
}

void
targets_free(struct entry *e)
{
	config_check_free(e->target.check);
	mem_free(e);
}

void
target_write(const struct target *t, char out[TARGET_TEXT_MAX])
{
	char address[IP_TEXT_MAX];

	ip_write(&t->ip, address);
	snprintf(out, TARGET_TEXT_MAX, "%s %s", t->check->name, address);
}
