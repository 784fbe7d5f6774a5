/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/writer.h"

#include <string.h>

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

void
writer_init(struct writer *w, uint8_t *buf, size_t limit)
{
	w->buf = buf;
	w->len = 0;
	w->limit = limit;
	w->full = false;
	w->name_count = 0;
}

/* Room for len octets, or NULL and full. The limit may have been lowered below len. */
static inline uint8_t *
take(struct writer *w, size_t len)
{
	uint8_t *p = w->buf + w->len;

	if (w->full || w->len > w->limit || w->limit - w->len < len) {
		w->full = true;
		return NULL;
	}
	w->len += len;
	return p;
}

void
writer_put(struct writer *w, const void *data, size_t len)
{
	uint8_t *p = take(w, len);

	if (p != NULL && len != 0)
		memcpy(p, data, len);
}

void
writer_put16(struct writer *w, uint16_t v)
{
	uint8_t *p = take(w, 2);

	if (p != NULL)
		wire_put16(p, v);
}

void
writer_put32(struct writer *w, uint32_t v)
{
	uint8_t *p = take(w, 4);

	if (p != NULL)
		wire_put32(p, v);
}

static inline bool
labels_equal(const uint8_t *a, const uint8_t *b)
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
 * The pointer to a name of len octets that is there already, or 0. Names of other lengths
 * are not looked at: else a question of a hundred labels, all alike, would be compared
 * with every suffix of its own in every name that is made from it (DNAME).
 */
static uint16_t
find(const struct writer *w, const uint8_t *name, size_t len)
{
	for (unsigned i = 0; i < w->name_count; i++)
		if (w->name_lens[i] == len && is_at(w, w->names[i], name))
			return (uint16_t)(POINTER | w->names[i]);
	return 0;
}

/* Registers the suffixes that begin in the first octets of a name of len, which stand at
 * offset. */
static void
note(struct writer *w, const uint8_t *name, size_t octets, size_t len, size_t offset)
{
	for (size_t at = 0; at < octets && name[at] != 0; at += name[at] + 1u) {
		if (w->name_count == WRITER_NAMES_MAX || offset + at > POINTER_MAX)
			return;
		w->names[w->name_count] = (uint16_t)(offset + at);
		w->name_lens[w->name_count++] = (uint8_t)(len - at);
	}
}

void
writer_note_name(struct writer *w, uint16_t offset)
{
	const uint8_t *name = w->buf + offset;
	size_t len = name_len(name);

	note(w, name, len, len, offset);
}

void
writer_name(struct writer *w, const uint8_t *name, bool may_compress)
{
	const uint8_t *suffix = name;
	uint16_t pointer = 0;
	size_t whole = name_len(name), len, offset = w->len;
	uint8_t *p;

	for (; *suffix != 0; suffix += *suffix + 1)
		if (may_compress &&
		    (pointer = find(w, suffix, whole - (size_t)(suffix - name))) != 0)
			break;
	len = (size_t)(suffix - name);
	p = take(w, len + (pointer != 0 ? 2 : 1));
	if (p == NULL)
		return;
	memcpy(p, name, len);
	if (pointer != 0)
		wire_put16(p + len, pointer);
	else
		p[len] = 0;
	note(w, p, len, whole, offset);
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
	size_t len = w->len, start;
	uint8_t name_count = w->name_count;
	uint8_t *fixed;

	writer_name(w, owner, true);
	fixed = take(w, DNS_RR_FIXED_LEN);
	start = w->len;
	put_rdata(w, type, rdata, rdata_len);
	if (w->full) {
		/* also forget the names: what they point to is about to be overwritten */
		w->len = len;
		w->name_count = name_count;
		return;
	}
	wire_put16(fixed, type);
	wire_put16(fixed + 2, CLASS_IN);
	wire_put32(fixed + 4, ttl);
	wire_put16(fixed + 8, (uint16_t)(w->len - start));
}
