/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Alerts: what the parts say (base/event.h) goes into the book (control/alertbook.h), and
 * from there to the hooks of the configuration.
 *
 * Shape: a hook has one delivery on its way at most; one that fails is tried again after
 * anything up to 2, 4, 8 ... s, five minutes at most, with what is to be told then. The
 * book is kept in the state directory, a second after it changed.
 * Owner: alerts_close(); it holds the parts whose configuration it uses.
 * Threads: the control thread's. Sending and writing are done in threads of their own.
 * Errors: a hook that can not be reached is logged when that begins and ends.
 * Source: DESIGN "Alerts"; sextantd(8).
 */
#ifndef CONTROL_ALERTS_H
#define CONTROL_ALERTS_H

#include "base/json.h"
#include "base/loop.h"
#include "control/request.h"
#include "steer/parts.h"

struct alerts;

struct alerts *
alerts_open(struct loop *loop, struct parts *parts);

/* Ends what is on its way, and keeps the book. NULL is allowed. */
void
alerts_close(struct alerts *s);

/* Another configuration: hooks that keep their names keep what they were told. */
void
alerts_configure(struct alerts *s, struct parts *parts);

/* What is to be said of what was read: versions that are held, bad files, quarantine.
 * was: what was served before, or NULL. */
void
alerts_tell_parts(struct alerts *s, const struct parts *was, const struct parts *is);

/* The configuration that waits for somebody to accept it; NULL: none does. */
void
alerts_tell_held_config(const struct parts *held);

/* Of a reload; NULL: it was taken. */
void
alerts_tell_reload(const struct complaints *refused);

/* For `status`: a line. */
void
alerts_write_status(struct alerts *s, struct buf *text, struct json *data);

/* All that is open, and what each hook knows of it. */
void
alerts_write(struct alerts *s, struct buf *text, struct json *data);

/* Sends a test to a hook, or to all with NULL, and ends the request when it is known how
 * that went. */
void
alerts_test(struct alerts *s, struct request *rq, const char *hook);

#endif
