/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/pack.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"

static void
write_text(const char *p, size_t len, struct buf *out)
{
	static const char hex[] = "0123456789abcdef";
	size_t from = 0;

	buf_char(out, '"');
	for (size_t i = 0; i < len; i++) {
		uint8_t c = (uint8_t)p[i];
		char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
		size_t escape_len = 6;

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		if (c == '"' || c == '\\' || c == '\n') {
			escape[1] = c == '\n' ? 'n' : (char)c;
			escape_len = 2;
		}
		buf_add(out, p + from, i - from);
		buf_add(out, escape, escape_len);
		from = i + 1;
	}
	buf_add(out, p + from, len - from);
	buf_char(out, '"');
}

void
pack_write(const struct fields *f, struct buf *out)
{
	buf_char(out, '{');
	for (size_t i = 0; i < f->count; i++) {
		if (i != 0)
			buf_char(out, ',');
		write_text(f->list[i].name, strlen(f->list[i].name), out);
		buf_char(out, ':');
		write_text(f->list[i].value, f->list[i].len, out);
	}
	buf_char(out, '}');
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What stands behind a backslash; 0: nothing that we write. */
static char
unescape(const char **at, const char *end)
{
	const char *p = *at;
	int high, low;

	if (p == end)
		return '\0';
	*at = p + 1;
	if (*p == '"' || *p == '\\')
		return *p;
	if (*p == 'n')
		return '\n';
	if (*p != 'u' || end - p < 5 || p[1] != '0' || p[2] != '0')
		return '\0';
	high = hex_digit(p[3]);
	low = hex_digit(p[4]);
	*at = p + 5;
	return high < 0 || high > 1 || low < 0 ? '\0' : (char)(high * 16 + low);
}

/* The string that *at stands at; *at is behind it then. */
MUST_CHECK static enum err
read_text(const char **at, const char *end, char **out, size_t *out_len)
{
	const char *p = *at, *quote;
	char *text, *to;

	if (p == end || *p++ != '"')
		return ERR_CORRUPT;
	for (quote = p; quote < end && *quote != '"'; quote++)
		if (*quote == '\\')
			quote++;
	if (quote >= end)
		return ERR_CORRUPT;
	text = to = mem_resize(NULL, (size_t)(quote - p) + 1, 1);
	while (p < quote) {
		char c = *p++;

		if (c == '\\')
			c = unescape(&p, quote);
		if (c == '\0') {
			mem_free(text);
			return ERR_CORRUPT;
		}
		*to++ = c;
	}
	*to = '\0';
	*at = quote + 1;
	*out = text;
	*out_len = (size_t)(to - text);
	return OK;
}

/* One "name":"value". */
MUST_CHECK static enum err
read_field(const char **at, const char *end, struct fields *f)
{
	struct field *to;
	size_t name_len;
	char *name;
	enum err e = read_text(at, end, &name, &name_len);

	if (e != OK)
		return e;
	f->list = mem_grow(f->list, f->count, &f->cap, sizeof(*f->list));
	to = &f->list[f->count];
	if (*at == end || **at != ':' ||
	    (f->count != 0 && strcmp(to[-1].name, name) >= 0)) {
		mem_free(name);
		return ERR_CORRUPT;
	}
	++*at;
	e = read_text(at, end, &to->value, &to->len);
	if (e != OK) {
		mem_free(name);
		return e;
	}
	to->name = name;
	f->count++;
	return OK;
}

enum err
pack_parse(const char *text, size_t len, struct fields *out)
{
	const char *p = text + 1, *end = text + len - 1;
	struct fields f = {0};
	enum err e = OK;

	if (len < 2 || *text != '{' || *end != '}')
		return ERR_CORRUPT;
	while (e == OK && p < end) {
		if (f.count != 0 && *p++ != ',')
			e = ERR_CORRUPT;
		else
			e = read_field(&p, end, &f);
	}
	if (e != OK) {
		fields_fini(&f);
		return e;
	}
	*out = f;
	return OK;
}

enum err
pack_parse_v1(const char *p, size_t len, struct fields *out)
{
	const char *end = p + len;
	struct fields f = {0};

	while (p < end) {
		const char *name_end = memchr(p, '\0', (size_t)(end - p));
		const char *value = name_end == NULL ? end : name_end + 1;
		const char *value_end =
		    value == end ? NULL : memchr(value, '\0', (size_t)(end - value));

		if (value_end == NULL ||
		    fields_set(&f, p, value, (size_t)(value_end - value)) != OK) {
			fields_fini(&f);
			return ERR_CORRUPT;
		}
		p = value_end + 1;
	}
	*out = f;
	return OK;
}
