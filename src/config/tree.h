/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A configuration document as a tree, before anything is known of its meaning.
 *
 * Shape: scalars, lists and maps, each with the place where it was written. A map
 * keeps the order of its keys, which are scalars and unique. A BAD node stands for
 * something that was complained of already; readers skip it in silence.
 * Owner: a node belongs to its parent; tree_free() frees all below. File names
 * belong to the caller and must outlive the nodes.
 * Threads: one at a time.
 * Errors: none.
 * Source: YAML 1.1 without anchors, aliases, tags and merge keys.
 */
#ifndef CONFIG_TREE_H
#define CONFIG_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tree_kind { TREE_SCALAR, TREE_LIST, TREE_MAP, TREE_BAD };

struct tree_node {
	enum tree_kind kind;
	bool plain; /* of a scalar: written without quotes */
	uint32_t line, column; /* from 1 */
	const char *file;
	char *text; /* of a scalar; no NUL inside */
	struct tree_node **keys; /* of a map */
	struct tree_node **values; /* of a list or map */
	size_t count;
	size_t cap;
};

struct tree_node *
tree_new(enum tree_kind kind, const char *file, uint32_t line, uint32_t column);

/* NULL is allowed. */
void
tree_free(struct tree_node *n);

void
tree_push(struct tree_node *list, struct tree_node *value);

void
tree_set(struct tree_node *map, struct tree_node *key, struct tree_node *value);

/* The index of a key, or SIZE_MAX. */
size_t
tree_find_index(const struct tree_node *map, const char *key);

/* The value of a key; NULL when there is none, or when map is NULL or no map. */
struct tree_node *
tree_find(const struct tree_node *map, const char *key);

/* Lists may be written as one value without brackets: how many there are, and which. */
size_t
tree_count(const struct tree_node *list);

const struct tree_node *
tree_at(const struct tree_node *list, size_t i);

/* A key without a value ("pools:" and nothing below it). */
bool
tree_is_empty(const struct tree_node *n);

#endif
