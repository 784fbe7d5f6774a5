/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Watches the files of the geography, and has those that change taken without a reload.
 *
 * Shape: looks at each file's stamp (stat(2)) every second: unlike inotify this sees what
 * a symbolic link or a network's file system brings. A file is read once it was the same
 * at two looks in a row. What is no good is refused (steer/geoload.h) and not tried again
 * until it changes again; the old version stays. New versions that the updater
 * (geo/updater.h) has fetched are taken the same way, and only then put in their place.
 * Owner: the control plane's. Threads: the control thread.
 * Errors: refusals: a line of the log, an event, and geowatch_refusal().
 * Source: DESIGN "Where is the client?".
 */
#ifndef CONTROL_GEOWATCH_H
#define CONTROL_GEOWATCH_H

#include "control/control.h"
#include "geo/updater.h"

enum { GEOWATCH_LOOK_MS = 1000 };

struct geowatch;

struct geowatch *
geowatch_new(struct control *c);

/* The server listens: what has changed may be looked for. */
void
geowatch_start(struct geowatch *w);

/* NULL is allowed. */
void
geowatch_free(struct geowatch *w);

/* All was read anew and is served. NULL is allowed. */
void
geowatch_reloaded(struct geowatch *w);

/* The last version of this file that was refused; NULL: it was taken. */
const struct geo_refusal *
geowatch_refusal(const struct geowatch *w, const char *path);

/* For `status`: a line each, and a list geo_refused. */
void
geowatch_write_refused(const struct geowatch *w, struct buf *out, struct json *data);

/* For `rejected`. */
void
geowatch_write_rejected(const struct geowatch *w, struct buf *out, struct json *list);

struct updater *
geowatch_updater(const struct geowatch *w);

#endif
