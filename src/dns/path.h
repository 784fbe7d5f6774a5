/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Taking a name apart for look-ups (struct name_path), in line: every request has one.
 *
 * Shape: lower case sixteen or eight octets at a time; then, from the right, a hash of
 * every suffix made out of the one before it.
 * Owner: values.
 * Threads: any; no state but the key of base/hash.h.
 * Errors: false: no name.
 * Source: RFC 1035 3.1, RFC 4343 3 (case).
 */
#ifndef DNS_PATH_H
#define DNS_PATH_H

#include <string.h>

#include "base/hash.h"
#include "dns/name.h"

#define PATH_EACH(v) (UINT64_C(0x0101010101010101) * (v))

static inline uint8_t
path_lower1(uint8_t c)
{
	return (uint8_t)(c | ((unsigned)c - 'A' < 26 ? 0x20 : 0));
}

/* Sixteen octets at a time. */
typedef uint8_t path_octets __attribute__((vector_size(16)));

static inline path_octets
path_load16(const uint8_t *p)
{
	path_octets v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline path_octets
path_lower16(path_octets v)
{
	path_octets is_upper = (path_octets)(v - 'A' < 26);

	return v | (is_upper & 0x20);
}

/* Eight octets at a time; octets from 0x80 on are no letters and stay as they are. */
static inline uint64_t
path_lower8(uint64_t v)
{
	uint64_t seven = v & PATH_EACH(0x7f);
	uint64_t past_z = seven + PATH_EACH(0x7f - 'Z');
	uint64_t from_a = seven + PATH_EACH(0x80 - 'A');
	uint64_t is_upper = ~v & (from_a ^ past_z) & PATH_EACH(0x80);

	return v | is_upper >> 2;
}

static inline void
path_lower(uint8_t *out, const uint8_t *wire, size_t len)
{
	path_octets v;
	uint64_t a, b;

	if (len < sizeof(a)) {
		for (size_t i = 0; i < len; i++)
			out[i] = path_lower1(wire[i]);
		return;
	}
	/* the last words overlap those before them: lowering twice changes nothing */
	if (len < sizeof(v)) {
		a = path_lower8(wire_load8(wire));
		b = path_lower8(wire_load8(wire + len - sizeof(b)));
		memcpy(out, &a, sizeof(a));
		memcpy(out + len - sizeof(b), &b, sizeof(b));
		return;
	}
	for (size_t i = 0; i + sizeof(v) < len; i += sizeof(v)) {
		v = path_lower16(path_load16(wire + i));
		memcpy(out + i, &v, sizeof(v));
	}
	v = path_lower16(path_load16(wire + len - sizeof(v)));
	memcpy(out + len - sizeof(v), &v, sizeof(v));
}

/*
 * The label is hashed with its length octet, so the number of octets is known from
 * the first word and overlapping loads stay unambiguous; nothing is read past the label.
 */
static inline uint64_t
path_hash_label(uint64_t h, const uint8_t *label)
{
	size_t n = (size_t)label[0] + 1;

	if (n < 4) {
		uint64_t v = (uint64_t)label[0] << 16 | (uint64_t)label[n >> 1] << 8 |
		             label[n - 1];

		return hash_mix(h, v);
	}
	if (n <= 8)
		return hash_mix(
		    h, (uint64_t)wire_load4(label) << 32 | wire_load4(label + n - 4));
	for (; n > 8; n -= 8, label += 8)
		h = hash_mix(h, wire_load8(label));
	return hash_mix(h, wire_load8(label + n - 8));
}

/* Length, offsets and lower case are there already, and the hashes up to depth. */
static inline void
path_hash(struct name_path *p, unsigned depth)
{
	const uint8_t *at = p->offset + p->label_count - depth;
	uint64_t *hash = p->hash + depth, h = *hash;

	while (at != p->offset) {
		h = path_hash_label(h, p->bytes + *--at);
		*++hash = h;
	}
}

/* Length and offsets are there already. */
static inline void
path_finish(struct name_path *p, const uint8_t *wire)
{
	path_lower(p->bytes, wire, p->len);
	p->hash[0] = 0;
	path_hash(p, 0);
}

/* Is the suffix of that depth the same in both? */
static inline bool
path_alike(const struct name_path *a, const struct name_path *b, unsigned depth)
{
	unsigned len = name_path_suffix_len(b, depth);

	return a->label_count >= depth && name_path_suffix_len(a, depth) == len &&
	       wire_equal(name_path_suffix(a, depth), name_path_suffix(b, depth), len);
}

/*
 * The same as name_path_set() for a name that begins at wire, of which room octets may be
 * read. False when it does not end there, is too long, or has a label type other than 00.
 * Of a name that ends as `like` does from depth on the hashes are taken over, and
 * *is_like set: nearly all names that are asked for at one time end alike. NULL: nothing
 * is known.
 */
static inline bool
path_read(struct name_path *p, const uint8_t *wire, size_t room,
    const struct name_path *like, unsigned depth, bool *is_like)
{
	size_t at = 0;
	unsigned count = 0;

	if (room > DNS_NAME_MAX)
		room = DNS_NAME_MAX;
	for (;;) {
		if (at >= room || wire[at] > DNS_LABEL_MAX)
			return false;
		p->offset[count] = (uint8_t)at;
		if (wire[at] == 0)
			break;
		at += wire[at] + 1u;
		count++;
	}
	p->label_count = (uint8_t)count;
	p->len = (uint8_t)(at + 1);
	path_lower(p->bytes, wire, p->len);
	*is_like = like != NULL && path_alike(p, like, depth);
	p->hash[0] = 0;
	for (unsigned i = 1; *is_like && i <= depth; i++)
		p->hash[i] = like->hash[i];
	path_hash(p, *is_like ? depth : 0);
	return true;
}

#endif
