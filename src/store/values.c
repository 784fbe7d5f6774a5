/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/values.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void
values_fini(struct values *v)
{
	for (size_t i = 0; i < v->count; i++)
		mem_free(v->list[i]);
	mem_free(v->list);
	memset(v, 0, sizeof(*v));
}

MUST_CHECK static enum err
push(struct values *v, const char *text, size_t len, struct buf *why)
{
	while (len != 0 && is_blank(text[0])) {
		text++;
		len--;
	}
	while (len != 0 && is_blank(text[len - 1]))
		len--;
	if (len == 0)
		return OK;
	if (v->count == VALUES_MAX) {
		buf_printf(why, "more than %d values", VALUES_MAX);
		return ERR_RANGE;
	}
	v->list = mem_grow(v->list, v->count, &v->cap, sizeof(*v->list));
	v->list[v->count++] = mem_strn(text, len);
	return OK;
}

MUST_CHECK static enum err
parse_json(const char *text, size_t len, struct values *v, struct buf *why)
{
	struct buf reason = {0};
	struct json *array;
	enum err e = json_parse(text, len, &array, &reason);

	if (e != OK)
		buf_printf(why, "no JSON array: %s", buf_text(&reason));
	buf_fini(&reason);
	if (e != OK)
		return e;
	for (size_t i = 0; e == OK && i < json_count(array); i++) {
		const char *s = json_str(json_at(array, i));

		if (s == NULL || strpbrk(s, "\r\n") != NULL) {
			buf_str(why, "a JSON list of values holds strings of one line");
			e = ERR_SYNTAX;
		} else {
			e = push(v, s, strlen(s), why);
		}
	}
	json_free(array);
	return e;
}

MUST_CHECK static enum err
parse_plain(
    const char *text, size_t len, const char *also, struct values *v, struct buf *why)
{
	size_t start = 0;
	enum err e = OK;

	for (size_t i = 0; e == OK && i <= len; i++) {
		if (i < len && text[i] != '\n' &&
		    (text[i] == '\0' || strchr(also, text[i]) == NULL))
			continue;
		e = push(v, text + start, i - start, why);
		start = i + 1;
	}
	return e;
}

enum err
values_parse(
    const char *text, size_t len, const char *also, struct values *out, struct buf *why)
{
	struct values v = {0};
	size_t first = 0;
	enum err e;

	if (len > VALUES_TEXT_MAX) {
		buf_str(why, "more than 1 MiB of values");
		return ERR_RANGE;
	}
	while (first < len && is_blank(text[first]))
		first++;
	if (first < len && text[first] == '[')
		e = parse_json(text + first, len - first, &v, why);
	else
		e = parse_plain(text, len, also, &v, why);
	if (e != OK)
		values_fini(&v);
	else
		*out = v;
	return e;
}

enum err
values_read(const struct field *f, const char *also, struct values *out, struct buf *why)
{
	struct buf reason = {0};
	enum err e = values_parse(f->value, f->len, also, out, &reason);

	if (e != OK)
		buf_printf(why, "field %.80s: %s", f->name, buf_text(&reason));
	buf_fini(&reason);
	return e;
}
