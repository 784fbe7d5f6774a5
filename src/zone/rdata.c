/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/rdata.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/encoding.h"
#include "dns/wire.h"
#include "dns/writer.h"
#include "zone/field.h"
#include "zone/rrcheck.h"
#include "zone/rrtype.h"

enum { TEXT_MAX = 65536 };

/*
 * RFC 6895 3.1: 0 is reserved, 128 to 255 are meta types and question types. RFC 973 3
 * made MD and MF obsolete; nobody reads them any more.
 */
static bool
is_meta(uint16_t type)
{
	return type == 0 || type == TYPE_OPT || (type >= 128 && type <= 255) ||
	       type == TYPE_MD || type == TYPE_MF;
}

bool
rdata_type_number(const char *text, size_t len, uint16_t *type)
{
	const struct rrtype *t = rrtype_find_name(text, len);
	uint32_t v = 0;

	if (t != NULL) {
		*type = t->number;
		return true;
	}
	if (len < 5 || len > 9 || strncasecmp(text, "TYPE", 4) != 0)
		return false;
	for (size_t i = 4; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		v = v * 10 + (uint32_t)(text[i] - '0');
	}
	if (v > UINT16_MAX)
		return false;
	*type = (uint16_t)v;
	return true;
}

enum err
rdata_type_parse(const char *text, size_t len, uint16_t *type)
{
	uint16_t number;

	if (!rdata_type_number(text, len, &number))
		return ERR_SYNTAX;
	if (is_meta(number))
		return ERR_UNSUPPORTED;
	*type = number;
	return OK;
}

void
rdata_type_write(uint16_t type, char out[RDATA_TYPE_TEXT_MAX])
{
	const struct rrtype *t = rrtype_find(type);

	if (t != NULL)
		memcpy(out, t->name, strlen(t->name) + 1);
	else
		snprintf(out, RDATA_TYPE_TEXT_MAX, "TYPE%u", type);
}

/* "1h30m" or plain seconds, up to 2^32-1. */
enum err
rdata_period_parse(const char *text, size_t len, uint32_t *seconds)
{
	static const struct {
		char unit;
		uint32_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	uint64_t sum = 0;
	size_t i = 0;

	if (len == 0)
		return ERR_SYNTAX;
	while (i < len) {
		uint64_t v = 0;
		size_t from = i;
		size_t u = 0;

		for (; i < len && text[i] >= '0' && text[i] <= '9'; i++) {
			v = v * 10 + (uint64_t)(text[i] - '0');
			if (v > UINT32_MAX)
				return ERR_RANGE;
		}
		if (i == from)
			return ERR_SYNTAX;
		if (i == len) {
			if (from != 0)
				return ERR_SYNTAX; /* "1h30": 30 of what? */
		} else {
			while (u < 5 && units[u].unit != (text[i] | 0x20))
				u++;
			if (u == 5)
				return ERR_SYNTAX;
			i++;
		}
		sum += v * units[u].seconds;
		if (sum > UINT32_MAX)
			return ERR_RANGE;
	}
	*seconds = (uint32_t)sum;
	return OK;
}

enum err
rdata_ttl_parse(const char *text, size_t len, uint32_t *ttl)
{
	uint32_t seconds;
	enum err e = rdata_period_parse(text, len, &seconds);

	if (e != OK)
		return e;
	if (seconds > INT32_MAX)
		return ERR_RANGE; /* RFC 2181 8 */
	*ttl = seconds;
	return OK;
}

/*
 * ERR_SYNTAX when the octets do not have the form of the type, ERR_UNSUPPORTED when they
 * have it, but no text stands for them.
 */
static enum err
form_write(const struct rrtype *t, const uint8_t *wire, size_t len, struct buf *out)
{
	struct field_in in = {wire, wire, wire + len};
	enum err last = OK;

	for (size_t i = 0; t->fields[i] != FIELD_END; i++) {
		size_t before = out->len;
		enum err e;

		if (i != 0)
			buf_char(out, ' ');
		e = field_write(t->fields[i], &in, out);
		if (e == ERR_UNSUPPORTED)
			last = e;
		else if (e != OK)
			return e;
		if (i != 0 && out->len == before + 1)
			out->data[--out->len] = '\0'; /* nothing was written */
	}
	return in.at == in.end ? last : ERR_SYNTAX;
}

/* RFC 3597 5: \# length hex. Data of a type that we know must have that type's form. */
static enum err
generic_parse(uint16_t type, struct words *words, struct field_out *out, struct buf *why)
{
	const struct rrtype *t = rrtype_find(type);
	struct buf hex = {0};
	struct word word;
	uint64_t len;
	size_t got = 0;
	enum err e = words_plain(words, "the length", &word, why);

	if (e == OK)
		e = field_number(&word, FIELD_ROOM, &len, why);
	if (e == OK)
		e = words_join(words, &hex, why);
	if (e == OK) {
		e = encoding_hex_parse(
		    buf_text(&hex), hex.len, out->wire, FIELD_ROOM, &got);
		if (e != OK)
			buf_str(why, "expected hex digits, an even number of them");
	}
	if (e == OK && got != len) {
		buf_printf(why, "the length says %u octets, but there are %zu",
		    (unsigned)len, got);
		e = ERR_SYNTAX;
	}
	out->len = got;
	buf_clear(&hex);
	if (e == OK && (!rdata_check(type, out->wire, got) ||
	                   (t != NULL && t->way == RRTYPE_FIELDS &&
	                       form_write(t, out->wire, got, &hex) == ERR_SYNTAX))) {
		buf_printf(why, "the octets do not have the form of %s",
		    t != NULL ? t->name : "their type");
		e = ERR_SYNTAX;
	}
	buf_fini(&hex);
	return e;
}

static enum err
fields_parse(const struct rrtype *t, struct words *words, const struct name *origin,
    struct field_out *out, struct buf *why)
{
	for (size_t i = 0; t->fields[i] != FIELD_END; i++) {
		bool is_end = words_is_empty(words);
		enum err e = field_parse(t->fields[i], words, origin, out, why);

		if (e != OK && is_end)
			buf_printf(why, ": %s ends too early", t->name);
		if (e != OK)
			return e;
	}
	if (!words_is_empty(words)) {
		buf_printf(why, "more data than %s has: '%.*s'", t->name,
		    words->end - words->at < 64 ? (int)(words->end - words->at) : 64,
		    words->at);
		return ERR_SYNTAX;
	}
	return OK;
}

static bool
is_generic(const char *text, size_t len)
{
	return len >= 2 && text[0] == '\\' && text[1] == '#' &&
	       (len == 2 || text[2] == ' ' || text[2] == '\t');
}

/* "\\#" at the front of TXT may be text; a number behind it says that it is not. */
static bool
has_length(struct words words)
{
	struct buf ignored = {0};
	struct word word;
	uint64_t value;
	bool is_number;

	words.at += 2;
	is_number = words_next(&words, &word, &ignored) == OK && !word.quoted &&
	            field_number(&word, UINT32_MAX, &value, &ignored) == OK;
	buf_fini(&ignored);
	return is_number;
}

/* What can be said of the text before it is taken apart. */
static enum err
check_text(uint16_t type, const char *text, size_t len, struct buf *why)
{
	if (type == TYPE_POOL || is_meta(type)) {
		buf_str(why, "this type has no data of its own");
		return ERR_UNSUPPORTED;
	}
	if (len > TEXT_MAX) {
		buf_str(why, "the data is longer than 64 KiB");
		return ERR_RANGE;
	}
	if (memchr(text, '\0', len) != NULL || memchr(text, '\n', len) != NULL) {
		buf_str(why, "a line break or NUL in the data: write it as \\DDD");
		return ERR_SYNTAX;
	}
	return OK;
}

static enum err
words_parse(uint16_t type, struct words *words, const struct name *origin,
    struct field_out *out, struct buf *why)
{
	const struct rrtype *t = rrtype_find(type);

	words_is_empty(words); /* skips blanks */
	if (is_generic(words->at, (size_t)(words->end - words->at)) &&
	    (type != TYPE_TXT || has_length(*words))) {
		words->at += 2;
		return generic_parse(type, words, out, why);
	}
	if (t == NULL || t->way == RRTYPE_GENERIC) {
		buf_printf(why,
		    "%s is not read in text form: write it as TYPE%u \\# LENGTH HEX",
		    t == NULL ? "data of this type" : t->name, type);
		return ERR_UNSUPPORTED;
	}
	if (words_is_empty(words) && t->fields[0] != FIELD_APL) {
		buf_printf(why, "%s without data", t->name);
		return ERR_SYNTAX;
	}
	return fields_parse(t, words, origin, out, why);
}

enum err
rdata_parse_at(uint16_t type, const char *text, size_t len, const struct name *origin,
    uint8_t *wire, uint16_t *wire_len, size_t *faulty, struct buf *why)
{
	struct words words = {.at = text, .end = text + len};
	struct field_out out = {wire, 0};
	enum err e = check_text(type, text, len, why);

	*faulty = 0;
	if (e == OK) {
		e = words_parse(type, &words, origin, &out, why);
		*faulty = (size_t)(words.at - text);
	}
	if (e == OK && !rrcheck(type, wire, out.len, why))
		e = ERR_SYNTAX;
	if (e == OK)
		*wire_len = (uint16_t)out.len;
	return e;
}

enum err
rdata_parse(uint16_t type, const char *text, size_t len, const struct name *origin,
    uint8_t *wire, uint16_t *wire_len, struct buf *why)
{
	size_t faulty;

	return rdata_parse_at(type, text, len, origin, wire, wire_len, &faulty, why);
}

void
rdata_write(uint16_t type, const uint8_t *wire, uint16_t wire_len, struct buf *out)
{
	const struct rrtype *t = rrtype_find(type);
	struct buf text = {0};

	if (t != NULL && t->way == RRTYPE_FIELDS &&
	    form_write(t, wire, wire_len, &text) == OK) {
		buf_str(out, buf_text(&text));
	} else {
		buf_printf(out, "\\# %u", wire_len);
		if (wire_len != 0)
			buf_char(out, ' ');
		encoding_hex_write(wire, wire_len, out);
	}
	buf_fini(&text);
}
