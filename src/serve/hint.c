/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/hint.h"

#include <string.h>

enum { KEY_MANDATORY = 0, KEY_IPV4HINT = 4, KEY_IPV6HINT = 6, KEY_HEAD = 4 };

static const uint16_t key_of[FAMILY_COUNT] = {KEY_IPV4HINT, KEY_IPV6HINT};
static const uint16_t octets_of[FAMILY_COUNT] = {4, 16};

/* Keys ascend, and each value is there (RFC 9460 2.2). */
static bool
has_form(const uint8_t *p, size_t len)
{
	int last = -1;

	while (len >= KEY_HEAD) {
		size_t n = KEY_HEAD + (size_t)wire_get16(p + 2);

		if (n > len || wire_get16(p) <= last)
			return false;
		last = wire_get16(p);
		p += n;
		len -= n;
	}
	return len == 0;
}

/* Where the SvcParams of a record that takes hints begin; 0: it takes none. */
static size_t
params_at(const struct rdata *r, const uint8_t *owner)
{
	struct name target;
	size_t at = 3;

	/* priority 0 is AliasMode, which has no SvcParams */
	if (r->len < 3 || wire_get16(r->data) == 0)
		return 0;
	if (r->data[2] != 0) {
		if (name_read(r->data + 2, r->len - 2u, &target) != OK ||
		    !name_equal(target.bytes, owner))
			return 0;
		at = 2u + target.len;
	}
	return has_form(r->data + at, r->len - at) ? at : 0;
}

bool
hint_takes_any(const struct rrset *s, const uint8_t *owner)
{
	struct rdata r;

	for (size_t pos = 0; rrset_next(s, &pos, &r);)
		if (params_at(&r, owner) != 0)
			return true;
	return false;
}

static bool
has_addresses(const struct choice *c)
{
	return c->kind == CHOICE_ADDRESSES;
}

static void
write_hint(struct writer *w, const struct choice *c, unsigned family,
    const struct draw_seed *seed)
{
	uint16_t octets = octets_of[family], count = c->take;
	struct draw draw;
	uint8_t *to;

	if (!has_addresses(c))
		return;
	if (count > UINT16_MAX / octets)
		count = (uint16_t)(UINT16_MAX / octets);
	to = writer_take(w, KEY_HEAD + (size_t)count * octets);
	if (to == NULL)
		return;
	wire_put16(to, key_of[family]);
	wire_put16(to + 2, (uint16_t)(count * octets));
	to += KEY_HEAD;
	draw_begin(&draw, c, seed);
	for (; count != 0; count--, to += octets) {
		const uint8_t *from = c->rr + c->off[draw_next(&draw)] + 12;

		if (family == FAMILY_4)
			memcpy(to, from, 4);
		else
			memcpy(to, from, 16);
	}
}

/* Is this the key of a hint that is left out? */
static bool
is_missing(uint16_t key, const struct choice *const hints[FAMILY_COUNT])
{
	for (unsigned f = 0; f < FAMILY_COUNT; f++)
		if (key == key_of[f])
			return hints[f] != NULL && !has_addresses(hints[f]);
	return false;
}

static void
write_mandatory(struct writer *w, const uint8_t *keys, uint16_t len,
    const struct choice *const hints[FAMILY_COUNT])
{
	uint16_t left = 0;

	for (unsigned i = 0; i + 2u <= len; i += 2)
		if (!is_missing(wire_get16(keys + i), hints))
			left = (uint16_t)(left + 2);
	if (left == 0)
		return;
	writer_put16(w, KEY_MANDATORY);
	writer_put16(w, left);
	for (unsigned i = 0; i + 2u <= len; i += 2)
		if (!is_missing(wire_get16(keys + i), hints))
			writer_put(w, keys + i, 2);
}

/* One SvcParam as written, unless a hint took its place. */
static void
write_param(
    struct writer *w, const uint8_t *p, const struct choice *const hints[FAMILY_COUNT])
{
	uint16_t key = wire_get16(p), len = wire_get16(p + 2);

	for (unsigned f = 0; f < FAMILY_COUNT; f++)
		if (key == key_of[f] && hints[f] != NULL)
			return;
	if (key == KEY_MANDATORY)
		write_mandatory(w, p + KEY_HEAD, len, hints);
	else
		writer_put(w, p, KEY_HEAD + (size_t)len);
}

void
hint_write(struct writer *w, const struct rdata *r, const uint8_t *owner,
    const struct choice *const hints[FAMILY_COUNT], const struct draw_seed *seed)
{
	size_t at = params_at(r, owner);
	unsigned next = 0; /* family whose hint comes next */

	writer_put(w, r->data, at != 0 ? at : r->len);
	if (at == 0)
		return;
	for (; at < r->len; at += KEY_HEAD + (size_t)wire_get16(r->data + at + 2)) {
		uint16_t key = wire_get16(r->data + at);

		for (; next < FAMILY_COUNT && key_of[next] <= key; next++)
			if (hints[next] != NULL)
				write_hint(w, hints[next], next, seed);
		write_param(w, r->data + at, hints);
	}
	for (; next < FAMILY_COUNT; next++)
		if (hints[next] != NULL)
			write_hint(w, hints[next], next, seed);
}
