/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys of records as people give them, against the world as it is served.
 *
 * Shape: functions over a world.
 * Owner: strings that are returned are static, or the caller's where it says so.
 * Threads: the store thread, which publishes worlds.
 * Errors: ERR_SYNTAX, ERR_MISSING with the reason in `why`.
 * Source: DESIGN "Who wins".
 */
#ifndef CONTROL_RECORDKEY_H
#define CONTROL_RECORDKEY_H

#include "base/buf.h"
#include "base/err.h"
#include "steer/world.h"

/* The key of a name and type (the caller's, for mem_free): its zone is the longest
 * configured one with `store: on`. */
MUST_CHECK enum err
recordkey_find(const struct world *w, const char *name, const char *type, char **key,
    struct buf *why);

/* Why nobody would ever see it: a name of the file belongs to the file. NULL: it is seen;
 * a key that is wrong is the store's to refuse. */
const char *
recordkey_hidden(const struct world *w, const char *key);

#endif
