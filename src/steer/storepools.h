/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The named pools of the record store, those too that the configuration hides.
 *
 * Shape: a list; pools are named by people, so it is short.
 * Owner: the list owns its pools; all zero is a valid empty one.
 * Threads: the store thread.
 * Errors: none.
 * Source: DESIGN "Who wins".
 */
#ifndef STEER_STOREPOOLS_H
#define STEER_STOREPOOLS_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"

struct storepools {
	struct config_pool **list;
	size_t count, cap;
};

void
storepools_fini(struct storepools *s);

/* Takes spec over and gives it its name; NULL: there is no such pool any more. True when
 * there was one. */
bool
storepools_set(struct storepools *s, const char *name, struct config_pool *spec);

#endif
