/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/include.h"

#include <fnmatch.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "config/yaml.h"

static void
read_file(
    struct include *in, const char *path, unsigned depth, const struct tree_node *from);

#define COMPLAIN(in, at, ...) \
	complain((in)->complaints, SEVERITY_ERROR, (at)->file, (at)->line, (at)->column, \
	    __VA_ARGS__)

/* Moves the values of `from` behind those of `to`. */
static void
append_list(struct tree_node *to, struct tree_node *from)
{
	size_t i;

	for (i = 0; i < from->count; i++)
		tree_push(to, from->values[i]);
	from->count = 0;
}

static void
merge_key(struct include *in, struct tree_node *to, struct tree_node *key,
    struct tree_node *value);

/* Moves all keys of `from` into `to`. */
static void
merge_map(struct include *in, struct tree_node *to, struct tree_node *from)
{
	size_t i, count = from->count;

	from->count = 0;
	for (i = 0; i < count; i++)
		merge_key(in, to, from->keys[i], from->values[i]);
}

/* Takes key and value over. */
static void
merge_key(struct include *in, struct tree_node *to, struct tree_node *key,
    struct tree_node *value)
{
	size_t i = tree_find_index(to, key->text);
	struct tree_node *old;

	if (i == SIZE_MAX) {
		tree_set(to, key, value);
		return;
	}
	old = to->values[i];
	if (tree_is_empty(old)) {
		to->values[i] = value;
		tree_free(old);
		tree_free(key);
		return;
	}
	if (old->kind == TREE_LIST && value->kind == TREE_LIST)
		append_list(old, value);
	else if (old->kind == TREE_MAP && value->kind == TREE_MAP)
		merge_map(in, old, value);
	else if (!tree_is_empty(value) && old->kind != TREE_BAD &&
	         value->kind != TREE_BAD)
		COMPLAIN(in, key, "\"%s\" is set already, at %s:%u:%u", key->text,
		    old->file, to->keys[i]->line, to->keys[i]->column);
	tree_free(key);
	tree_free(value);
}

static bool
has_wildcard(const char *text)
{
	return strpbrk(text, "*?[") != NULL;
}

/* What of a copy a pattern would have found on disk. */
static size_t
include_copies(
    struct include *in, const char *pattern, unsigned depth, const struct tree_node *n)
{
	const struct config_source *s = in->source;
	const char *name;
	size_t found = 0;

	for (size_t i = 0; (name = s->name(s->ctx, i)) != NULL; i++) {
		if (fnmatch(pattern, name, FNM_PATHNAME | FNM_PERIOD) != 0)
			continue;
		read_file(in, name, depth + 1, n);
		found++;
	}
	return found;
}

static void
include_pattern(struct include *in, const struct tree_node *n, unsigned depth)
{
	char *pattern;
	glob_t found = {0};
	size_t i;

	if (n->kind == TREE_BAD)
		return;
	if (n->kind != TREE_SCALAR || n->text[0] == '\0') {
		COMPLAIN(in, n, "include: expected a file name");
		return;
	}
	pattern = file_beside(n->file, n->text);
	if (!has_wildcard(n->text)) {
		read_file(in, pattern, depth + 1, n);
	} else if (in->source->open != NULL &&
	           include_copies(in, pattern, depth, n) != 0) {
		/* read, in the order in which they were read then */
	} else if (in->source->open == NULL && glob(pattern, 0, NULL, &found) == 0) {
		for (i = 0; i < found.gl_pathc; i++)
			read_file(in, found.gl_pathv[i], depth + 1, n);
	} else {
		complain(in->complaints, SEVERITY_WARNING, n->file, n->line, n->column,
		    "include \"%s\": no such file", n->text);
	}
	globfree(&found);
	mem_free(pattern);
}

/* The keys of one file's top level, in order; includes take place where they stand. */
static void
take_top(struct include *in, struct tree_node *top, unsigned depth)
{
	size_t i, k, count = top->count;

	top->count = 0;
	for (i = 0; i < count; i++) {
		struct tree_node *key = top->keys[i], *value = top->values[i];

		if (strcmp(key->text, "include") != 0) {
			merge_key(in, in->root, key, value);
			continue;
		}
		for (k = 0; k < tree_count(value); k++)
			include_pattern(in, tree_at(value, k), depth);
		if (tree_count(value) == 0)
			COMPLAIN(in, value, "include has no value");
		tree_free(key);
		tree_free(value);
	}
}

/* False, with a complaint, when the file was read before or may not be read. */
static bool
note_file(struct include *in, const char *path, const struct tree_node *from)
{
	char *real = realpath(path, NULL);
	size_t i;

	for (i = 0; real != NULL && i < in->file_count; i++) {
		if (in->real[i] != NULL && strcmp(real, in->real[i]) == 0) {
			COMPLAIN(
			    in, from, "include \"%s\": this file was read already", path);
			free(real);
			return false;
		}
	}
	if (in->file_count >= INCLUDE_FILES_MAX) {
		COMPLAIN(in, from, "more than %d files", INCLUDE_FILES_MAX);
		free(real);
		return false;
	}
	in->files =
	    mem_grow(in->files, in->file_count, &in->file_cap, sizeof(in->files[0]));
	in->real = mem_grow(in->real, in->file_count, &in->real_cap, sizeof(in->real[0]));
	in->files[in->file_count] = mem_str(path);
	in->real[in->file_count++] = real;
	return true;
}

static void
complain_unreadable(struct include *in, enum err e, const char *path,
    const struct tree_node *from, const char *why)
{
	struct tree_node top = {.file = path};
	const struct tree_node *at = from != NULL ? from : &top;

	if (e == ERR_RANGE)
		COMPLAIN(in, at, "\"%s\" is larger than %d MiB", path,
		    INCLUDE_OCTETS_MAX >> 20);
	else
		COMPLAIN(in, at, "%s", why);
}

static void
read_file(
    struct include *in, const char *path, unsigned depth, const struct tree_node *from)
{
	struct tree_node *top = NULL;
	struct buf why = {0};
	const char *file;
	char *text = NULL;
	size_t len = 0;
	enum err e;

	if (depth > INCLUDE_DEPTH_MAX) {
		COMPLAIN(in, from, "include \"%s\": more than %d files deep", path,
		    INCLUDE_DEPTH_MAX);
		in->broken = true;
		return;
	}
	if (!note_file(in, path, from)) {
		in->broken = true;
		return;
	}
	file = in->files[in->file_count - 1];
	if (in->source->open != NULL)
		e = in->source->open(in->source->ctx, path, &text, &len, &why);
	else
		e = file_read(path, INCLUDE_OCTETS_MAX, &text, &len, &why);
	if (e == OK && in->source->on_file != NULL)
		in->source->on_file(in->source->ctx, path, text, len);
	if (e != OK)
		complain_unreadable(in, e, file, from, buf_text(&why));
	else
		e = config_yaml_read(
		    text, len, file, &in->nodes_left, &top, in->complaints);
	mem_free(text);
	buf_fini(&why);
	if (e != OK) {
		in->broken = true;
		return;
	}
	if (top->kind == TREE_MAP) {
		take_top(in, top, depth);
	} else if (!tree_is_empty(top)) {
		if (top->kind != TREE_BAD)
			COMPLAIN(in, top, "expected sections, as in \"zones:\"");
		in->broken = true;
	}
	tree_free(top);
}

void
include_read(struct include *in, const char *path, const struct config_source *source,
    struct complaints *complaints)
{
	*in = (struct include){
	    .nodes_left = INCLUDE_NODES_MAX,
	    .source = source,
	    .complaints = complaints,
	};
	in->root = tree_new(TREE_MAP, NULL, 1, 1);
	read_file(in, path, 0, NULL);
	in->root->file = in->files[0];
}

void
include_fini(struct include *in)
{
	size_t i;

	tree_free(in->root);
	for (i = 0; i < in->file_count; i++) {
		mem_free(in->files[i]);
		free(in->real[i]);
	}
	mem_free(in->files);
	mem_free(in->real);
}
