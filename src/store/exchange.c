/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/exchange.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"

static void
add_hex(struct json *hex, const struct field *f)
{
	struct buf digits = {0};

	for (size_t i = 0; i < f->len; i++)
		buf_printf(&digits, "%02x", (uint8_t)f->value[i]);
	json_set_str(hex, f->name, buf_text(&digits));
	buf_fini(&digits);
}

void
exchange_write(const char *key, const struct fields *fields, struct buf *out)
{
	struct json *line = json_object(), *texts = json_object(), *hex = NULL;

	for (size_t i = 0; i < fields->count; i++) {
		const struct field *f = &fields->list[i];

		if (json_is_text(f->value)) {
			json_set_str(texts, f->name, f->value);
			continue;
		}
		if (hex == NULL)
			hex = json_object();
		add_hex(hex, f);
	}
	json_set_str(line, "key", key);
	json_set(line, "fields", texts);
	if (hex != NULL)
		json_set(line, "hex", hex);
	json_write(line, out);
	json_free(line);
}

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

MUST_CHECK static enum err
set_hex(struct fields *fields, const char *name, const char *digits)
{
	size_t len = strlen(digits);
	char *value = mem_array(len / 2 + 1, 1);
	enum err e = len % 2 == 0 ? OK : ERR_SYNTAX;

	for (size_t i = 0; e == OK && i < len; i += 2) {
		int high = digit(digits[i]), low = digit(digits[i + 1]);

		if (high < 0 || low < 0)
			e = ERR_SYNTAX;
		else
			value[i / 2] = (char)(high * 16 + low);
	}
	if (e == OK)
		e = fields_set(fields, name, value, len / 2);
	mem_free(value);
	return e;
}

/* The members of "fields" or "hex". */
MUST_CHECK static enum err
read_members(
    const struct json *object, bool is_hex, struct fields *fields, struct buf *why)
{
	const struct json *value;
	const char *name;

	for (const void *at = NULL;
	     (at = json_next(object, at, &name, &value)) != NULL;) {
		const char *text = json_str(value);
		enum err e = ERR_SYNTAX;

		if (text == NULL)
			buf_printf(why, "field %.80s: the value is not a string", name);
		else if ((e = is_hex
		                  ? set_hex(fields, name, text)
		                  : fields_set(fields, name, text, strlen(text))) != OK)
			buf_printf(
			    why, "field %.80s: not pairs of hexadecimal digits", name);
		if (e != OK)
			return e;
	}
	return OK;
}

static bool
is_known(const char *member)
{
	return strcmp(member, "key") == 0 || strcmp(member, "fields") == 0 ||
	       strcmp(member, "hex") == 0;
}

MUST_CHECK static enum err
read_line(const struct json *line, char **key, struct fields *fields, struct buf *why)
{
	const struct json *value, *texts = json_get(line, "fields"),
	                          *hex = json_get(line, "hex");
	const char *name, *given = json_str(json_get(line, "key"));
	enum err e;

	if (!json_is_object(line) || given == NULL || !json_is_object(texts) ||
	    (hex != NULL && !json_is_object(hex))) {
		buf_str(why, "a record is {\"key\":\"...\",\"fields\":{...}}");
		return ERR_SYNTAX;
	}
	for (const void *at = NULL; (at = json_next(line, at, &name, &value)) != NULL;) {
		if (is_known(name))
			continue;
		buf_printf(why, "unknown member \"%.80s\"", name);
		return ERR_SYNTAX;
	}
	e = read_members(texts, false, fields, why);
	if (e == OK && hex != NULL)
		e = read_members(hex, true, fields, why);
	if (e == OK && fields->count == 0) {
		buf_str(why, "a record without fields");
		e = ERR_SYNTAX;
	}
	if (e == OK)
		*key = mem_str(given);
	return e;
}

enum err
exchange_read(
    const char *text, size_t len, char **key, struct fields *fields, struct buf *why)
{
	struct buf reason = {0};
	struct json *line;
	enum err e = json_parse(text, len, &line, &reason);

	if (e != OK) {
		buf_printf(why, "no JSON: %s", buf_text(&reason));
		buf_fini(&reason);
		return e;
	}
	buf_fini(&reason);
	e = read_line(line, key, fields, why);
	json_free(line);
	return e;
}
