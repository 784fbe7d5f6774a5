/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/writer.h"

#include <string.h>

#include "base/hash.h"

/* Bit 5 of each: what tells the two cases of a letter apart. */
#define EACH_OCTET_CASE UINT64_C(0x2020202020202020)

enum {
	POINTER = 0xc000,
	POINTER_MAX = 0x3fff, /* fourteen bits of offset, RFC 1035 4.1.4 */
	OWNER_LEN = 2, /* of an RR as it is stored */
	TTL_AT = 6,
	RDATA_AT = 12,
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

/*
 * Of a label below that one of its parent, folded with the bit set that tells two cases
 * apart: what else falls together by that, labels_equal() tells apart. Loads may overlap,
 * as the first has the length octet in it.
 */
static inline uint32_t
hash_label(unsigned parent, const uint8_t *label)
{
	size_t n = (size_t)label[0] + 1;
	uint64_t h = parent, v;

	if (n < 4) {
		v = (uint64_t)label[0] << 16 | (uint64_t)label[n >> 1] << 8 |
		    label[n - 1];
		return (uint32_t)hash_mix(h, v | EACH_OCTET_CASE);
	}
	if (n < 8) {
		v = (uint64_t)wire_load4(label) << 32 | wire_load4(label + n - 4);
		return (uint32_t)hash_mix(h, v | EACH_OCTET_CASE);
	}
	for (; n > 8; n -= 8, label += 8)
		h = hash_mix(h, wire_load8(label) | EACH_OCTET_CASE);
	return (uint32_t)hash_mix(h, wire_load8(label + n - 8) | EACH_OCTET_CASE);
}

static inline uint8_t *
bucket_of(struct writer *w, uint32_t hash)
{
	return &w->buckets[hash % WRITER_BUCKETS];
}

/* The label below a parent, or 0. */
static inline unsigned
find_label(struct writer *w, unsigned parent, const uint8_t *label, uint32_t hash)
{
	unsigned i;

	for (i = *bucket_of(w, hash); i != 0; i = w->names[i].next)
		if (w->names[i].hash == hash && w->names[i].parent == parent &&
		    labels_equal(w->buf + w->names[i].offset, label))
			break;
	return i;
}

static inline void
set_label(struct writer *w, unsigned i, unsigned parent, uint32_t hash, size_t offset)
{
	uint8_t *bucket = bucket_of(w, hash);

	w->names[i] = (struct writer_label){
	    .hash = hash,
	    .offset = (uint16_t)offset,
	    .parent = (uint8_t)parent,
	    .next = *bucket,
	};
	*bucket = (uint8_t)i;
}

/*
 * How far a name is known. From the left, the first `count` labels are not in the tree,
 * and what is behind them is label `known` in it. at[]: where each label begins, of which
 * at[count] is the first known one, or the root.
 */
struct place {
	unsigned count, known;
	uint32_t hash; /* of the last label that is not in the tree */
	uint8_t at[DNS_LABELS_MAX + 1];
};

/*
 * Puts the labels of a name that stands at offset into the tree, those that are not
 * there, from the right. Some may lie behind the last offset that can be pointed to: they
 * are what those before it are below. Returns the whole name's label; 0: there is none.
 */
static inline unsigned
note(struct writer *w, const uint8_t *name, const struct place *p, size_t offset)
{
	unsigned n = p->count, i = p->known;
	uint32_t hash = p->hash;

	if (n == 0)
		return i;
	if (offset > POINTER_MAX)
		return 0;
	while (w->name_count < WRITER_NAMES_MAX) {
		unsigned parent = i;

		i = ++w->name_count;
		set_label(w, i, parent, hash, offset + p->at[--n]);
		if (n == 0)
			return i;
		hash = hash_label(i, name + p->at[n - 1]);
	}
	return 0;
}

/*
 * An empty tree, and what is to the left of the anchor in the pending name. The labels of
 * the anchor have their numbers, from the root's on; more is known only of the last.
 */
static void
begin(struct writer *w)
{
	const uint8_t *name = w->buf + w->pending;
	struct place p;
	size_t end;

	p.count = 0;
	p.hash = 0;
	p.known = w->anchor_len != 0 ? w->anchor_depth : 0;
	end = p.known != 0 ? w->anchor_offset - (size_t)w->pending : DNS_NAME_MAX;
	memset(w->buckets, 0, sizeof(w->buckets));
	w->is_rooted = p.known == 0;
	if (w->pending == 0)
		return;
	for (size_t at = 0; at != end && name[at] != 0; at += name[at] + 1u)
		p.at[p.count++] = (uint8_t)at;
	w->name_count = (uint8_t)p.known;
	w->names[p.known].offset = w->anchor_offset;
	if (p.count != 0)
		p.hash = hash_label(p.known, name + p.at[p.count - 1]);
	(void)note(w, name, &p, w->pending);
	w->pending = 0;
}

/* The labels of the anchor, under the root. */
static void
root(struct writer *w)
{
	unsigned parent = 0;
	uint8_t at[DNS_LABELS_MAX + 1];

	at[0] = 0;
	for (unsigned n = 1; n < w->anchor_depth; n++)
		at[n] = (uint8_t)(at[n - 1] + w->anchor[at[n - 1]] + 1);
	for (unsigned n = w->anchor_depth; n-- > 0; parent++)
		set_label(w, parent + 1, parent, hash_label(parent, w->anchor + at[n]),
		    w->anchor_offset + (size_t)at[n]);
	w->is_rooted = true;
}

/* The name has len octets. */
static inline void
find_place(struct writer *w, const uint8_t *name, size_t len, struct place *p)
{
	size_t tail = len - w->anchor_len, at = 0;
	unsigned n = 0;

	/* up to where the anchor is, if it is; it may be longer than the name */
	for (; at < tail && name[at] != 0; at += name[at] + 1u)
		p->at[n++] = (uint8_t)at;
	if (w->anchor_len != 0 && at == tail &&
	    wire_equal(name + at, w->anchor, w->anchor_len)) {
		p->known = w->anchor_depth;
	} else {
		if (!w->is_rooted)
			root(w);
		for (; name[at] != 0; at += name[at] + 1u)
			p->at[n++] = (uint8_t)at;
		p->known = 0;
	}
	p->at[n] = (uint8_t)at;
	p->hash = 0;
	/*
	 * Each label below the one before it: a question of a hundred labels, all alike,
	 * costs a hundred steps in each name that is made from it (DNAME), not a
	 * comparison of every suffix with every other.
	 */
	for (; n != 0; n--) {
		const uint8_t *label = name + p->at[n - 1];
		unsigned i;

		p->hash = hash_label(p->known, label);
		i = find_label(w, p->known, label, p->hash);
		if (i == 0)
			break;
		p->known = i;
	}
	p->count = n;
}

void
writer_rewind(struct writer *w, const struct writer_mark *mark)
{
	if (mark->name_count == 0)
		w->name_count = 0;
	for (; w->name_count > mark->name_count; w->name_count--) {
		const struct writer_label *last = &w->names[w->name_count];
		uint8_t *link = bucket_of(w, last->hash);

		/* mostly the first of its bucket */
		while (*link != w->name_count)
			link = &w->names[*link].next;
		*link = last->next;
	}
	w->len = mark->len;
	w->pending = mark->pending;
	w->known_count = mark->known_count;
	w->full = false;
}

/* wire_copy() of what is mostly a label, or less. */
static inline void
copy_few(uint8_t *to, const uint8_t *from, size_t len)
{
	uint32_t a, b;

	if (len >= 8) {
		wire_copy(to, from, len);
	} else if (len >= 4) {
		a = wire_load4(from);
		b = wire_load4(from + len - 4);
		memcpy(to, &a, 4);
		memcpy(to + len - 4, &b, 4);
	} else if (len != 0) {
		to[0] = from[0];
		to[len >> 1] = from[len >> 1];
		to[len - 1] = from[len - 1];
	}
}

static inline uint16_t
pointer_to(const struct writer *w, unsigned label)
{
	return (uint16_t)(POINTER | w->names[label].offset);
}

/* writer_name() of a name with len octets. */
static uint16_t
put_name(struct writer *w, const uint8_t *name, size_t len)
{
	size_t offset = w->len, new_len;
	struct place p;
	uint16_t pointer;
	unsigned label;
	uint8_t *to;

	if (w->name_count == 0)
		begin(w);
	find_place(w, name, len, &p);
	/* with such a label in the tree, all of this name will be behind it, too */
	for (; p.known != 0 && w->names[p.known].offset > POINTER_MAX; p.count++)
		p.known = w->names[p.known].parent;
	new_len = p.at[p.count];
	to = writer_take(w, new_len + (p.known != 0 ? 2 : 1));
	if (to == NULL)
		return 0;
	copy_few(to, name, new_len);
	if (p.known != 0)
		wire_put16(to + new_len, pointer_to(w, p.known));
	else
		to[new_len] = 0;
	label = note(w, name, &p, offset);
	if (label == 0)
		return 0;
	pointer = pointer_to(w, label);
	if (w->known_count < WRITER_KNOWN_MAX)
		w->known[w->known_count++] = (struct writer_known){name, pointer};
	return pointer;
}

uint16_t
writer_name(struct writer *w, const uint8_t *name)
{
	return put_name(w, name, name_len(name));
}

/* From `at` on, in RDATA of this form. */
static inline void
put_names(struct writer *w, struct form f, const uint8_t *rdata, size_t len)
{
	size_t at = f.before, end = len - f.after, n;

	for (; f.names > 1; f.names--, at += n) {
		n = name_len(rdata + at);
		(void)put_name(w, rdata + at, n);
	}
	(void)put_name(w, rdata + at, end - at);
	if (f.after != 0)
		writer_put(w, rdata + end, f.after);
}

void
writer_rr_behind(struct writer *w, uint16_t type, uint32_t ttl, const uint8_t *rdata,
    uint16_t rdata_len)
{
	const struct form f = form_of(type);
	size_t head = f.names != 0 ? f.before : rdata_len, start;
	uint8_t *fixed = writer_take(w, DNS_RR_FIXED_LEN + head);

	if (fixed == NULL)
		return;
	start = w->len - head;
	copy_few(fixed + DNS_RR_FIXED_LEN, rdata, head);
	if (f.names != 0)
		put_names(w, f, rdata, rdata_len);
	wire_put16(fixed, type);
	wire_put16(fixed + 2, CLASS_IN);
	wire_put32(fixed + 4, ttl);
	wire_put16(fixed + 8, (uint16_t)(w->len - start));
}

void
writer_rr_stored(struct writer *w, uint16_t owner, uint32_t ttl, const uint8_t *rr)
{
	const struct form f = form_of(wire_get16(rr + OWNER_LEN));
	size_t rdata_len = wire_get16(rr + RDATA_AT - 2), start;
	size_t head = RDATA_AT + (f.names != 0 ? f.before : rdata_len);
	uint8_t *to = writer_take(w, head);

	if (to == NULL)
		return;
	start = w->len - head + RDATA_AT;
	wire_copy(to, rr, head);
	wire_put16(to, owner);
	wire_put32(to + TTL_AT, ttl);
	if (f.names == 0)
		return;
	put_names(w, f, rr + RDATA_AT, rdata_len);
	wire_put16(to + RDATA_AT - 2, (uint16_t)(w->len - start));
}

void
writer_rr(struct writer *w, const uint8_t *owner, uint16_t type, uint32_t ttl,
    const uint8_t *rdata, uint16_t rdata_len)
{
	struct writer_mark mark = writer_mark(w);

	(void)writer_name(w, owner);
	writer_rr_behind(w, type, ttl, rdata, rdata_len);
	if (w->full) {
		/* also forget the names: what they point to is about to be overwritten */
		writer_rewind(w, &mark);
		w->full = true;
	}
}
