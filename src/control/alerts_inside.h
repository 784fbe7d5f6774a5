/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of control/alerts.h share.
 *
 * Shape: see there.
 * Owner: alerts.c.
 * Threads: the control thread's.
 * Errors: none.
 * Source: none.
 */
#ifndef CONTROL_ALERTS_INSIDE_H
#define CONTROL_ALERTS_INSIDE_H

#include "control/alertmsg.h"
#include "control/alerts.h"
#include "control/delivery.h"

struct alerts_test;
struct inhand_item;

/* A hook at work. */
struct alerts_hook {
	struct alerts *alerts;
	const struct config_hook *config; /* of the parts it holds */
	struct parts *parts;
	int index; /* in the book; -1: it is gone from the configuration */
	struct delivery *flying; /* what the book has sent */
	bool is_started; /* false: it waits for the test's end */
	struct delivery *testing;
	struct alerts_test *test;
	bool is_failing;
	char last_reason[PROGRAM_REASON_MAX]; /* of the last failure; "": none yet */
	struct mono last_arrived; /* never: none yet */
	struct alerts_hook *next; /* of those that are gone and still at work */
};

struct alerts {
	struct loop *loop;
	struct parts *parts;
	struct alert_book *book;
	struct alerts_hook *hooks[ALERT_HOOKS_MAX];
	unsigned hook_count;
	struct alerts_hook *gone;
	struct loop_timer *timer, *keep_timer;
	char *path;
	struct alerts_keep *keeping; /* NULL: nothing is being written */
	bool is_dirty, is_unkept;
	bool is_closing;
	struct inhand_item *quarantine; /* as told last */
	size_t quarantine_count;
	int64_t started_wall_s;
	unsigned message_count;
};

/* A message for a hook, ready to be started. */
struct delivery *
alerts_make(struct alerts_hook *h, const struct alert_message *what, bool is_test,
    delivery_fn *done);

/* Where it leads, for people: nothing that is secret. */
void
alerts_write_where(const struct config_hook *h, struct buf *out);

/* Nothing of it is at work any more, and it is gone. */
void
alerts_hook_settle(struct alerts_hook *h);

#endif
