/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/yaml.h"

#include <string.h>
#include <yaml.h>

#include "base/mem.h"
#include "config/hint.h"

struct source {
	yaml_parser_t parser;
	const char *text;
	size_t len;
	const char *file;
	size_t *nodes_left;
	struct complaints *complaints;
};

static uint32_t
line_of(yaml_mark_t m)
{
	return (uint32_t)(m.line + 1);
}

static uint32_t
column_of(yaml_mark_t m)
{
	return (uint32_t)(m.column + 1);
}

#define COMPLAIN(s, mark, ...) \
	complain((s)->complaints, SEVERITY_ERROR, (s)->file, line_of(mark), \
	    column_of(mark), __VA_ARGS__)

/* libyaml gives octets that are no UTF-8 an offset, but no line. */
static yaml_mark_t
mark_of_offset(const struct source *s, size_t offset)
{
	yaml_mark_t m = {0, 0, 0};
	size_t i;

	for (i = 0; i < offset && i < s->len; i++) {
		if (s->text[i] == '\n') {
			m.line++;
			m.column = 0;
		} else if (((unsigned char)s->text[i] & 0xc0) != 0x80) {
			m.column++;
		}
	}
	return m;
}

static void
complain_syntax(struct source *s)
{
	const yaml_parser_t *p = &s->parser;
	struct hint_place place = {.text = s->text, .len = s->len};
	yaml_mark_t mark = p->problem_mark;
	const char *hint;

	if (p->error == YAML_READER_ERROR) {
		mark = mark_of_offset(s, p->problem_offset);
		COMPLAIN(
		    s, mark, "not valid YAML: %s; the file has to be UTF-8", p->problem);
		return;
	}
	place.line = mark.line;
	place.column = mark.column;
	place.context_line = p->context_mark.line;
	place.context_column = p->context_mark.column;
	place.problem = p->problem;
	place.context = p->context;
	hint = hint_find(&place);
	/* An open quote or bracket is noticed at the end; where it opens is of more use.
	 */
	if (p->context != NULL && mark.index >= s->len &&
	    strstr(p->context, "quoted scalar") != NULL)
		mark = p->context_mark;
	COMPLAIN(s, mark, "not valid YAML: %s%s%s",
	    p->problem != NULL ? p->problem : "out of memory", hint != NULL ? "; " : "",
	    hint != NULL ? hint : "");
}

static enum err
next_event(struct source *s, yaml_event_t *ev)
{
	if (yaml_parser_parse(&s->parser, ev) == 1)
		return OK;
	complain_syntax(s);
	return ERR_SYNTAX;
}

static void
refuse_decoration(
    struct source *s, yaml_mark_t at, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor != NULL)
		COMPLAIN(s, at,
		    "anchors are not allowed here; quote a value that begins with &");
	if (tag != NULL)
		COMPLAIN(
		    s, at, "tags are not allowed here; quote a value that begins with !");
}

static struct tree_node *
new_node(struct source *s, enum tree_kind kind, yaml_mark_t at)
{
	return tree_new(kind, s->file, line_of(at), column_of(at));
}

static struct tree_node *
scalar_node(struct source *s, const yaml_event_t *ev)
{
	const char *text = (const char *)ev->data.scalar.value;
	size_t len = ev->data.scalar.length;
	struct tree_node *n = new_node(s, TREE_SCALAR, ev->start_mark);

	refuse_decoration(s, ev->start_mark, ev->data.scalar.anchor, ev->data.scalar.tag);
	if (memchr(text, '\0', len) != NULL) {
		COMPLAIN(s, ev->start_mark, "a value may not contain the character NUL");
		n->kind = TREE_BAD;
		len = 0;
	}
	n->plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	n->text = mem_strn(text, len);
	return n;
}

static enum err
read_node(
    struct source *s, const yaml_event_t *ev, unsigned depth, struct tree_node **out);

static enum err
read_next(struct source *s, unsigned depth, yaml_event_type_t end, bool *ended,
    struct tree_node **out)
{
	yaml_event_t ev;
	enum err e;

	e = next_event(s, &ev);
	if (e != OK)
		return e;
	*ended = ev.type == end;
	if (!*ended)
		e = read_node(s, &ev, depth, out);
	yaml_event_delete(&ev);
	return e;
}

static enum err
read_list(struct source *s, unsigned depth, struct tree_node *list)
{
	struct tree_node *item;
	bool ended;
	enum err e;

	for (;;) {
		e = read_next(s, depth + 1, YAML_SEQUENCE_END_EVENT, &ended, &item);
		if (e != OK || ended)
			return e;
		tree_push(list, item);
	}
}

/* "{a:1}" is a key "a:1" without a value to YAML; it stays as a bad value of "a". */
static void
split_tight_pair(struct source *s, struct tree_node *key, struct tree_node *value)
{
	char *colon;

	if (key->kind != TREE_SCALAR || !key->plain || !tree_is_empty(value) ||
	    !hint_is_tight_pair(key->text))
		return;
	colon = strchr(key->text, ':');
	complain(s->complaints, SEVERITY_ERROR, s->file, key->line, key->column,
	    "\"%s\" has no value; write a blank behind the colon, as in \"%.*s: %s\"",
	    key->text, (int)(colon - key->text), key->text, colon + 1);
	*colon = '\0';
	value->kind = TREE_BAD;
}

/* False, with a complaint, for a key that can not stay in the map. */
static bool
key_is_good(
    struct source *s, const struct tree_node *map, const struct tree_node *key, bool flow)
{
	struct complaints *c = s->complaints;
	size_t first;

	if (key->kind == TREE_BAD)
		return false;
	if (key->kind != TREE_SCALAR) {
		complain(c, SEVERITY_ERROR, s->file, key->line, key->column,
		    "a key has to be a plain word, not a list or map");
		return false;
	}
	if (tree_is_empty(key)) {
		complain(c, SEVERITY_ERROR, s->file, key->line, key->column,
		    "a key is missing before the colon%s%s", flow ? "; " : "",
		    flow ? hint_ipv6 : "");
		return false;
	}
	if (key->plain && strcmp(key->text, "<<") == 0) {
		complain(c, SEVERITY_ERROR, s->file, key->line, key->column,
		    "merge keys are not allowed here");
		return false;
	}
	first = tree_find_index(map, key->text);
	if (first != SIZE_MAX) {
		complain(c, SEVERITY_ERROR, s->file, key->line, key->column,
		    "duplicate key \"%s\"; the first is in line %u", key->text,
		    map->keys[first]->line);
		return false;
	}
	return true;
}

static enum err
read_map(struct source *s, unsigned depth, bool flow, struct tree_node *map)
{
	struct tree_node *key, *value;
	bool ended;
	enum err e;

	for (;;) {
		e = read_next(s, depth + 1, YAML_MAPPING_END_EVENT, &ended, &key);
		if (e != OK || ended)
			return e;
		e = read_next(s, depth + 1, YAML_NO_EVENT, &ended, &value);
		if (e != OK) {
			tree_free(key);
			return e;
		}
		if (map->count >= CONFIG_YAML_KEYS_MAX) {
			complain(s->complaints, SEVERITY_ERROR, s->file, key->line,
			    key->column, "more than %d keys in one map",
			    CONFIG_YAML_KEYS_MAX);
			tree_free(key);
			tree_free(value);
			return ERR_RANGE;
		}
		if (flow)
			split_tight_pair(s, key, value);
		if (key_is_good(s, map, key, flow)) {
			tree_set(map, key, value);
			continue;
		}
		tree_free(key);
		tree_free(value);
	}
}

static enum err
read_collection(
    struct source *s, const yaml_event_t *ev, unsigned depth, struct tree_node **out)
{
	struct tree_node *n;
	enum err e;

	if (depth >= CONFIG_YAML_DEPTH_MAX) {
		COMPLAIN(s, ev->start_mark,
		    "lists and maps are nested more than %d levels deep",
		    CONFIG_YAML_DEPTH_MAX);
		return ERR_RANGE;
	}
	if (ev->type == YAML_SEQUENCE_START_EVENT) {
		refuse_decoration(s, ev->start_mark, ev->data.sequence_start.anchor,
		    ev->data.sequence_start.tag);
		n = new_node(s, TREE_LIST, ev->start_mark);
		e = read_list(s, depth, n);
	} else {
		refuse_decoration(s, ev->start_mark, ev->data.mapping_start.anchor,
		    ev->data.mapping_start.tag);
		n = new_node(s, TREE_MAP, ev->start_mark);
		e = read_map(
		    s, depth, ev->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE, n);
	}
	if (e != OK)
		tree_free(n);
	else
		*out = n;
	return e;
}

static enum err
read_node(
    struct source *s, const yaml_event_t *ev, unsigned depth, struct tree_node **out)
{
	if (*s->nodes_left == 0) {
		COMPLAIN(s, ev->start_mark, "the configuration has too many values");
		return ERR_RANGE;
	}
	--*s->nodes_left;
	switch (ev->type) {
	case YAML_SCALAR_EVENT:
		*out = scalar_node(s, ev);
		return OK;
	case YAML_ALIAS_EVENT:
		COMPLAIN(s, ev->start_mark,
		    "aliases are not allowed here; quote a value that begins with *");
		*out = new_node(s, TREE_BAD, ev->start_mark);
		return OK;
	default:
		return read_collection(s, ev, depth, out);
	}
}

/* Everything before the first node; an empty stream leaves *out an empty scalar. */
static enum err
read_document(struct source *s, struct tree_node **out)
{
	yaml_event_t ev;
	enum err e;

	for (;;) {
		e = next_event(s, &ev);
		if (e != OK)
			return e;
		if (ev.type == YAML_STREAM_START_EVENT ||
		    ev.type == YAML_DOCUMENT_START_EVENT) {
			yaml_event_delete(&ev);
			continue;
		}
		if (ev.type == YAML_STREAM_END_EVENT) {
			*out = new_node(s, TREE_SCALAR, ev.start_mark);
			(*out)->plain = true;
			(*out)->text = mem_str("");
		} else {
			e = read_node(s, &ev, 0, out);
		}
		yaml_event_delete(&ev);
		return e;
	}
}

/* Nothing but the end may come now. */
static enum err
read_end(struct source *s)
{
	yaml_event_t ev;
	enum err e;
	bool done, second;

	do {
		e = next_event(s, &ev);
		if (e != OK)
			return e;
		second = ev.type == YAML_DOCUMENT_START_EVENT;
		done = second || ev.type == YAML_STREAM_END_EVENT ||
		       ev.type == YAML_NO_EVENT;
		if (second)
			COMPLAIN(s, ev.start_mark,
			    "a second document begins here; one file holds one document");
		yaml_event_delete(&ev);
	} while (!done);
	return second ? ERR_SYNTAX : OK;
}

enum err
config_yaml_read(const char *text, size_t len, const char *file, size_t *nodes_left,
    struct tree_node **out, struct complaints *complaints)
{
	struct source s = {.text = text,
	    .len = len,
	    .file = file,
	    .nodes_left = nodes_left,
	    .complaints = complaints};
	struct tree_node *root = NULL;
	enum err e;

	if (yaml_parser_initialize(&s.parser) != 1) {
		complain(complaints, SEVERITY_ERROR, file, 0, 0, "out of memory");
		return ERR_SYNTAX;
	}
	/* Without this a file that begins with FF FE would be read as UTF-16. */
	yaml_parser_set_encoding(&s.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&s.parser, (const unsigned char *)text, len);
	e = read_document(&s, &root);
	if (e == OK)
		e = read_end(&s);
	yaml_parser_delete(&s.parser);
	if (e != OK) {
		tree_free(root);
		return ERR_SYNTAX;
	}
	*out = root;
	return OK;
}
