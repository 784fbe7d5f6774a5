/* SPDX-License-Identifier: BSD-2-Clause */
#include "geo/spans.h"

#include <assert.h>

#include "base/mem.h"

static void
push(struct spans *s, span_at start, uint64_t value)
{
	if (s->count != 0 && s->list[s->count - 1].value == value)
		return;
	s->list = mem_grow(s->list, s->count, &s->cap, sizeof(*s->list));
	s->list[s->count++] = (struct span){.start = start, .value = value};
}

void
spans_add(struct spans *s, span_at start, uint64_t value)
{
	if (s->count == 0 && start != 0)
		push(s, 0, 0);
	if (s->count != 0) {
		assert(s->list[s->count - 1].start <= start);
		if (s->list[s->count - 1].start == start)
			s->count--;
	}
	push(s, start, value);
}

void
spans_merge(const struct spans *a, const struct spans *b, spans_fn *fn, void *ctx,
    struct spans *out)
{
	uint64_t va = 0, vb = 0;
	size_t i = 0, j = 0;

	assert(out->count == 0);
	if (a->count == 0 && b->count == 0)
		spans_add(out, 0, fn(ctx, 0, 0));
	while (i < a->count || j < b->count) {
		span_at at;

		if (j == b->count ||
		    (i < a->count && a->list[i].start <= b->list[j].start))
			at = a->list[i].start;
		else
			at = b->list[j].start;
		if (i < a->count && a->list[i].start == at)
			va = a->list[i++].value;
		if (j < b->count && b->list[j].start == at)
			vb = b->list[j++].value;
		spans_add(out, at, fn(ctx, va, vb));
	}
}

void
spans_fini(struct spans *s)
{
	mem_free(s->list);
	*s = (struct spans){0};
}

span_at
span_at_ip(const struct ip *ip)
{
	unsigned octets = ip->family == 4 ? 4 : 16;
	span_at v = 0;

	for (unsigned i = 0; i < octets; i++)
		v = v << 8 | ip->bytes[i];
	return v;
}

span_at
span_last(span_at start, unsigned len, unsigned family_bits)
{
	unsigned free_bits = family_bits - len;

	if (free_bits == 128)
		return ~(span_at)0;
	return start | (((span_at)1 << free_bits) - 1);
}
