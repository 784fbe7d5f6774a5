/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/storepools.h"

#include <string.h>

#include "base/mem.h"

void
storepools_fini(struct storepools *s)
{
	for (size_t i = 0; i < s->count; i++)
		config_pool_free(s->list[i]);
	mem_free(s->list);
	*s = (struct storepools){0};
}

bool
storepools_set(struct storepools *s, const char *name, struct config_pool *spec)
{
	size_t i = 0;
	bool was;

	while (i < s->count && strcmp(s->list[i]->name, name) != 0)
		i++;
	was = i < s->count;
	if (was) {
		config_pool_free(s->list[i]);
		s->list[i] = s->list[--s->count];
	}
	if (spec == NULL)
		return was;
	mem_free(spec->name);
	spec->name = mem_str(name);
	s->list = mem_grow(s->list, s->count, &s->cap, sizeof(*s->list));
	s->list[s->count++] = spec;
	return was;
}
