/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tells secondaries of changes: NOTIFY to the peers of each zone's `notify` list.
 *
 * Shape: once a second the serials of the zones that have a list are compared with
 * those that were told last. A zone is told of at most every 5 s, and the last change
 * always; a peer that does not answer hears it 6 times within about a minute. At most
 * 100 messages go out in 100 ms, so that many zones at once harm nobody.
 * Owner: notifier_free(). It holds the parts that its lists are of.
 * Threads: the control thread's, with a reader of its own.
 * Errors: a peer that does not answer, or refuses, is logged when that begins and
 * ends.
 * Source: RFC 1996; RFC 8945 (requests and responses are signed where there is a key).
 */
#ifndef CONTROL_NOTIFY_H
#define CONTROL_NOTIFY_H

#include "base/loop.h"
#include "base/json.h"
#include "dns/name.h"
#include "steer/shared.h"

struct notifier;

MUST_CHECK enum err
notifier_new(struct loop *loop, struct shared *shared, struct notifier **out);

/* NULL is allowed. */
void
notifier_free(struct notifier *n);

/* From now on (we can be asked what has changed): all zones are told of once. */
void
notifier_start(struct notifier *n);

/* Tells of a zone (NULL: of all) now, whatever was told before. Returns how many peers.
 */
size_t
notifier_tell(struct notifier *n, const struct name *zone);

/* For `status`: how many zones and peers, and who does not answer. */
void
notifier_write(struct notifier *n, struct buf *text, struct json *data);

#endif
