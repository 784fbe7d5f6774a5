/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/tree.h"

#include <string.h>

#include "base/mem.h"

struct tree_node *
tree_new(enum tree_kind kind, const char *file, uint32_t line, uint32_t column)
{
	struct tree_node *n = mem_new(sizeof(*n));

	n->kind = kind;
	n->file = file;
	n->line = line;
	n->column = column;
	return n;
}

void
tree_free(struct tree_node *n)
{
	size_t i;

	if (n == NULL)
		return;
	for (i = 0; i < n->count; i++) {
		if (n->keys != NULL)
			tree_free(n->keys[i]);
		tree_free(n->values[i]);
	}
	mem_free(n->keys);
	mem_free(n->values);
	mem_free(n->text);
	mem_free(n);
}

void
tree_push(struct tree_node *list, struct tree_node *value)
{
	list->values =
	    mem_grow(list->values, list->count, &list->cap, sizeof(list->values[0]));
	list->values[list->count++] = value;
}

void
tree_set(struct tree_node *map, struct tree_node *key, struct tree_node *value)
{
	size_t cap = map->cap;

	map->keys = mem_grow(map->keys, map->count, &cap, sizeof(map->keys[0]));
	map->values =
	    mem_grow(map->values, map->count, &map->cap, sizeof(map->values[0]));
	map->keys[map->count] = key;
	map->values[map->count++] = value;
}

size_t
tree_find_index(const struct tree_node *map, const char *key)
{
	size_t i;

	if (map == NULL || map->kind != TREE_MAP)
		return SIZE_MAX;
	for (i = 0; i < map->count; i++) {
		if (strcmp(map->keys[i]->text, key) == 0)
			return i;
	}
	return SIZE_MAX;
}

struct tree_node *
tree_find(const struct tree_node *map, const char *key)
{
	size_t i = tree_find_index(map, key);

	return i == SIZE_MAX ? NULL : map->values[i];
}

bool
tree_is_empty(const struct tree_node *n)
{
	return n->kind == TREE_SCALAR && n->plain && n->text[0] == '\0';
}

size_t
tree_count(const struct tree_node *list)
{
	if (list == NULL || tree_is_empty(list))
		return 0;
	return list->kind == TREE_LIST ? list->count : 1;
}

const struct tree_node *
tree_at(const struct tree_node *list, size_t i)
{
	return list->kind == TREE_LIST ? list->values[i] : list;
}
