/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/name.h"

#include <assert.h>
#include <string.h>

#include "dns/path.h"

const struct name name_root = {.len = 1, .bytes = {0}};

void
name_lower(uint8_t *out, const uint8_t *wire, size_t len)
{
	path_lower(out, wire, len);
}

/* Where each label begins, leftmost first, the root label last; returns how many there
 * are without the root. */
static inline unsigned
find_labels(const uint8_t *wire, uint8_t offset[DNS_LABELS_MAX + 1])
{
	unsigned count = 0, at = 0;

	while (wire[at] != 0) {
		offset[count++] = (uint8_t)at;
		at += wire[at] + 1u;
	}
	offset[count] = (uint8_t)at;
	return count;
}

void
name_path_set(struct name_path *p, const uint8_t *wire, uint8_t len)
{
	p->label_count = (uint8_t)find_labels(wire, p->offset);
	p->len = len;
	path_finish(p, wire);
}

uint64_t
name_hash_label(uint64_t parent, const uint8_t *label)
{
	return path_hash_label(parent, label);
}

uint64_t
name_hash(const uint8_t *wire, uint8_t len)
{
	uint8_t offset[DNS_LABELS_MAX + 1];
	unsigned count = find_labels(wire, offset);
	uint64_t h = 0;

	assert(offset[count] + 1u == len);
	while (count != 0)
		h = path_hash_label(h, wire + offset[--count]);
	return h;
}

/* One escaped octet of a label from text; *at moves behind it. */
MUST_CHECK static enum err
parse_escape(const char *text, size_t len, size_t *at, uint8_t *out)
{
	size_t i = *at;
	unsigned v = 0;

	if (++i == len)
		return ERR_SYNTAX;
	if (text[i] < '0' || text[i] > '9') {
		*out = (uint8_t)text[i];
		*at = i + 1;
		return OK;
	}
	if (len - i < 3)
		return ERR_SYNTAX;
	for (unsigned d = 0; d < 3; d++, i++) {
		if (text[i] < '0' || text[i] > '9')
			return ERR_SYNTAX;
		v = v * 10 + (unsigned)(text[i] - '0');
	}
	if (v > 255)
		return ERR_RANGE;
	*out = (uint8_t)v;
	*at = i;
	return OK;
}

/*
 * Reads labels into n, without the root label; *absolute tells whether a final dot was
 * there. Lengths are checked octet by octet, so long text costs nothing.
 */
MUST_CHECK static enum err
parse_labels(const char *text, size_t len, struct name *n, bool *absolute)
{
	size_t start = 0, used = 1; /* the length octet of the label that begins */
	size_t at = 0;

	*absolute = false;
	while (at < len) {
		uint8_t c = (uint8_t)text[at];

		if (c == '.') {
			if (used == start + 1)
				return ERR_SYNTAX;
			n->bytes[start] = (uint8_t)(used - start - 1);
			start = used++;
			*absolute = ++at == len;
			continue;
		}
		if (used - start > DNS_LABEL_MAX || used >= DNS_NAME_MAX - 1)
			return ERR_RANGE;
		if (c == '\\') {
			enum err e = parse_escape(text, len, &at, &n->bytes[used++]);

			if (e != OK)
				return e;
			continue;
		}
		/* RFC 1035 5.1: a blank parts fields, so it is in no name unescaped */
		if (c <= ' ' || c == 0x7f)
			return ERR_SYNTAX;
		n->bytes[used++] = c;
		at++;
	}
	if (!*absolute) {
		n->bytes[start] = (uint8_t)(used - start - 1);
		start = used;
	}
	n->len = (uint8_t)start;
	return OK;
}

enum err
name_parse(const char *text, size_t len, const struct name *origin, struct name *out)
{
	struct name n;
	bool absolute;
	enum err e;

	if (len == 0)
		return ERR_SYNTAX;
	if (len == 1 && text[0] == '.') {
		*out = name_root;
		return OK;
	}
	if (len == 1 && text[0] == '@') {
		if (origin == NULL)
			return ERR_SYNTAX;
		*out = *origin;
		return OK;
	}
	e = parse_labels(text, len, &n, &absolute);
	if (e != OK)
		return e;
	n.bytes[n.len++] = 0;
	if (absolute || origin == NULL) {
		*out = n;
		return OK;
	}
	return name_join(&n, origin->bytes, out);
}

enum err
name_read(const uint8_t *wire, size_t room, struct name *out)
{
	size_t at = 0;

	for (;;) {
		if (at >= DNS_NAME_MAX)
			return ERR_RANGE;
		if (at >= room || wire[at] > DNS_LABEL_MAX)
			return ERR_SYNTAX;
		if (wire[at] == 0)
			break;
		at += wire[at] + 1u;
	}
	out->len = (uint8_t)(at + 1);
	memcpy(out->bytes, wire, at + 1);
	return OK;
}

static char *
write_octet(char *out, uint8_t c)
{
	if (c <= ' ' || c >= 0x7f) {
		*out++ = '\\';
		*out++ = (char)('0' + c / 100);
		*out++ = (char)('0' + c / 10 % 10);
		*out++ = (char)('0' + c % 10);
		return out;
	}
	/* what a master file would take for something else, RFC 1035 5.1 */
	if (strchr("\".;()\\@$", c) != NULL)
		*out++ = '\\';
	*out++ = (char)c;
	return out;
}

size_t
name_write(const uint8_t *wire, char out[NAME_TEXT_MAX])
{
	char *o = out;

	if (*wire == 0)
		*o++ = '.';
	while (*wire != 0) {
		for (unsigned left = *wire++; left != 0; left--)
			o = write_octet(o, *wire++);
		*o++ = '.';
	}
	*o = '\0';
	return (size_t)(o - out);
}

size_t
name_write_plain(const uint8_t *wire, char out[NAME_TEXT_MAX])
{
	size_t len = name_write(wire, out);

	if (len > 1)
		out[--len] = '\0';
	return len;
}

uint8_t
name_len(const uint8_t *wire)
{
	unsigned at = 0;

	while (wire[at] != 0)
		at += wire[at] + 1u;
	return (uint8_t)(at + 1);
}

unsigned
name_label_count(const uint8_t *wire)
{
	unsigned count = 0;

	for (; *wire != 0; wire += *wire + 1)
		count++;
	return count;
}

/* Length octets are no letters, so a name compares like any run of octets. */
static bool
octets_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
	size_t i = 0;

	if (len < sizeof(uint64_t)) {
		for (; i < len; i++)
			if (path_lower1(a[i]) != path_lower1(b[i]))
				return false;
		return true;
	}
	for (; i + sizeof(uint64_t) < len; i += sizeof(uint64_t))
		if (path_lower8(wire_load8(a + i)) != path_lower8(wire_load8(b + i)))
			return false;
	/* the last word may overlap the one before it */
	i = len - sizeof(uint64_t);
	return path_lower8(wire_load8(a + i)) == path_lower8(wire_load8(b + i));
}

bool
name_equal(const uint8_t *a, const uint8_t *b)
{
	for (;;) {
		size_t n = *a;

		if (n != *b)
			return false;
		if (n == 0)
			return true;
		if (!octets_equal(a + 1, b + 1, n))
			return false;
		a += n + 1;
		b += n + 1;
	}
}

bool
name_is_under(const uint8_t *name, const uint8_t *parent)
{
	unsigned name_octets = name_len(name), parent_octets = name_len(parent);

	/* the suffix has to begin where a label begins */
	while (name_octets > parent_octets) {
		unsigned n = *name + 1u;

		name += n;
		name_octets -= n;
	}
	return name_octets == parent_octets && octets_equal(name, parent, name_octets);
}

static int
compare_labels(const uint8_t *a, const uint8_t *b)
{
	size_t n = *a < *b ? *a : *b;

	for (size_t i = 1; i <= n; i++) {
		int d = path_lower1(a[i]) - path_lower1(b[i]);

		if (d != 0)
			return d;
	}
	return *a - *b;
}

int
name_compare(const uint8_t *a, const uint8_t *b)
{
	uint8_t ao[DNS_LABELS_MAX + 1], bo[DNS_LABELS_MAX + 1];
	unsigned an = find_labels(a, ao), bn = find_labels(b, bo);

	while (an != 0 && bn != 0) {
		int d = compare_labels(a + ao[--an], b + bo[--bn]);

		if (d != 0)
			return d;
	}
	return (int)an - (int)bn;
}

enum err
name_join(const struct name *left, const uint8_t *right, struct name *out)
{
	size_t left_len = left->len - 1u, right_len = name_len(right);
	struct name n;

	if (left_len + right_len > DNS_NAME_MAX)
		return ERR_RANGE;
	memcpy(n.bytes, left->bytes, left_len);
	memcpy(n.bytes + left_len, right, right_len);
	n.len = (uint8_t)(left_len + right_len);
	*out = n;
	return OK;
}
