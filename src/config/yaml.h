/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * YAML text to a tree.
 *
 * Shape: one document, whose nodes are scalars, lists and maps with unique scalar
 * keys. What YAML has beyond that (a second document, anchors, aliases, tags, merge
 * keys, keys that are no scalars) is refused.
 * Owner: the tree is the caller's; it points to `file`.
 * Threads: any.
 * Errors: a complaint for every mistake; ERR_SYNTAX only when there is no tree, since
 * the YAML itself could not be read on.
 * Source: libyaml 0.2, event API; the only file that includes <yaml.h> is yaml.c.
 */
#ifndef CONFIG_YAML_H
#define CONFIG_YAML_H

#include <stddef.h>

#include "base/complaint.h"
#include "base/err.h"
#include "config/tree.h"

enum {
	CONFIG_YAML_DEPTH_MAX = 16,
	CONFIG_YAML_KEYS_MAX = 1024, /* in one map: duplicates are searched linearly */
};

/* An empty text is an empty scalar. *nodes_left is how many nodes are still allowed. */
MUST_CHECK enum err
config_yaml_read(const char *text, size_t len, const char *file, size_t *nodes_left,
    struct tree_node **out, struct complaints *complaints);

#endif
