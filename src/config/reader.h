/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the tree to structs, led by the schema table.
 *
 * Shape: reader_map() fills one struct. Every element of a list gives one element of
 * the result, also a wrong one, so that tree_at(list, i) is where result[i] was
 * written; after a complaint the result is only good for more complaints.
 * Owner: results belong to the config; the reader borrows everything.
 * Threads: one at a time.
 * Errors: complaints.
 * Source: config/schema.h.
 */
#ifndef CONFIG_READER_H
#define CONFIG_READER_H

#include "base/complaint.h"
#include "config/config.h"
#include "config/schema.h"
#include "config/tree.h"

enum { READER_QUOTE_MAX = 80 };

struct reader {
	struct config *config;
	struct complaints *complaints;
};

void
reader_error(struct reader *r, const struct tree_node *at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

void
reader_warning(struct reader *r, const struct tree_node *at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* Says `KEY "VALUE": why` at the value. */
void
reader_value_error(
    struct reader *r, const struct tree_node *at, const char *key, const char *why);

/* The text of a scalar; NULL with a complaint when it is none or is empty. */
const char *
reader_text(struct reader *r, const struct tree_node *n, const char *key);

/* Fills `base`; map NULL sets the defaults alone. */
void
reader_map(struct reader *r, const struct schema_map *schema, const struct tree_node *map,
    void *base);

/* A list written as [a, b] or as a single value; an empty one gets a complaint. */
size_t
reader_list_count(struct reader *r, const struct tree_node *list, const char *key);

void
reader_where(const struct tree_node *n, struct config_where *out);

#endif
