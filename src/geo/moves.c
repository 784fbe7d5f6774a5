/* SPDX-License-Identifier: BSD-2-Clause */
#include "geo/moves.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "geo/geo_inside.h"
#include "geo/memo.h"

/* The chain of a place, by name: numbers of regions are those of one geography. */
struct label {
	char *text;
	size_t at; /* whose it is: places of the old geography, then those of the new */
};

struct walk {
	const uint32_t *was, *is; /* the text of each place */
	struct memo pairs; /* to an index of size */
	double *sizes;
	uint64_t *keys;
	size_t was_count, is_count; /* places */
	size_t count, cap, key_cap;
	double known;
};

static char *
chain_text(const struct geo *g, uint16_t place)
{
	struct geo_chain chain = geo_chain(g, place);
	struct buf text = {0};
	char *copy;

	for (size_t i = 0; i < chain.count; i++)
		buf_printf(&text, "%s%s", i != 0 ? "+" : "",
		    geo_region(g, chain.regions[i])->name);
	copy = mem_str(buf_text(&text));
	buf_fini(&text);
	return copy;
}

static int
compare_labels(const void *a, const void *b)
{
	const struct label *x = a, *y = b;

	return strcmp(x->text, y->text);
}

/* All labels, sorted; numbers[] gets for each place the first label of that text. */
static struct label *
make_labels(const struct geo *was, const struct geo *is, uint32_t *numbers)
{
	size_t old = geo_place_count(was), count = old + geo_place_count(is);
	struct label *labels = mem_array(count, sizeof(*labels));
	uint32_t first = 0;

	for (size_t i = 0; i < count; i++) {
		labels[i].text = i < old ? chain_text(was, (uint16_t)i)
		                         : chain_text(is, (uint16_t)(i - old));
		labels[i].at = i;
	}
	qsort(labels, count, sizeof(*labels), compare_labels);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(labels[i].text, labels[first].text) != 0)
			first = (uint32_t)i;
		numbers[labels[i].at] = first;
	}
	return labels;
}

static void
count_part(void *ctx, uint16_t was, uint16_t is, double size)
{
	struct walk *w = ctx;
	uint32_t from, to;
	uint64_t key, at;

	/* IPv4 addresses inside IPv6 ones: they are counted as what they are */
	if (was >= w->was_count || is >= w->is_count)
		return;
	from = w->was[was];
	to = w->is[is];
	key = (uint64_t)from << 32 | to;
	/* nowhere is place 0 in both */
	if (from != w->was[0] || to != w->was[0])
		w->known += size;
	if (from == to)
		return;
	if (!memo_find(&w->pairs, key, &at)) {
		at = w->count;
		w->sizes = mem_grow(w->sizes, w->count, &w->cap, sizeof(*w->sizes));
		w->keys = mem_grow(w->keys, w->count, &w->key_cap, sizeof(*w->keys));
		w->sizes[at] = 0;
		w->keys[at] = key;
		w->count++;
		memo_set(&w->pairs, key, at);
	}
	w->sizes[at] += size;
}

static int
compare_moves(const void *a, const void *b)
{
	const struct geo_move *x = a, *y = b;
	int order;

	if (x->share != y->share)
		return x->share < y->share ? 1 : -1;
	order = strcmp(x->from, y->from);
	return order != 0 ? order : strcmp(x->to, y->to);
}

static void
take(const struct walk *w, const struct label *labels, struct geo_moves *out)
{
	out->list = mem_array(w->count, sizeof(*out->list));
	for (size_t i = 0; i < w->count; i++) {
		out->list[i] = (struct geo_move){
		    .from = mem_str(labels[w->keys[i] >> 32].text),
		    .to = mem_str(labels[w->keys[i] & UINT32_MAX].text),
		    .share = w->sizes[i] / w->known,
		};
		out->total += out->list[i].share;
	}
	out->count = w->count;
	if (out->count != 0)
		qsort(out->list, out->count, sizeof(*out->list), compare_moves);
}

void
geo_moves_find(
    const struct geo *was, const struct geo *is, unsigned family, struct geo_moves *out)
{
	size_t old = geo_place_count(was), count = old + geo_place_count(is);
	uint32_t *numbers = mem_array(count, sizeof(*numbers));
	struct label *labels = make_labels(was, is, numbers);
	struct walk w = {
	    .was = numbers,
	    .is = numbers + old,
	    .was_count = old,
	    .is_count = count - old,
	};

	*out = (struct geo_moves){0};
	if (family == 4)
		prefixmap4_beside(&was->places4, &is->places4, count_part, &w);
	else
		prefixmap6_beside(&was->places6, &is->places6, count_part, &w);
	take(&w, labels, out);
	for (size_t i = 0; i < count; i++)
		mem_free(labels[i].text);
	mem_free(labels);
	mem_free(numbers);
	memo_fini(&w.pairs);
	mem_free(w.sizes);
	mem_free(w.keys);
}

void
geo_moves_fini(struct geo_moves *m)
{
	for (size_t i = 0; i < m->count; i++) {
		mem_free(m->list[i].from);
		mem_free(m->list[i].to);
	}
	mem_free(m->list);
	*m = (struct geo_moves){0};
}
