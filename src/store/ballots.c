/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/ballots.h"

void
quorum_votes_add(struct quorum_votes *v, const char *key, const char *vote)
{
	v->words = mem_grow(v->words, v->count, &v->cap, sizeof(*v->words));
	v->words[v->count++] = mem_str(key);
	v->words = mem_grow(v->words, v->count, &v->cap, sizeof(*v->words));
	v->words[v->count++] = mem_str(vote);
}

void
quorum_votes_free(struct quorum_votes *v)
{
	if (v == NULL)
		return;
	for (size_t i = 0; i < v->count; i++)
		mem_free(v->words[i]);
	mem_free(v->words);
	mem_free(v);
}

struct quorum_tally *
quorum_tally_new(const struct config *cfg)
{
	struct quorum_tally *t = mem_new(sizeof(*t));

	t->is_on = true;
	t->fresh_for_ms = cfg->store.fresh_for_ms;
	return t;
}

void
quorum_tally_free(struct quorum_tally *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->count; i++)
		mem_free(t->rows[i].key);
	mem_free(t->rows);
	mem_free(t);
}

static int
compare_rows(const void *a, const void *b)
{
	const struct quorum_row *x = a, *y = b;

	return strcmp(x->key, y->key);
}

const struct quorum_row *
quorum_tally_find(const struct quorum_tally *t, const char *key)
{
	struct quorum_row wanted = {.key = (char *)(uintptr_t)key};

	return t->count == 0
	           ? NULL
	           : bsearch(&wanted, t->rows, t->count, sizeof(*t->rows), compare_rows);
}

void
ballots_take(struct quorum_tally *t, const char *key, const char *vote)
{
	bool is_down =
	    strncmp(vote, "down", 4) == 0 && (vote[4] == '\0' || vote[4] == ' ');

	if (!is_down && strcmp(vote, "up") != 0)
		return;
	t->rows = mem_grow(t->rows, t->count, &t->cap, sizeof(*t->rows));
	t->rows[t->count++] =
	    (struct quorum_row){.key = mem_str(key), .up = !is_down, .down = is_down};
}

void
ballots_sum(struct quorum_tally *t)
{
	size_t n = 0;

	if (t->count == 0)
		return;
	qsort(t->rows, t->count, sizeof(*t->rows), compare_rows);
	for (size_t i = 1; i < t->count; i++) {
		struct quorum_row *last = &t->rows[n], *row = &t->rows[i];

		if (strcmp(last->key, row->key) != 0) {
			t->rows[++n] = *row;
			continue;
		}
		last->up += row->up;
		last->down += row->down;
		mem_free(row->key);
	}
	t->count = n + 1;
}
