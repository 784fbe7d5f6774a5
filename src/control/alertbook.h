/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The book of alerts: of which trouble is open, which hook is to be told of it when, and
 * what it was told. Logic alone: who sends, and when it is, comes from outside.
 *
 * Shape: an alert is a subject of some kind that is bad, or was and somebody has still to
 * be told that it is good again. A hook has at most one message on its way, and what it
 * is about is decided when it goes: what changed and changed back meanwhile is told to
 * nobody. So nothing queues, however long a hook can not be reached.
 *   - What changes within group_ms of the first change is one message.
 *   - A critical hook is told what has lasted escalate_ms, once.
 *   - Who was told of the trouble is told of its end.
 *   - Trouble that gets from warning to critical is told again.
 * Owner: alert_book_free(). Alerts and messages that are shown belong to the book.
 * Threads: one.
 * Errors: of more than ALERTS_MAX subjects the rest is counted.
 * Source: DESIGN "Alerts".
 */
#ifndef CONTROL_ALERTBOOK_H
#define CONTROL_ALERTBOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/event.h"
#include "control/alert.h"

enum { ALERT_HOOKS_MAX = 16, ALERTS_MAX = 65536 };

struct alert_times {
	int64_t group_ms, escalate_ms;
};

/* What one hook is to be told now. The worst comes first, then the oldest. */
struct alert_message {
	unsigned hook;
	const struct alert *const *bad;
	size_t bad_count;
	const struct alert *const *good;
	size_t good_count;
	size_t open_count; /* of all that are open */
	uint64_t lost; /* changes nobody can know of, since the hook's last message */
};

typedef void
alert_send_fn(void *ctx, const struct alert_message *m);

struct alert_book;

struct alert_book *
alert_book_new(void);

/* NULL is allowed. */
void
alert_book_free(struct alert_book *b);

/* from[i]: which hook this one was; -1: none, it is new. */
void
alert_book_set_hooks(struct alert_book *b, const struct alert_times *times,
    const struct alert_hook *hooks, const int *from, unsigned count, struct mono now);

/* True when something is another now than it was (to be kept). */
bool
alert_book_feed(struct alert_book *b, const struct event *e, struct mono now);

/* Events that were dropped. */
void
alert_book_lose(struct alert_book *b, uint64_t count);

/* When alert_book_run() has something to do, at the earliest; never: not before the next
 * event. */
struct mono
alert_book_due(const struct alert_book *b);

/* Calls `send` for each hook that is to be told something; each call is to be answered by
 * alert_book_land(), later. True when it did anything. */
bool
alert_book_run(struct alert_book *b, struct mono now, alert_send_fn *send, void *ctx);

/* The hook's message has arrived, or could not be delivered: then not before wait_ms
 * again. */
void
alert_book_land(
    struct alert_book *b, unsigned hook, bool arrived, int64_t wait_ms, struct mono now);

/* Of what was open when the process ended. It counts as good when nothing bad was heard
 * of it within ALERT_SETTLE_MS. */
void
alert_book_restore(struct alert_book *b, enum event_kind kind,
    enum event_severity severity, const char *subject, const char *text,
    int64_t since_wall_s, uint32_t told, uint32_t told_critical, struct mono now,
    int64_t now_wall_s);

/* In order of beginning; at is NULL first; NULL: no more. */
const struct alert *
alert_book_next(const struct alert_book *b, const struct alert *at);

struct alert_hook_state {
	bool is_busy; /* a message is on its way */
	struct mono due; /* when the next one goes; never: nothing to tell */
	unsigned fails; /* in a row */
	size_t waiting; /* changes that it is still to be told */
	uint64_t messages; /* that arrived */
	uint64_t failures; /* of tries */
	uint64_t missed; /* trouble that was over before it could be told */
};

void
alert_book_hook_state(
    const struct alert_book *b, unsigned hook, struct alert_hook_state *out);

/* As of the last run. */
size_t
alert_book_open_count(const struct alert_book *b);

uint64_t
alert_book_lost(const struct alert_book *b);

#endif
