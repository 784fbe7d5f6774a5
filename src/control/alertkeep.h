/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open alerts over a restart: which there are, since when, and who was told.
 *
 * Shape: STATE_DIR/alerts.json, at most ALERTKEEP_MAX alerts, the oldest first; hooks by
 * name.
 * Owner: texts are the caller's.
 * Threads: one.
 * Errors: a file that is no good is as none, and an alert in it that is no good is left
 * out; with a reason in `why`.
 * Source: sextant-state(5).
 */
#ifndef CONTROL_ALERTKEEP_H
#define CONTROL_ALERTKEEP_H

#include "base/buf.h"
#include "base/err.h"
#include "config/config.h"
#include "control/alertbook.h"

enum { ALERTKEEP_MAX = 2000 };

/* mem_free() */
char *
alertkeep_path(const char *state_dir);

/* What the file is to hold. */
void
alertkeep_write(const struct alert_book *b, const struct config_hook *hooks, size_t count,
    struct buf *out);

/* ERR_MISSING: there is none. */
MUST_CHECK enum err
alertkeep_load(const char *path, struct alert_book *b, const struct config_hook *hooks,
    size_t count, struct buf *why);

#endif
