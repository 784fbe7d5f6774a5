/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How it stands with the server that the records come from: connected or not, since
 * when and why, and how old what we have is.
 *
 * Shape: events in, one word out: fresh, stale or syncing. An embedded store is always
 * connected and fresh.
 * Owner: plain data.
 * Threads: one at a time; time is a parameter.
 * Errors: none.
 * Source: DESIGN "Staleness".
 */
#ifndef STORE_CONTACT_H
#define STORE_CONTACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "store/fault.h"
#include "store/follow.h"
#include "store/store.h"

struct contact {
	bool redis;
	enum follow_state state;
	enum fault fault; /* why it is down */
	char reason[256]; /* the same for people; "" */
	char source[96]; /* what the server is, and how it is; "" */
	enum fault refused; /* why writes are refused, as far as is known */
	char refused_reason[256]; /* the same for people; "" */
	int64_t since_wall_s; /* of being connected, or not */
	struct mono started; /* never: not begun to follow */
	bool tried; /* a try to reach the server has failed */
	struct mono last; /* contact confirmed in this process */
	struct mono saved;
	int64_t wall_s; /* the same on the wall clock, also of an earlier process */
};

void
contact_init(struct contact *c, bool redis);

void
contact_state(
    struct contact *c, enum follow_state state, enum fault fault, const char *reason);

void
contact_confirm(struct contact *c);

/* True when it is time to write down when contact was last. */
bool
contact_is_due(const struct contact *c);

/* FAULT_NONE: writes are taken. */
void
contact_refused(struct contact *c, enum fault fault, const char *reason);

enum store_sync
contact_sync(const struct contact *c, int64_t fresh_for_ms, struct mono now);

/* Beyond max_stale; without contact in this process, since the start. */
bool
contact_is_expired(
    const struct contact *c, const struct config_store *cfg, struct mono now);

/* Its part of the status. */
void
contact_write(const struct contact *c, int64_t fresh_for_ms, struct store_status *out);

#endif
