/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/reader.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "config/suggest.h"
#include "config/value.h"

static void
say(struct reader *r, enum severity severity, const struct tree_node *at, const char *fmt,
    va_list ap) __attribute__((format(printf, 4, 0)));

static void
say(struct reader *r, enum severity severity, const struct tree_node *at, const char *fmt,
    va_list ap)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	complain(r->complaints, severity, at->file, at->line, at->column, "%s",
	    text != NULL ? text : fmt);
	free(text);
}

void
reader_error(struct reader *r, const struct tree_node *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(r, SEVERITY_ERROR, at, fmt, ap);
	va_end(ap);
}

void
reader_warning(struct reader *r, const struct tree_node *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(r, SEVERITY_WARNING, at, fmt, ap);
	va_end(ap);
}

/* The first characters of a text, on one line. */
static void
quote(const char *text, char out[READER_QUOTE_MAX + 4])
{
	size_t i;

	for (i = 0; i < READER_QUOTE_MAX && text[i] != '\0'; i++)
		out[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i];
	strcpy(out + i, text[i] != '\0' ? "..." : "");
}

void
reader_value_error(
    struct reader *r, const struct tree_node *at, const char *key, const char *why)
{
	char text[READER_QUOTE_MAX + 4];

	quote(at->text, text);
	reader_error(r, at, "%s \"%s\": %s", key, text, why);
}

const char *
reader_text(struct reader *r, const struct tree_node *n, const char *key)
{
	if (n->kind == TREE_BAD)
		return NULL;
	if (n->kind == TREE_SCALAR) {
		if (!tree_is_empty(n))
			return n->text;
		reader_error(r, n, "%s has no value", key);
		return NULL;
	}
	reader_error(r, n, "%s: expected a single value, not a %s", key,
	    n->kind == TREE_LIST ? "list" : "map");
	return NULL;
}

size_t
reader_list_count(struct reader *r, const struct tree_node *list, const char *key)
{
	if (list->kind == TREE_BAD)
		return 0;
	if (tree_is_empty(list)) {
		reader_error(r, list, "%s has no value", key);
		return 0;
	}
	if (list->kind == TREE_LIST && list->count == 0)
		reader_error(r, list, "%s: expected at least one value", key);
	return tree_count(list);
}

void
reader_where(const struct tree_node *n, struct config_where *out)
{
	out->file = n->file;
	out->line = n->line;
	out->column = n->column;
}

static enum err
find_word(const struct schema_key *k, const char *text, unsigned *out, struct buf *why)
{
	unsigned i;

	for (i = 0; k->words[i] != NULL; i++) {
		if (strcmp(k->words[i], text) == 0) {
			*out = i;
			return OK;
		}
	}
	buf_str(why, "expected ");
	for (i = 0; k->words[i] != NULL; i++)
		buf_printf(why, "%s\"%s\"", i == 0 ? "" : " or ", k->words[i]);
	return ERR_SYNTAX;
}

/* Text that goes into files, headers or packets: one line, nothing invisible. */
static enum err
check_line(const struct schema_key *k, const char *text, struct buf *why)
{
	size_t len = strlen(text), i;
	unsigned word;

	if (k->words != NULL)
		return find_word(k, text, &word, why);
	for (i = 0; i < len && !(k->flags & SCHEMA_RAW); i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) {
			buf_str(why, "expected text without control characters");
			return ERR_SYNTAX;
		}
	}
	if (k->max != 0 && ((int64_t)len < k->min || (int64_t)len > k->max)) {
		buf_printf(why, "expected %" PRId64 " to %" PRId64 " characters", k->min,
		    k->max);
		return ERR_RANGE;
	}
	return OK;
}

/* Values that are strings in the struct. */
static enum err
read_string(const struct schema_key *k, const struct tree_node *n, const char *text,
    char **out, struct buf *why)
{
	enum err e;

	e = k->type == SCHEMA_IDENT ? value_ident(text, why) : check_line(k, text, why);
	if (e == OK && k->type == SCHEMA_PATH && text[0] == '\0') {
		buf_str(why, "expected a file name");
		e = ERR_SYNTAX;
	}
	if (e != OK)
		return e;
	*out = k->type == SCHEMA_PATH ? file_beside(n->file, text) : mem_str(text);
	return OK;
}

/* One scalar of a type that is a single value. */
static enum err
read_scalar(const struct schema_key *k, const struct tree_node *n, const char *text,
    void *out, struct buf *why)
{
	int64_t number = 0;
	unsigned word = 0;
	enum err e;

	switch (k->type) {
	case SCHEMA_BOOL:
		return value_bool(text, out, why);
	case SCHEMA_CHOICE:
		return find_word(k, text, out, why);
	case SCHEMA_SWITCH:
		e = find_word(k, text, &word, why);
		if (e == OK)
			*(bool *)out = word == 1;
		return e;
	case SCHEMA_NUMBER:
		e = value_number(text, k->min, k->max, &number, why);
		if (e == OK)
			*(uint32_t *)out = (uint32_t)number;
		return e;
	case SCHEMA_PORT:
		e = value_number(text, 1, 65535, &number, why);
		if (e == OK)
			*(uint16_t *)out = (uint16_t)number;
		return e;
	case SCHEMA_DURATION:
		return value_duration(text, k->min, k->max, out, why);
	case SCHEMA_TTL:
		return value_ttl(text, out, why);
	case SCHEMA_DOMAIN:
		return value_domain(text, out, why);
	default:
		return read_string(k, n, text, out, why);
	}
}

/* 0: not a list of scalars. */
static size_t
item_size(enum schema_type type)
{
	switch (type) {
	case SCHEMA_TEXTS:
		return sizeof(char *);
	case SCHEMA_DOMAINS:
		return sizeof(struct name);
	case SCHEMA_LISTENERS:
		return sizeof(struct ip_port);
	case SCHEMA_ADDRESSES:
		return sizeof(struct ip);
	case SCHEMA_PREFIXES:
		return sizeof(struct ip_prefix);
	default:
		return 0;
	}
}

static enum err
read_item(const struct schema_key *k, const char *text, void *out, struct buf *why)
{
	switch (k->type) {
	case SCHEMA_DOMAINS:
		return value_domain(text, out, why);
	case SCHEMA_LISTENERS:
		return value_ip_port(text, 53, out, why);
	case SCHEMA_ADDRESSES:
		return value_ip(text, out, why);
	case SCHEMA_PREFIXES:
		return value_prefix(text, out, why);
	default:
		return read_string(k, NULL, text, out, why);
	}
}

static void
read_list(struct reader *r, const struct schema_key *k, const struct tree_node *list,
    void *base)
{
	size_t count = reader_list_count(r, list, k->name), size = item_size(k->type), i;
	struct buf why = {0};
	const char *text;
	char *items;

	if (count == 0)
		return;
	items = mem_array(count, size);
	for (i = 0; i < count; i++) {
		const struct tree_node *n = tree_at(list, i);

		text = reader_text(r, n, k->name);
		buf_clear(&why);
		if (text != NULL && read_item(k, text, items + i * size, &why) != OK)
			reader_value_error(r, n, k->name, buf_text(&why));
	}
	buf_fini(&why);
	*(void **)((char *)base + k->offset) = items;
	*(size_t *)((char *)base + k->count_offset) = count;
}

static void
read_maps(struct reader *r, const struct schema_key *k, const struct tree_node *list,
    void *base)
{
	size_t count = tree_count(list), size = k->map->size, i;
	char *items;

	if (list->kind == TREE_BAD || count == 0)
		return;
	if (list->kind != TREE_LIST) {
		reader_error(r, list,
		    "%s: expected a list, each element with a \"-\" before it", k->name);
		return;
	}
	items = mem_array(count, size);
	*(void **)((char *)base + k->offset) = items;
	*(size_t *)((char *)base + k->count_offset) = count;
	for (i = 0; i < count; i++) {
		const struct tree_node *n = list->values[i];

		if (k->map->has_where)
			reader_where(
			    n, (struct config_where *)(void *)(items + i * size));
		if (n->kind == TREE_MAP)
			reader_map(r, k->map, n, items + i * size);
		else if (n->kind != TREE_BAD)
			reader_error(r, n, "%s: expected a map with the keys of %s",
			    k->name, k->map->title);
	}
}

static void
read_section(
    struct reader *r, const struct schema_key *k, const struct tree_node *n, void *out)
{
	if (n->kind == TREE_MAP || tree_is_empty(n))
		reader_map(r, k->map, n->kind == TREE_MAP ? n : NULL, out);
	else if (n->kind != TREE_BAD)
		reader_error(r, n,
		    "%s: expected a map, as in \"key: value\" with a blank behind the "
		    "colon",
		    k->name);
}

static void
read_value(
    struct reader *r, const struct schema_key *k, const struct tree_node *n, void *base)
{
	void *out = (char *)base + k->offset;
	struct buf why = {0};
	const char *text;

	switch (k->type) {
	case SCHEMA_OWN:
		k->read(r, k, n, base);
		break;
	case SCHEMA_MAPS:
		read_maps(r, k, n, base);
		break;
	case SCHEMA_MAP:
		read_section(r, k, n, out);
		break;
	case SCHEMA_TEXTS:
	case SCHEMA_DOMAINS:
	case SCHEMA_LISTENERS:
	case SCHEMA_ADDRESSES:
	case SCHEMA_PREFIXES:
		read_list(r, k, n, base);
		break;
	default:
		text = reader_text(r, n, k->name);
		if (text != NULL && read_scalar(k, n, text, out, &why) != OK)
			reader_value_error(r, n, k->name, buf_text(&why));
		break;
	}
	buf_fini(&why);
}

/* The text of a default as if it had been written. */
static struct tree_node *
default_node(const struct schema_key *k)
{
	struct tree_node *n, *item;
	const char *p = k->dflt;
	size_t len;

	n = tree_new(item_size(k->type) != 0 ? TREE_LIST : TREE_SCALAR, "default", 0, 0);
	if (n->kind == TREE_SCALAR) {
		n->text = mem_str(p);
		return n;
	}
	for (; *p != '\0'; p += len + (p[len] != '\0')) {
		len = strcspn(p, " ");
		item = tree_new(TREE_SCALAR, "default", 0, 0);
		item->text = mem_strn(p, len);
		tree_push(n, item);
	}
	return n;
}

static void
read_default(struct reader *r, const struct schema_key *k, void *base)
{
	size_t before = r->complaints->errors;
	struct tree_node *n;

	if (k->dflt != NULL) {
		n = default_node(k);
		read_value(r, k, n, base);
		tree_free(n);
	} else if (k->type == SCHEMA_MAP) {
		reader_map(r, k->map, NULL, (char *)base + k->offset);
	}
	assert(r->complaints->errors == before);
}

/* Names the nearest key of this map, or the map where the key would belong. */
static void
complain_unknown(
    struct reader *r, const struct schema_map *schema, const struct tree_node *key)
{
	const struct schema_key *k, *best = NULL;
	unsigned best_distance = SUGGEST_NEAR + 1, d;
	char text[READER_QUOTE_MAX + 4];
	struct buf homes = {0};
	size_t i;

	quote(key->text, text);
	for (k = schema->keys; k->name != NULL; k++) {
		d = suggest_distance(key->text, k->name);
		if (d < best_distance && suggest_is_near(key->text, d)) {
			best_distance = d;
			best = k;
		}
	}
	for (i = 0; schema_maps[i] != NULL; i++) {
		if (schema_find(schema_maps[i], key->text) != NULL)
			buf_printf(&homes, "%s%s", homes.len == 0 ? "" : " or ",
			    schema_maps[i]->title);
	}
	/* A key that exists elsewhere is meant rather than one that is only like it. */
	if (best != NULL && (homes.len == 0 || best_distance == 1))
		reader_error(r, key, "unknown key \"%s\" in %s; did you mean \"%s\"?",
		    text, schema->title, best->name);
	else if (homes.len != 0)
		reader_error(r, key, "unknown key \"%s\" in %s; it belongs in %s", text,
		    schema->title, buf_text(&homes));
	else
		reader_error(r, key, "unknown key \"%s\" in %s", text, schema->title);
	buf_fini(&homes);
}

void
reader_map(struct reader *r, const struct schema_map *schema, const struct tree_node *map,
    void *base)
{
	const struct schema_key *k;
	size_t i;

	for (k = schema->keys; k->name != NULL; k++) {
		if ((k->flags & SCHEMA_LATER) || tree_find(map, k->name) != NULL)
			continue;
		read_default(r, k, base);
		if (map != NULL && (k->flags & SCHEMA_REQUIRED))
			reader_error(
			    r, map, "\"%s\" is missing in %s", k->name, schema->title);
	}
	for (i = 0; map != NULL && i < map->count; i++) {
		k = schema_find(schema, map->keys[i]->text);
		if (k == NULL)
			complain_unknown(r, schema, map->keys[i]);
		else if (k->flags & SCHEMA_LATER)
			reader_error(r, map->keys[i],
			    "\"%s\" is not supported by this version yet", k->name);
		else
			read_value(r, k, map->values[i], base);
	}
	if (schema->finish != NULL)
		schema->finish(r, map, base);
}
