/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON trees, for replies to people's tools and for values written as JSON.
 *
 * Shape: jansson behind an opaque type. Objects keep the order of insertion.
 * Owner: a child belongs to its parent once it was set or pushed; json_free() on
 * the root frees all. Strings are copied; those returned live as long as the tree.
 * Threads: one at a time per tree.
 * Errors: ERR_SYNTAX with line and column in `why`. Text of ours that is not UTF-8 is
 * made so when it is set (each wrong octet becomes U+FFFD); text from outside that is
 * not UTF-8 does not parse.
 * Source: RFC 8259.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct json;

struct json *
json_new_object(void);
struct json *
json_new_array(void);
/* Macros, because the symbols of these names are jansson's, and ours would displace
 * them inside the library. */
#define json_object() json_new_object()
#define json_array() json_new_array()
void
json_free(struct json *j); /* NULL is allowed */

void
json_set(struct json *object, const char *key, struct json *child);
void
json_set_str(struct json *object, const char *key, const char *value); /* NULL: null */
void
json_set_int(struct json *object, const char *key, int64_t value);
void
json_set_real(struct json *object, const char *key, double value);
void
json_set_bool(struct json *object, const char *key, bool value);
void
json_push(struct json *array, struct json *child);
void
json_push_str(struct json *array, const char *value);

/* Would it be kept as it is, or made UTF-8? */
bool
json_is_text(const char *text);

/* Appends it as one line, without a newline. */
void
json_write(const struct json *j, struct buf *out);

/* One value and nothing behind it; at most 32 levels deep, duplicate keys refused. */
MUST_CHECK enum err
json_parse(const char *text, size_t len, struct json **out, struct buf *why);

/* Reading: NULL or 0 when the value is of another kind or not there. */
bool
json_is_object(const struct json *j);
bool
json_is_array(const struct json *j);
const char *
json_str(const struct json *j);
int64_t
json_int(const struct json *j);
const struct json *
json_get(const struct json *object, const char *key);
/* The members of an object in order: at is NULL first, then what was returned; NULL: no
 * more. */
const void *
json_next(const struct json *object, const void *at, const char **name,
    const struct json **value);
size_t
json_count(const struct json *array);
const struct json *
json_at(const struct json *array, size_t i);

#endif
