/* SPDX-License-Identifier: BSD-2-Clause */
#include "geo/prefixmap.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

typedef span_at
block_start_fn(uint32_t block);

static span_at
block_start4(uint32_t block)
{
	return (span_at)block << 16;
}

/* Block 0 is what lies before 2000::/3, the last one what lies behind it. */
static span_at
block_start6(uint32_t block)
{
	return block == 0 ? 0 : ((span_at)1 << 125) + ((span_at)(block - 1) << 108);
}

static uint32_t
block_of6(span_at x)
{
	unsigned top = (unsigned)(x >> 125);

	if (top != 1)
		return top == 0 ? 0 : PREFIXMAP_BLOCKS6 - 1;
	return (uint32_t)((uint64_t)(x >> 108) & 0x1ffff) + 1;
}

/* index[b]: the interval that holds the first address of block b. The entry behind the
 * last is the last interval, so that a search between two entries needs no special case.
 */
static uint32_t *
index_new(const struct spans *s, uint32_t blocks, block_start_fn *block_start)
{
	uint32_t *index = mem_array(blocks + 1, sizeof(*index));
	uint32_t at = 0;

	for (uint32_t block = 0; block < blocks; block++) {
		span_at first = block_start(block);

		while (at + 1 < s->count && s->list[at + 1].start <= first)
			at++;
		index[block] = at;
	}
	index[blocks] = (uint32_t)(s->count - 1);
	return index;
}

static uint16_t *
values_new(const struct spans *s)
{
	uint16_t *values = mem_array(s->count, sizeof(*values));

	for (size_t i = 0; i < s->count; i++) {
		assert(s->list[i].value <= UINT16_MAX);
		values[i] = (uint16_t)s->list[i].value;
	}
	return values;
}

void
prefixmap4_init(struct prefixmap4 *m, const struct spans *s)
{
	assert(s->count != 0 && s->count < UINT32_MAX && s->list[0].start == 0);
	m->count = (uint32_t)s->count;
	m->index = index_new(s, PREFIXMAP_BLOCKS4, block_start4);
	m->values = values_new(s);
	m->starts = mem_array(s->count, sizeof(*m->starts));
	for (size_t i = 0; i < s->count; i++) {
		assert(s->list[i].start <= UINT32_MAX);
		m->starts[i] = (uint32_t)s->list[i].start;
	}
}

void
prefixmap6_init(struct prefixmap6 *m, const struct spans *s)
{
	assert(s->count != 0 && s->count < UINT32_MAX && s->list[0].start == 0);
	m->count = (uint32_t)s->count;
	m->index = index_new(s, PREFIXMAP_BLOCKS6, block_start6);
	m->values = values_new(s);
	m->starts = mem_array(s->count, sizeof(*m->starts));
	for (size_t i = 0; i < s->count; i++)
		m->starts[i] = s->list[i].start;
}

void
prefixmap4_fini(struct prefixmap4 *m)
{
	mem_free(m->index);
	mem_free(m->starts);
	mem_free(m->values);
	*m = (struct prefixmap4){0};
}

void
prefixmap6_fini(struct prefixmap6 *m)
{
	mem_free(m->index);
	mem_free(m->starts);
	mem_free(m->values);
	*m = (struct prefixmap6){0};
}

/* How many leading bits two different addresses have in common. */
static inline unsigned
common4(uint32_t a, uint32_t b)
{
	return (unsigned)__builtin_clz(a ^ b);
}

static inline unsigned
common6(span_at a, span_at b)
{
	span_at diff = a ^ b;
	uint64_t high = (uint64_t)(diff >> 64);

	if (high != 0)
		return (unsigned)__builtin_clzll(high);
	return 64 + (unsigned)__builtin_clzll((uint64_t)diff);
}

/*
 * The block must not reach the last address before the interval, nor the first one
 * behind it: it is one bit longer than what the address has in common with either. An
 * interval without neighbours is the whole space, and its scope is 0.
 */
uint16_t
prefixmap4_find(const struct prefixmap4 *m, const uint8_t ip[4], uint8_t *scope)
{
	uint32_t x =
	    (uint32_t)ip[0] << 24 | (uint32_t)ip[1] << 16 | (uint32_t)ip[2] << 8 | ip[3];
	uint32_t low = m->index[x >> 16], high = m->index[(x >> 16) + 1];
	unsigned bits = 0;

	/* Without a branch on the data: a wrong guess costs more than a step. */
	for (uint32_t n = high - low + 1; n > 1; n -= n / 2)
		low += m->starts[low + n / 2] <= x ? n / 2 : 0;
	if (low > 0)
		bits = common4(x, m->starts[low] - 1) + 1;
	if (low + 1 < m->count) {
		unsigned behind = common4(x, m->starts[low + 1]) + 1;

		bits = behind > bits ? behind : bits;
	}
	*scope = (uint8_t)bits;
	return m->values[low];
}

uint16_t
prefixmap6_find(const struct prefixmap6 *m, const uint8_t ip[16], uint8_t *scope)
{
	uint64_t half[2];
	uint32_t block, low, high;
	unsigned bits = 0;
	span_at x;

	memcpy(half, ip, sizeof(half));
	x = (span_at)__builtin_bswap64(half[0]) << 64 | __builtin_bswap64(half[1]);
	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
		x = (span_at)half[0] << 64 | half[1];
	block = block_of6(x);
	low = m->index[block];
	high = m->index[block + 1];
	/* Without a branch on the data: a wrong guess costs more than a step. */
	for (uint32_t n = high - low + 1; n > 1; n -= n / 2)
		low += m->starts[low + n / 2] <= x ? n / 2 : 0;
	if (low > 0)
		bits = common6(x, m->starts[low] - 1) + 1;
	if (low + 1 < m->count) {
		unsigned behind = common6(x, m->starts[low + 1]) + 1;

		bits = behind > bits ? behind : bits;
	}
	*scope = (uint8_t)bits;
	return m->values[low];
}

static size_t
octets(uint32_t blocks, uint32_t count, size_t start_size)
{
	return (blocks + 1) * sizeof(uint32_t) + count * (start_size + sizeof(uint16_t));
}

size_t
prefixmap4_octets(const struct prefixmap4 *m)
{
	return octets(PREFIXMAP_BLOCKS4, m->count, sizeof(*m->starts));
}

size_t
prefixmap6_octets(const struct prefixmap6 *m)
{
	return octets(PREFIXMAP_BLOCKS6, m->count, sizeof(*m->starts));
}

void
prefixmap4_beside(
    const struct prefixmap4 *a, const struct prefixmap4 *b, prefixmap_fn *fn, void *ctx)
{
	uint32_t i = 0, j = 0;
	span_at at = 0;

	while (i < a->count) {
		span_at end_a = i + 1 < a->count ? a->starts[i + 1] : (span_at)1 << 32;
		span_at end_b = j + 1 < b->count ? b->starts[j + 1] : (span_at)1 << 32;
		span_at end = end_a < end_b ? end_a : end_b;

		fn(ctx, a->values[i], b->values[j], (double)(end - at));
		at = end;
		i += end == end_a;
		j += end == end_b && j + 1 < b->count;
	}
}

void
prefixmap6_beside(
    const struct prefixmap6 *a, const struct prefixmap6 *b, prefixmap_fn *fn, void *ctx)
{
	uint32_t i = 0, j = 0;
	span_at at = 0;

	while (i < a->count) {
		span_at end_a = i + 1 < a->count ? a->starts[i + 1] : ~(span_at)0;
		span_at end_b = j + 1 < b->count ? b->starts[j + 1] : ~(span_at)0;
		span_at end = end_a < end_b ? end_a : end_b;

		fn(ctx, a->values[i], b->values[j], (double)(end - at));
		at = end;
		i += end == end_a;
		j += end == end_b && j + 1 < b->count;
	}
}

struct moved {
	double known, moved;
	uint16_t unit;
};

static void
count_moved(void *ctx, uint16_t a, uint16_t b, double size)
{
	struct moved *m = ctx;

	if (a / m->unit == 0)
		return;
	m->known += size;
	if (a / m->unit != b / m->unit)
		m->moved += size;
}

double
prefixmap4_moved(const struct prefixmap4 *a, const struct prefixmap4 *b, uint16_t unit)
{
	struct moved m = {.unit = unit};

	prefixmap4_beside(a, b, count_moved, &m);
	return m.known > 0 ? m.moved / m.known : 0;
}

double
prefixmap6_moved(const struct prefixmap6 *a, const struct prefixmap6 *b, uint16_t unit)
{
	struct moved m = {.unit = unit};

	prefixmap6_beside(a, b, count_moved, &m);
	return m.known > 0 ? m.moved / m.known : 0;
}
