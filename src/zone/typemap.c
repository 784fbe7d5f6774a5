/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/typemap.h"

#include "base/mem.h"
#include "zone/rdata.h"

enum { MAP_LEN = 8192, OLD_MAX = 127, OLD_LEN = 16 };

/* RFC 2535 5.2: types in NXT may be plain numbers. */
static bool
is_number(const struct word *word, uint16_t *type)
{
	struct buf ignored = {0};
	uint64_t value;
	enum err e = field_number(word, UINT16_MAX, &value, &ignored);

	buf_fini(&ignored);
	if (e == OK)
		*type = (uint16_t)value;
	return e == OK;
}

/* Sets a bit for each type that is left. */
static enum err
list_parse(struct words *words, bool is_old, uint8_t map[MAP_LEN], struct buf *why)
{
	while (!words_is_empty(words)) {
		struct word word;
		uint16_t type;
		enum err e = words_plain(words, "a type", &word, why);

		if (e != OK)
			return e;
		if (!rdata_type_number(word.text, word.len, &type) &&
		    !(is_old && is_number(&word, &type)))
			return field_fault(ERR_SYNTAX, &word, "is not a type", why);
		if (is_old && type > OLD_MAX)
			return field_fault(
			    ERR_RANGE, &word, "has no place in this bitmap", why);
		map[type / 8] |= (uint8_t)(0x80 >> type % 8);
	}
	return OK;
}

/* Octets up to the last that is not zero. */
static size_t
used(const uint8_t *map, size_t len)
{
	while (len > 0 && map[len - 1] == 0)
		len--;
	return len;
}

enum err
typemap_parse(struct words *words, struct field_out *out, struct buf *why)
{
	uint8_t *map = mem_array(MAP_LEN, 1);
	enum err e = list_parse(words, false, map, why);

	for (unsigned block = 0; e == OK && block < 256; block++) {
		uint8_t len = (uint8_t)used(map + block * 32, 32);
		uint8_t head[2] = {(uint8_t)block, len};

		if (len == 0)
			continue;
		e = field_append(out, head, 2, why);
		if (e == OK)
			e = field_append(out, map + block * 32, len, why);
	}
	mem_free(map);
	return e;
}

static void
bits_write(const uint8_t *map, unsigned len, unsigned first, struct buf *out)
{
	for (unsigned i = 0; i < len * 8; i++) {
		char text[RDATA_TYPE_TEXT_MAX];

		if ((map[i / 8] & (0x80 >> i % 8)) == 0)
			continue;
		rdata_type_write((uint16_t)(first + i), text);
		if (out->len != 0 && out->data[out->len - 1] != ' ')
			buf_char(out, ' ');
		buf_str(out, text);
	}
}

/* Blocks ascend, are 1 to 32 octets long, and do not end with an empty octet. */
enum err
typemap_write(struct field_in *in, struct buf *out)
{
	int last = -1;

	while (in->at < in->end) {
		size_t left = (size_t)(in->end - in->at);
		unsigned block = in->at[0];
		unsigned len;

		if (left < 2)
			return ERR_SYNTAX;
		len = in->at[1];
		if ((int)block <= last || len == 0 || len > 32 || left - 2 < len ||
		    in->at[1 + len] == 0)
			return ERR_SYNTAX;
		bits_write(in->at + 2, len, block * 256, out);
		last = (int)block;
		in->at += 2 + len;
	}
	return OK;
}

enum err
typemap_old_parse(struct words *words, struct field_out *out, struct buf *why)
{
	uint8_t *map = mem_array(MAP_LEN, 1);
	enum err e = list_parse(words, true, map, why);

	if (e == OK)
		e = field_append(out, map, used(map, OLD_LEN), why);
	mem_free(map);
	return e;
}

/* RFC 2535 5.2: a set bit 0 would mean another form. */
enum err
typemap_old_write(struct field_in *in, struct buf *out)
{
	size_t len = (size_t)(in->end - in->at);

	if (len > OLD_LEN || (len != 0 && ((in->at[0] & 0x80) != 0 || in->end[-1] == 0)))
		return ERR_SYNTAX;
	bits_write(in->at, (unsigned)len, 0, out);
	in->at = in->end;
	return OK;
}
