/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/writer.h"

#include <string.h>

#include "base/hash.h"

/* Bit 5 of each: what tells the two cases of a letter apart. */
#define EACH_OCTET_CASE UINT64_C(0x2020202020202020)

enum {
	POINTER = 0xc000,
	POINTER_MAX = 0x3fff, /* fourteen bits of offset, RFC 1035 4.1.4 */
};

/* RDATA made of octets, then names, then octets. */
struct form {
	uint8_t before;
	uint8_t names;
	uint8_t after;
};

/*
 * The types of RFC 1035 3.3 with names in them: receivers must know these, so their
 * names may be compressed; those of all later types must not (RFC 3597 4).
 */
static inline struct form
form_of(uint16_t type)
{
	switch (type) {
	case TYPE_NS:
	case TYPE_MD:
	case TYPE_MF:
	case TYPE_CNAME:
	case TYPE_MB:
	case TYPE_MG:
	case TYPE_MR:
	case TYPE_PTR:
		return (struct form){0, 1, 0};
	case TYPE_MINFO:
		return (struct form){0, 2, 0};
	case TYPE_SOA:
		return (struct form){0, 2, 20};
	case TYPE_MX:
		return (struct form){2, 1, 0};
	default:
		return (struct form){0, 0, 0};
	}
}

bool
rdata_has_names(uint16_t type)
{
	return form_of(type).names != 0;
}

bool
rdata_check(uint16_t type, const uint8_t *rdata, size_t len)
{
	struct form f = form_of(type);
	size_t at = f.before;

	if (f.names == 0)
		return true;
	for (unsigned i = 0; i < f.names; i++) {
		struct name n;

		if (at > len || name_read(rdata + at, len - at, &n) != OK)
			return false;
		at += n.len;
	}
	return len - at == f.after;
}

/* Octet by octet, in any case. */
static bool
labels_alike(const uint8_t *a, const uint8_t *b)
{
	unsigned n = *a;

	if (n != *b)
		return false;
	for (unsigned i = 1; i <= n; i++) {
		unsigned d = a[i] ^ b[i];

		/* octets that differ in bit 5 alone are one letter in two cases */
		if (d != 0 && (d != 0x20 || (unsigned)(a[i] | 0x20) - 'a' >= 26))
			return false;
	}
	return true;
}

/* With the length octets, which say how many there are. */
static inline bool
labels_equal(const uint8_t *a, const uint8_t *b)
{
	size_t n = (size_t)*a + 1, i = 0;
	uint64_t differs = 0;

	if (*a != *b)
		return false;
	if (n < 4)
		return labels_alike(a, b);
	if (n < 8)
		differs = (wire_load4(a) ^ wire_load4(b)) |
		          (wire_load4(a + n - 4) ^ wire_load4(b + n - 4));
	else
		for (differs = wire_load8(a + n - 8) ^ wire_load8(b + n - 8); i + 8 < n;
		     i += 8)
			differs |= wire_load8(a + i) ^ wire_load8(b + i);
	return differs == 0 || ((differs & ~EACH_OCTET_CASE) == 0 && labels_alike(a, b));
}

/* Is the name at offset, which may end in pointers of ours, this one? */
static bool
is_at(const struct writer *w, size_t offset, const uint8_t *name)
{
	const uint8_t *p = w->buf + offset;

	for (;;) {
		while (*p > DNS_LABEL_MAX)
			p = w->buf + (wire_get16(p) & POINTER_MAX);
		if (!labels_equal(p, name))
			return false;
		if (*p == 0)
			return true;
		p += *p + 1;
		name += *name + 1;
	}
}

/*
 * Folded with the bit set that tells two cases apart: what else falls together by that,
 * is_at() tells apart. Loads may overlap, as the first has the length octet in it.
 */
static inline uint64_t
hash_label(uint64_t h, const uint8_t *label)
{
	size_t n = (size_t)label[0] + 1;
	uint64_t v;

	if (n < 4) {
		v = (uint64_t)label[0] << 16 | (uint64_t)label[n >> 1] << 8 |
		    label[n - 1];
		return hash_mix(h, v | EACH_OCTET_CASE);
	}
	if (n < 8) {
		v = (uint64_t)wire_load4(label) << 32 | wire_load4(label + n - 4);
		return hash_mix(h, v | EACH_OCTET_CASE);
	}
	for (; n > 8; n -= 8, label += 8)
		h = hash_mix(h, wire_load8(label) | EACH_OCTET_CASE);
	return hash_mix(h, wire_load8(label + n - 8) | EACH_OCTET_CASE);
}

/*
 * A name taken apart: where each label begins and the hash of the suffix from there. The
 * hashes are made from the right, each out of the one before it: a question of a hundred
 * labels, all alike, costs a hundred steps in each name that is made from it (DNAME),
 * not a comparison of every suffix with every other.
 */
struct suffixes {
	unsigned count;
	uint8_t at[DNS_LABELS_MAX + 1];
	uint32_t hash[DNS_LABELS_MAX];
};

static void
take_apart(const uint8_t *name, struct suffixes *s)
{
	unsigned at = 0, n = 0;
	uint64_t h = 0;

	for (; name[at] != 0; at += name[at] + 1u)
		s->at[n++] = (uint8_t)at;
	s->at[n] = (uint8_t)at;
	s->count = n;
	while (n-- > 0) {
		h = hash_label(h, name + s->at[n]);
		s->hash[n] = (uint32_t)h;
	}
}

static inline uint8_t *
bucket_of(struct writer *w, uint32_t hash)
{
	return &w->buckets[hash % WRITER_NAMES_MAX];
}

/* The pointer to a name that is there already, or 0. */
static uint16_t
find(struct writer *w, const uint8_t *name, uint32_t hash)
{
	if (w->name_count == 0)
		return 0;
	for (unsigned i = *bucket_of(w, hash); i != 0; i = w->next[i - 1])
		if (w->hashes[i - 1] == hash && is_at(w, w->names[i - 1], name))
			return (uint16_t)(POINTER | w->names[i - 1]);
	return 0;
}

/* Registers the first suffixes of a name that stands at offset. */
static void
note(struct writer *w, const struct suffixes *s, unsigned count, size_t offset)
{
	for (unsigned i = 0; i < count; i++) {
		uint8_t *bucket;

		if (w->name_count == WRITER_NAMES_MAX || offset + s->at[i] > POINTER_MAX)
			return;
		if (w->name_count == 0)
			memset(w->buckets, 0, sizeof(w->buckets));
		bucket = bucket_of(w, s->hash[i]);
		w->names[w->name_count] = (uint16_t)(offset + s->at[i]);
		w->hashes[w->name_count] = s->hash[i];
		w->next[w->name_count++] = *bucket;
		*bucket = w->name_count;
	}
}

void
writer_note_pending(struct writer *w)
{
	struct suffixes s;

	take_apart(w->buf + w->pending, &s);
	note(w, &s, s.count, w->pending);
	w->pending = 0;
}

void
writer_rewind(struct writer *w, const struct writer_mark *mark)
{
	/* the last one noted is the first of its bucket */
	while (w->name_count > mark->name_count) {
		w->name_count--;
		*bucket_of(w, w->hashes[w->name_count]) = w->next[w->name_count];
	}
	w->len = mark->len;
	w->pending = mark->pending;
	w->full = false;
}

void
writer_name(struct writer *w, const uint8_t *name, bool may_compress)
{
	struct suffixes s;
	size_t len, offset = w->len;
	uint16_t pointer = 0;
	unsigned i;
	uint8_t *p;

	if (w->pending != 0)
		writer_note_pending(w);
	take_apart(name, &s);
	for (i = 0; i < s.count; i++)
		if (may_compress && (pointer = find(w, name + s.at[i], s.hash[i])) != 0)
			break;
	len = s.at[i];
	p = writer_take(w, len + (pointer != 0 ? 2 : 1));
	if (p == NULL)
		return;
	memcpy(p, name, len);
	if (pointer != 0)
		wire_put16(p + len, pointer);
	else
		p[len] = 0;
	note(w, &s, i, offset);
}

static void
put_rdata(struct writer *w, uint16_t type, const uint8_t *rdata, size_t len)
{
	struct form f = form_of(type);
	size_t at = f.before;

	writer_put(w, rdata, at);
	for (unsigned i = 0; i < f.names; i++) {
		writer_name(w, rdata + at, true);
		at += name_len(rdata + at);
	}
	writer_put(w, rdata + at, len - at);
}

void
writer_rr(struct writer *w, const uint8_t *owner, uint16_t type, uint32_t ttl,
    const uint8_t *rdata, uint16_t rdata_len)
{
	struct writer_mark mark = writer_mark(w);
	uint8_t *fixed;
	size_t start;

	writer_name(w, owner, true);
	fixed = writer_take(w, DNS_RR_FIXED_LEN);
	start = w->len;
	put_rdata(w, type, rdata, rdata_len);
	if (w->full) {
		/* also forget the names: what they point to is about to be overwritten */
		writer_rewind(w, &mark);
		w->full = true;
		return;
	}
	wire_put16(fixed, type);
	wire_put16(fixed + 2, CLASS_IN);
	wire_put32(fixed + 4, ttl);
	wire_put16(fixed + 8, (uint16_t)(w->len - start));
}
