/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/placing.h"

#include <string.h>

#include "base/mem.h"

enum { NUMBER_DEFAULT = 0, NUMBER_MAX = UINT16_MAX };

void
placing_fini(struct placing *p)
{
	for (size_t i = 0; i < p->count; i++)
		mem_free(p->names[i]);
	mem_free(p->names);
	*p = (struct placing){0};
}

static uint16_t
number_of(struct placing *p, const char *name)
{
	size_t i = 0;

	while (i < p->count && strcmp(p->names[i], name) != 0)
		i++;
	if (i >= NUMBER_MAX - 1)
		return NUMBER_MAX;
	if (i == p->count) {
		p->names = mem_grow(p->names, p->count, &p->cap, sizeof(*p->names));
		p->names[p->count++] = mem_str(name);
	}
	return (uint16_t)(i + 1);
}

static uint16_t
number_of_endpoint(struct placing *p, const struct pool *pool, const struct endpoint *e)
{
	return e->group == GROUP_REGION ? number_of(p, pool->regions[e->region].name)
	                                : NUMBER_DEFAULT;
}

void
places_add(struct places *s, struct placing *p, const struct pool *pool,
    const struct endpoint *e)
{
	uint16_t number;

	if (e->group == GROUP_RESCUE)
		return;
	number = number_of_endpoint(p, pool, e);
	for (size_t i = 0; i < s->count; i++) {
		if (s->list[i].number == number) {
			s->list[i].count++;
			return;
		}
	}
	s->list = mem_grow(s->list, s->count, &s->cap, sizeof(*s->list));
	s->list[s->count++] = (struct place){number, 1};
}

void
places_remove(struct places *s, struct placing *p, const struct pool *pool,
    const struct endpoint *e)
{
	uint16_t number;

	if (e->group == GROUP_RESCUE)
		return;
	number = number_of_endpoint(p, pool, e);
	for (size_t i = 0; i < s->count; i++) {
		if (s->list[i].number != number)
			continue;
		if (--s->list[i].count == 0)
			s->list[i] = s->list[--s->count];
		return;
	}
}

size_t
places_write(const struct places *s, uint16_t out[PLACES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < s->count && n < PLACES_MAX; i++)
		if (s->list[i].number != NUMBER_DEFAULT || s->count == 1)
			out[n++] = s->list[i].number;
	return n;
}

void
places_fini(struct places *s)
{
	mem_free(s->list);
	*s = (struct places){0};
}
