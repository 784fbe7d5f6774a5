/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who looks on: `watch` tells each of trouble and its end as it happens.
 *
 * Shape: a list of requests that go on. What is said again and unchanged (base/event.h
 * tells states) is told once. A client that reads too slowly is cut by the socket.
 * Owner: watch_close(), after the socket has closed.
 * Threads: the control thread.
 * Errors: "busy" when WATCHERS_MAX look on.
 * Source: DESIGN "Control".
 */
#ifndef CONTROL_WATCH_H
#define CONTROL_WATCH_H

enum { WATCHERS_MAX = 32, WATCH_SUBJECTS_MAX = 1 << 16 };

struct watch;

/* The loop has its sink of events. */
struct watch *
watch_open(void);

void
watch_close(struct watch *w);

#endif
