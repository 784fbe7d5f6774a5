/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/pending.h"

#include <string.h>

#include "base/mem.h"

static void
free_one(struct pending_record *r)
{
	mem_free(r->key);
	fields_fini(&r->fields);
}

void
pending_fini(struct pending *p)
{
	for (size_t i = 0; i < p->count; i++)
		free_one(&p->list[i]);
	mem_free(p->list);
	memset(p, 0, sizeof(*p));
}

static struct pending_record *
find(const struct pending *p, const char *key, size_t len)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->list[i].len == len && memcmp(p->list[i].key, key, len) == 0)
			return &p->list[i];
	return NULL;
}

bool
pending_put(struct pending *p, const char *key, size_t len, const struct fields *fields)
{
	struct pending_record *r;

	if (p->count == PENDING_MAX) {
		p->overflowed = true;
		return false;
	}
	r = find(p, key, len);
	if (r != NULL) {
		fields_fini(&r->fields);
	} else {
		p->list = mem_grow(p->list, p->count, &p->cap, sizeof(*p->list));
		r = &p->list[p->count++];
		r->key = mem_strn(key, len);
		r->len = len;
	}
	fields_copy(&r->fields, fields);
	return true;
}

void
pending_remove(struct pending *p, const char *key, size_t len)
{
	struct pending_record *r = find(p, key, len);

	if (r == NULL)
		return;
	free_one(r);
	*r = p->list[--p->count];
}
