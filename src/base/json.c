/* SPDX-License-Identifier: BSD-2-Clause */
/* before base/json.h: each of the two has macros with names of the other's functions */
#include <jansson.h>
#undef json_is_object
#undef json_is_array

#include "base/json.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { DEPTH_MAX = 32 };

static json_t *
tree(struct json *j)
{
	return (json_t *)j;
}

/* jansson asks for a mutable tree even where it only counts references. */
static json_t *
tree_of_const(const struct json *j)
{
	return (json_t *)(uintptr_t)j;
}

/* Out of memory, as in base/mem.h: nothing can be finished halfway. */
static json_t *
checked(json_t *j)
{
	assert(j != NULL);
	return j;
}

struct json *
json_new_object(void)
{
	return (struct json *)checked((json_object)());
}

struct json *
json_new_array(void)
{
	return (struct json *)checked((json_array)());
}

void
json_free(struct json *j)
{
	json_decref(tree(j));
}

/*
 * Octets of the UTF-8 sequence at s, or 0 when there is none (RFC 3629 4: no overlong
 * forms, no surrogates, nothing above U+10FFFF). s ends with a NUL, which is no tail.
 */
static size_t
sequence_len(const unsigned char *s)
{
	unsigned char low = 0x80, high = 0xbf; /* of the second octet */
	size_t len;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

/* text as UTF-8, in b. */
static const char *
clean(const char *text, struct buf *b)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s != '\0') {
		size_t n = sequence_len(s);

		if (n != 0)
			buf_add(b, s, n);
		else
			buf_str(b, "\xef\xbf\xbd");
		s += n != 0 ? n : 1;
	}
	return buf_text(b);
}

static json_t *
string(const char *value)
{
	struct buf b = {0};
	json_t *j = checked(json_string_nocheck(clean(value, &b)));

	buf_fini(&b);
	return j;
}

void
json_set(struct json *object, const char *key, struct json *child)
{
	struct buf b = {0};
	int failed =
	    json_object_set_new_nocheck(tree(object), clean(key, &b), tree(child));

	/* it fails for a tree that is no object, or one that is put into itself */
	assert(failed == 0);
	(void)failed;
	buf_fini(&b);
}

void
json_set_str(struct json *object, const char *key, const char *value)
{
	json_t *child = value != NULL ? string(value) : json_null();

	json_set(object, key, (struct json *)child);
}

void
json_set_int(struct json *object, const char *key, int64_t value)
{
	json_set(object, key, (struct json *)checked(json_integer(value)));
}

void
json_set_real(struct json *object, const char *key, double value)
{
	/* RFC 8259 6: there is no way to write infinity or not-a-number */
	json_t *child = isfinite(value) ? checked(json_real(value)) : json_null();

	json_set(object, key, (struct json *)child);
}

void
json_set_bool(struct json *object, const char *key, bool value)
{
	json_set(object, key, (struct json *)json_boolean(value));
}

void
json_push(struct json *array, struct json *child)
{
	int failed = json_array_append_new(tree(array), tree(child));

	assert(failed == 0);
	(void)failed;
}

void
json_push_str(struct json *array, const char *value)
{
	json_push(array, (struct json *)(value != NULL ? string(value) : json_null()));
}

static int
on_dump(const char *text, size_t len, void *out)
{
	buf_add(out, text, len);
	return 0;
}

void
json_write(const struct json *j, struct buf *out)
{
	/* 15 digits: what a person wrote comes back as it was, 0.1 and not 0.1000...01 */
	int failed = json_dump_callback(tree_of_const(j), on_dump, out,
	    JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));

	assert(failed == 0);
	(void)failed;
}

/*
 * The deepest nesting of brackets outside strings; jansson's own limit is 2048 and
 * fixed. Text that is not JSON may count wrongly, but is refused afterwards.
 */
static unsigned
depth_of(const char *text, size_t len)
{
	unsigned depth = 0, most = 0;
	bool in_string = false;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '[' || c == '{'))
			most = ++depth > most ? depth : most;
		else if (!in_string && (c == ']' || c == '}') && depth != 0)
			depth--;
	}
	return most;
}

enum err
json_parse(const char *text, size_t len, struct json **out, struct buf *why)
{
	json_error_t error;
	json_t *j;

	if (depth_of(text, len) > DEPTH_MAX) {
		buf_printf(why, "deeper than %d levels", DEPTH_MAX);
		return ERR_SYNTAX;
	}
	j = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (j == NULL) {
		buf_printf(
		    why, "line %d, column %d: %s", error.line, error.column, error.text);
		return ERR_SYNTAX;
	}
	*out = (struct json *)j;
	return OK;
}

bool
json_is_object(const struct json *j)
{
	return j != NULL && json_typeof(tree_of_const(j)) == JSON_OBJECT;
}

bool
json_is_array(const struct json *j)
{
	return j != NULL && json_typeof(tree_of_const(j)) == JSON_ARRAY;
}

const char *
json_str(const struct json *j)
{
	return json_string_value(tree_of_const(j));
}

int64_t
json_int(const struct json *j)
{
	return json_integer_value(tree_of_const(j));
}

const struct json *
json_get(const struct json *object, const char *key)
{
	return (const struct json *)json_object_get(tree_of_const(object), key);
}

size_t
json_count(const struct json *array)
{
	return json_array_size(tree_of_const(array));
}

const struct json *
json_at(const struct json *array, size_t i)
{
	return (const struct json *)json_array_get(tree_of_const(array), i);
}

const void *
json_next(const struct json *object, const void *at, const char **name,
    const struct json **value)
{
	json_t *o = tree_of_const(object);
	void *i = at == NULL ? json_object_iter(o)
	                     : json_object_iter_next(o, (void *)(uintptr_t)at);

	if (i == NULL)
		return NULL;
	*name = json_object_iter_key(i);
	*value = (const struct json *)json_object_iter_value(i);
	return i;
}

bool
json_is_text(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s != '\0') {
		size_t len = sequence_len(s);

		if (len == 0)
			return false;
		s += len;
	}
	return true;
}
