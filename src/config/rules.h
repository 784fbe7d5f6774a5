/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What must be true between the parts of a configuration: doubles, and names that
 * point elsewhere.
 *
 * Shape: one function over the tree and what was read from it.
 * Owner: borrows.
 * Threads: one at a time.
 * Errors: complaints.
 * Source: DESIGN "A configuration", "Steering".
 */
#ifndef CONFIG_RULES_H
#define CONFIG_RULES_H

#include "config/reader.h"

void
rules_check(struct reader *r, const struct tree_node *root);

#endif
