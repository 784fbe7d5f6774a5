/* SPDX-License-Identifier: BSD-2-Clause */
#include "geo/untar.h"

#include <errno.h>
#include <string.h>

/* Where things stand in a header. */
enum {
	NAME_LEN = 100,
	SIZE_AT = 124,
	SIZE_LEN = 12,
	SUM_AT = 148,
	SUM_LEN = 8,
	TYPE_AT = 156,
	MAGIC_AT = 257
};

MUST_CHECK static enum err
put(const uint8_t *data, size_t len, FILE *to, struct buf *why)
{
	if (len == 0 || fwrite(data, 1, len, to) == len)
		return OK;
	buf_printf(why, "cannot write: %s", strerror(errno));
	return ERR_IO;
}

static enum err
corrupt(struct buf *why)
{
	buf_str(why, "damaged tar data");
	return ERR_CORRUPT;
}

/* An octal number with blanks around it; false: it is none. */
static bool
read_octal(const uint8_t *p, size_t len, uint64_t *out)
{
	size_t i = 0, digits = 0;

	*out = 0;
	while (i < len && p[i] == ' ')
		i++;
	for (; i < len && p[i] >= '0' && p[i] <= '7'; i++, digits++)
		*out = *out * 8 + (uint64_t)(p[i] - '0');
	return digits != 0 && (i == len || p[i] == ' ' || p[i] == '\0');
}

static bool
sum_is_right(const uint8_t *block)
{
	uint64_t sum = 0, told;

	for (size_t i = 0; i < UNTAR_BLOCK; i++)
		sum += i >= SUM_AT && i < SUM_AT + SUM_LEN ? ' ' : block[i];
	return read_octal(block + SUM_AT, SUM_LEN, &told) && told == sum;
}

static bool
is_zero(const uint8_t *block)
{
	for (size_t i = 0; i < UNTAR_BLOCK; i++)
		if (block[i] != 0)
			return false;
	return true;
}

static bool
is_meant(const uint8_t *block)
{
	size_t len = strnlen((const char *)block, NAME_LEN);

	return (block[TYPE_AT] == '0' || block[TYPE_AT] == '\0') && len >= 5 &&
	       memcmp(block + len - 5, ".mmdb", 5) == 0;
}

MUST_CHECK static enum err
on_header(struct untar *t, struct buf *why)
{
	if (is_zero(t->block)) {
		t->is_over = true;
		return OK;
	}
	if (!sum_is_right(t->block) ||
	    !read_octal(t->block + SIZE_AT, SIZE_LEN, &t->member))
		return corrupt(why);
	t->padding = (UNTAR_BLOCK - t->member % UNTAR_BLOCK) % UNTAR_BLOCK;
	t->is_taking = !t->is_found && is_meant(t->block);
	t->is_found = t->is_found || t->is_taking;
	return OK;
}

/* The first block tells what it is. */
MUST_CHECK static enum err
on_block(struct untar *t, FILE *to, struct buf *why)
{
	t->fill = 0;
	if (!t->is_known) {
		t->is_known = true;
		t->is_tar = memcmp(t->block + MAGIC_AT, "ustar", 5) == 0;
		if (!t->is_tar)
			return put(t->block, UNTAR_BLOCK, to, why);
	}
	return on_header(t, why);
}

static size_t
smaller(uint64_t a, size_t b)
{
	return a < b ? (size_t)a : b;
}

enum err
untar_add(struct untar *t, const uint8_t *data, size_t len, FILE *to, struct buf *why)
{
	enum err e = OK;

	while (e == OK && len != 0 && !t->is_over) {
		size_t n;

		if (t->is_known && !t->is_tar)
			return put(data, len, to, why);
		if (t->member != 0) {
			n = smaller(t->member, len);
			t->member -= n;
			if (t->is_taking)
				e = put(data, n, to, why);
		} else if (t->padding != 0) {
			n = smaller(t->padding, len);
			t->padding -= n;
		} else {
			n = smaller(UNTAR_BLOCK - t->fill, len);
			memcpy(t->block + t->fill, data, n);
			t->fill += n;
			if (t->fill == UNTAR_BLOCK)
				e = on_block(t, to, why);
		}
		data += n;
		len -= n;
	}
	return e;
}

enum err
untar_end(struct untar *t, FILE *to, struct buf *why)
{
	if (!t->is_known)
		return put(t->block, t->fill, to, why);
	if (!t->is_tar)
		return OK;
	if (!t->is_over && (t->member != 0 || t->fill != 0))
		return corrupt(why);
	if (!t->is_found) {
		buf_str(why, "no file *.mmdb in the tar data");
		return ERR_MISSING;
	}
	return OK;
}
