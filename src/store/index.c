/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/index.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/slab.h"

enum { BUCKETS_FIRST = 1024 };

/* Zone and owner: the key up to its last colon; all of a zone's own key, and a pool's. */
static size_t
owner_len(const char *key, size_t len)
{
	const char *colon = memrchr(key, ':', len);

	if (len > 4 && key[4] == '!')
		return len;
	/* the first colon is the one of "dns:" */
	return colon == NULL || colon == memchr(key, ':', len) ? len
	                                                       : (size_t)(colon - key);
}

static size_t
place(const struct index *x, const char *key, size_t len)
{
	uint64_t h = hash_bytes(0, (const uint8_t *)key, owner_len(key, len));

	return (size_t)h & (x->bucket_count - 1);
}

void
index_fini(struct index *x)
{
	for (size_t i = 0; i < x->bucket_count; i++) {
		while (x->buckets[i] != NULL) {
			struct entry *e = x->buckets[i];

			x->buckets[i] = e->next;
			mem_free(entry_reject(e));
		}
	}
	slab_release(x->slab);
	mem_free(x->buckets);
	memset(x, 0, sizeof(*x));
}

struct entry *
index_find(const struct index *x, const char *key, size_t len)
{
	struct entry *e;

	if (x->bucket_count == 0)
		return NULL;
	for (e = x->buckets[place(x, key, len)]; e != NULL; e = e->next)
		if (e->key_len == len && memcmp(e->key, key, len) == 0)
			return e;
	return NULL;
}

static size_t
entry_size(size_t key_len)
{
	return offsetof(struct entry, key) + key_len + 1;
}

static void
resize(struct index *x, size_t count)
{
	struct entry **old = x->buckets;
	size_t old_count = x->bucket_count;

	x->bucket_count = count;
	x->buckets = mem_table(count, sizeof(*x->buckets));
	for (size_t i = 0; i < old_count; i++) {
		while (old[i] != NULL) {
			struct entry *e = old[i];
			size_t at = place(x, e->key, e->key_len);

			old[i] = e->next;
			e->next = x->buckets[at];
			x->buckets[at] = e;
		}
	}
	mem_free(old);
}

void
index_reserve(struct index *x, size_t count)
{
	size_t size = x->bucket_count == 0 ? BUCKETS_FIRST : x->bucket_count;

	while (size < count && size <= SIZE_MAX / 4)
		size *= 2;
	if (size != x->bucket_count)
		resize(x, size);
}

struct entry *
index_get(struct index *x, const char *key, size_t len)
{
	struct entry *e = index_find(x, key, len);
	size_t at;

	assert(len <= UINT16_MAX);
	if (e == NULL) {
		index_reserve(x, x->count + 1);
		if (x->slab == NULL)
			x->slab = slab_new();
		e = slab_alloc(x->slab, entry_size(len));
		memset(e, 0, offsetof(struct entry, key));
		memcpy(e->key, key, len);
		e->key[len] = '\0';
		e->key_len = (uint16_t)len;
		at = place(x, key, len);
		e->next = x->buckets[at];
		x->buckets[at] = e;
		x->count++;
	}
	e->generation = x->generation;
	return e;
}

void
index_remove(struct index *x, struct entry *e)
{
	struct entry **at = &x->buckets[place(x, e->key, e->key_len)];

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	x->count--;
	index_reject(x, e, 0, NULL);
	slab_free(x->slab, e, entry_size(e->key_len));
}

void
index_reject(struct index *x, struct entry *e, uint64_t sum, const char *why)
{
	size_t len;

	assert(!(e->flags & ENTRY_REMOVAL));
	if (e->reject != NULL) {
		x->reject_count--;
		mem_free(e->reject);
		e->reject = NULL;
	}
	if (why == NULL)
		return;
	len = strlen(why) + 1;
	e->reject = mem_new(offsetof(struct reject, why) + len);
	e->reject->sum = sum;
	memcpy(e->reject->why, why, len);
	x->reject_count++;
}

struct entry *
index_sibling(const struct index *x, const struct entry *e, bool first)
{
	size_t len = owner_len(e->key, e->key_len);
	struct entry *s = first ? x->buckets[place(x, e->key, e->key_len)] : e->next;

	for (; s != NULL; s = s->next)
		if (owner_len(s->key, s->key_len) == len &&
		    memcmp(s->key, e->key, len) == 0)
			return s;
	return NULL;
}

struct entry *
index_next(const struct index *x, size_t *at, const struct entry *e)
{
	if (e != NULL && e->next != NULL)
		return e->next;
	while (*at < x->bucket_count) {
		struct entry *first = x->buckets[(*at)++];

		if (first != NULL)
			return first;
	}
	return NULL;
}
