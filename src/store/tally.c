/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/tally.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

enum { SIZE_FIRST = 16 };

void
tally_fini(struct tally *t)
{
	for (size_t i = 0; i < t->size; i++)
		mem_free(t->list[i].zone);
	mem_free(t->list);
	memset(t, 0, sizeof(*t));
}

static bool
is_named(const struct tally_zone *z, const char *zone, size_t len)
{
	return strlen(z->zone) == len && memcmp(z->zone, zone, len) == 0;
}

/* Where it stands, or would. */
static struct tally_zone *
find_place(const struct tally *t, const char *zone, size_t len)
{
	size_t at = (size_t)hash_bytes(0, (const uint8_t *)zone, len);

	for (;; at++) {
		struct tally_zone *z = &t->list[at & (t->size - 1)];

		if (z->zone == NULL || is_named(z, zone, len))
			return z;
	}
}

static void
grow(struct tally *t)
{
	struct tally old = *t;

	t->size = old.size == 0 ? SIZE_FIRST : old.size * 2;
	t->list = mem_array(t->size, sizeof(*t->list));
	t->last = NULL;
	for (size_t i = 0; i < old.size; i++)
		if (old.list[i].zone != NULL)
			*find_place(t, old.list[i].zone, strlen(old.list[i].zone)) =
			    old.list[i];
	mem_free(old.list);
}

struct tally_zone *
tally_find(struct tally *t, const char *zone, size_t len)
{
	struct tally_zone *z;

	if (t->size == 0)
		return NULL;
	z = find_place(t, zone, len);
	return z->zone == NULL ? NULL : z;
}

struct tally_zone *
tally_get(struct tally *t, const char *zone, size_t len)
{
	struct tally_zone *z;

	if (t->last != NULL && is_named(t->last, zone, len))
		return t->last;
	if (t->count * 2 >= t->size)
		grow(t);
	z = find_place(t, zone, len);
	if (z->zone == NULL) {
		z->zone = mem_strn(zone, len);
		t->count++;
	}
	t->last = z;
	return z;
}

struct tally_zone *
tally_of_key(struct tally *t, const char *key, size_t len)
{
	const char *open = memchr(key, '{', len);
	const char *close =
	    open == NULL ? NULL : memchr(open, '}', len - (size_t)(open - key));

	if (close == NULL)
		return tally_get(t, "", 0);
	return tally_get(t, open + 1, (size_t)(close - open - 1));
}
