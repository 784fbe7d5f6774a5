/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of the configuration takes effect with a restart only.
 *
 * Shape: the keys of `server` that differ, by name.
 * Owner: all is borrowed.
 * Threads: any.
 * Errors: none.
 * Source: none. store.kind is refused by a reload instead.
 */
#ifndef CONTROL_RESTART_H
#define CONTROL_RESTART_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/json.h"
#include "config/config.h"

/* "listen, workers"; false, and nothing written: none differs. list may be NULL. */
bool
restart_keys(const struct config_server *was, const struct config_server *is,
    struct buf *out, struct json *list);

#endif
