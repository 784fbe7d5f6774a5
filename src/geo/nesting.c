/* SPDX-License-Identifier: BSD-2-Clause */
#include "geo/nesting.h"

/* Of the format. */
enum {
	TYPE_EXTENDED = 0,
	TYPE_POINTER = 1,
	TYPE_MAP = 7,
	TYPE_ARRAY = 11,
	TYPE_BOOL = 14
};

static bool
scan(struct nesting *n, size_t *at, unsigned depth);

/* A big-endian number of so many octets. */
static bool
take(const struct nesting *n, size_t *at, unsigned octets, uint32_t *out)
{
	uint32_t v = 0;

	if (*at > n->len || n->len - *at < octets)
		return false;
	while (octets-- > 0)
		v = v << 8 | n->data[(*at)++];
	*out = v;
	return true;
}

static bool
scan_pointer(struct nesting *n, size_t *at, uint32_t control, unsigned depth)
{
	static const uint32_t bases[] = {0, 2048, 526336, 0};
	unsigned kind = control >> 3 & 3;
	uint32_t low;
	uint64_t seen;
	size_t target;

	if (!take(n, at, kind + 1, &low))
		return false;
	target = low;
	if (kind < 3)
		target = ((size_t)(control & 7) << (8 * (kind + 1))) + low + bases[kind];
	if (memo_find(&n->seen, target, &seen))
		return true;
	memo_set(&n->seen, target, 1);
	return scan(n, &target, depth + 1);
}

/* Moves *at behind the value there. */
static bool
scan(struct nesting *n, size_t *at, unsigned depth)
{
	static const uint32_t bases[] = {29, 285, 65821};
	uint32_t control, type, size, items;

	if (depth > NESTING_MAX || n->budget == 0 || !take(n, at, 1, &control))
		return false;
	n->budget--;
	type = control >> 5;
	if (type == TYPE_POINTER)
		return scan_pointer(n, at, control, depth);
	if (type == TYPE_EXTENDED) {
		if (!take(n, at, 1, &type))
			return false;
		type += 7;
	}
	size = control & 31;
	if (size >= 29) {
		unsigned kind = size - 29;

		if (!take(n, at, kind + 1, &size))
			return false;
		size += bases[kind];
	}
	if (type == TYPE_BOOL)
		return true;
	if (type != TYPE_MAP && type != TYPE_ARRAY) {
		if (size > n->len - *at)
			return false;
		*at += size;
		return true;
	}
	items = type == TYPE_MAP ? 2 * size : size;
	for (uint32_t i = 0; i < items; i++) {
		if (!scan(n, at, depth + 1))
			return false;
	}
	return true;
}

void
nesting_init(struct nesting *n, const uint8_t *data, size_t len)
{
	/* A value takes an octet at least, and in a sane file lies in one record only. */
	*n = (struct nesting){
	    .data = data, .len = len, .budget = 4 * (uint64_t)len + (1 << 20)};
}

void
nesting_fini(struct nesting *n)
{
	memo_fini(&n->seen);
}

bool
nesting_is_sane(struct nesting *n, size_t at)
{
	return scan(n, &at, 0);
}
