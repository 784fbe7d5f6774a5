/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/suggest.h"

/* A suggestion is worth this many comparisons and no more. */
enum { NEAREST_MAX = 10000 };

void
names_fini(struct names *s)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		mem_free(s->items[i].name);
	mem_free(s->items);
	*s = (struct names){0};
}

void
names_add(struct names *s, const char *name, const struct tree_node *at)
{
	s->items = mem_grow(s->items, s->count, &s->cap, sizeof(s->items[0]));
	s->items[s->count].name = mem_str(name);
	s->items[s->count].order = s->count;
	s->items[s->count].at = at;
	s->count++;
}

static int
compare(const void *a, const void *b)
{
	const struct names_item *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	return c != 0 ? c : (x->order > y->order) - (x->order < y->order);
}

static void
complain_double(struct reader *r, const char *what, const struct names_item *first,
    const struct names_item *again)
{
	if (first->at == NULL)
		reader_error(r, again->at, "%s \"%s\" is built in", what, again->name);
	else
		reader_error(r, again->at, "%s \"%s\" is there already, at %s:%u:%u",
		    what, again->name, first->at->file, first->at->line,
		    first->at->column);
}

void
names_sort(struct names *s, struct reader *r, const char *what)
{
	size_t i, first = 0;

	if (s->count == 0)
		return;
	qsort(s->items, s->count, sizeof(s->items[0]), compare);
	for (i = 1; i < s->count; i++) {
		if (strcmp(s->items[first].name, s->items[i].name) != 0)
			first = i;
		else if (s->items[i].at != NULL)
			complain_double(r, what, &s->items[first], &s->items[i]);
	}
}

static int
compare_name(const void *key, const void *item)
{
	return strcmp(key, ((const struct names_item *)item)->name);
}

bool
names_has(const struct names *s, const char *name)
{
	return s->count != 0 && bsearch(name, s->items, s->count, sizeof(s->items[0]),
	                            compare_name) != NULL;
}

const char *
names_nearest(const struct names *s, const char *name)
{
	unsigned best = SUGGEST_NEAR + 1, d;
	const char *found = NULL;
	size_t i;

	for (i = 0; i < s->count && i < NEAREST_MAX; i++) {
		d = suggest_distance(name, s->items[i].name);
		if (d < best && suggest_is_near(name, d)) {
			best = d;
			found = s->items[i].name;
		}
	}
	return found;
}
