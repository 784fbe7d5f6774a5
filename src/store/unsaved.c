/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/unsaved.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct small *
small_new(const char *kind, const char *key, const char *value)
{
	struct small *s = mem_new(sizeof(*s));

	s->kind = kind == NULL ? NULL : mem_str(kind);
	s->key = mem_str(key);
	s->value = value == NULL ? NULL : mem_str(value);
	return s;
}

void
small_free(struct small *s)
{
	mem_free(s->kind);
	mem_free(s->key);
	mem_free(s->value);
	mem_free(s);
}

static int
compare(const void *pa, const void *pb)
{
	const struct small *a = pa, *b = pb;
	int d = strcmp(a->kind == NULL ? "" : a->kind, b->kind == NULL ? "" : b->kind);

	return d != 0 ? d : strcmp(a->key, b->key);
}

void
unsaved_put(struct unsaved *u, struct small *s)
{
	struct small **at;

	unsaved_drop(u, s);
	at = tsearch(s, &u->root, compare);
	if (at == NULL)
		abort(); /* without memory, as everywhere */
	u->count++;
}

void
unsaved_drop(struct unsaved *u, const struct small *s)
{
	struct small **at = tfind(s, &u->root, compare), *old;

	if (at == NULL)
		return;
	old = *at;
	tdelete(old, &u->root, compare);
	u->count--;
	small_free(old);
}

struct small *
unsaved_take(struct unsaved *u)
{
	struct small *s;

	if (u->root == NULL)
		return NULL;
	s = *(struct small **)u->root; /* a node begins with what it holds */
	tdelete(s, &u->root, compare);
	u->count--;
	return s;
}

void
unsaved_fini(struct unsaved *u)
{
	struct small *s;

	while ((s = unsaved_take(u)) != NULL)
		small_free(s);
}
