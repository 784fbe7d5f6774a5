/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A message about alerts, as a hook gets it.
 *
 * Shape: JSON as sextantd(8) "ALERTS" describes it, or {"text": ...} as Slack takes it.
 * At most ALERTMSG_LISTED alerts of either kind are listed, the rest is counted. Owner:
 * the buffer is the caller's. Threads: any. Errors: none. Source: Slack's "Formatting
 * text" (which characters are written as entities).
 */
#ifndef CONTROL_ALERTMSG_H
#define CONTROL_ALERTMSG_H

#include <stdint.h>

#include "base/buf.h"
#include "control/alertbook.h"

enum { ALERTMSG_LISTED = 50 };

struct alertmsg {
	const char *id; /* another one for each message */
	const char *node;
	const char *hook;
	bool is_critical; /* because it lasts */
	bool is_test;
	int64_t now_wall_s;
	struct mono now;
	const struct alert_message *what;
};

/* "trouble", "recovery", "mixed" or "test" */
const char *
alertmsg_status(const struct alertmsg *m);

/* One line for people, without the node. */
void
alertmsg_write_summary(const struct alertmsg *m, struct buf *out);

void
alertmsg_write_json(const struct alertmsg *m, struct buf *out);

void
alertmsg_write_slack(const struct alertmsg *m, struct buf *out);

/* Seconds that an alert has been open, or was. */
int64_t
alertmsg_lasted_s(const struct alert *a, struct mono now);

#endif
