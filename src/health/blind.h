/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether this prober hears anything at all: when nobody does who did before, it is
 * our own network that is gone, and what it measures says nothing of targets. Pure.
 *
 * Shape: an ear for each target and canary counts its silent results in a row. One that
 * was heard and has not been silent for `fall` results is in hearing; nobody in hearing
 * is blindness, until anybody is heard again. Any sign of life is heard: a refused
 * connection or a wrong status came from the far end as well as a good answer. Silent is
 * what can come from our own cable: no connection in time, unreachable, no route.
 * Owner: values; an ear must leave (blind_leave) before its memory goes.
 * Threads: one at a time.
 * Errors: none.
 * Source: DESIGN "A blind prober changes nothing". That a canary has to have answered
 * within the last hour follows: after `fall` silent results it is out of hearing.
 */
#ifndef HEALTH_BLIND_H
#define HEALTH_BLIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ear {
	uint32_t silent; /* results in a row */
	bool was_heard; /* ever */
	bool is_hearing; /* as it is counted */
};

struct blind {
	size_t hearing, heard; /* ears of each kind */
	bool is_blind;
};

enum blind_change { BLIND_SAME, BLIND_BEGAN, BLIND_ENDED };

enum blind_change
blind_feed(struct blind *b, struct ear *e, bool is_silent, uint32_t fall);

/* One that was known to be well before this process began. */
void
blind_trust(struct blind *b, struct ear *e);

/* The last one that is in hearing may go: that alone is no blindness. */
enum blind_change
blind_leave(struct blind *b, struct ear *e);

#endif
