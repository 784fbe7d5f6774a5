/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the prober share, and nobody else.
 *
 * Shape: prober.c has targets and their holders, funnel.c what becomes of results.
 * Owner: see health/prober.h.
 * Threads: the prober's own.
 * Errors: none.
 * Source: none.
 */
#ifndef HEALTH_PROBER_INSIDE_H
#define HEALTH_PROBER_INSIDE_H

#include "health/alarm.h"
#include "health/flight.h"
#include "health/pace.h"
#include "health/targets.h"

struct prober {
	struct prober_hooks hooks;
	struct targets targets;
	struct flight flight;
	struct pace pace;
	struct judge judge;
	struct alarm alarm;
	struct loop_timer *round_timer, *held_timer, *keep_timer, *tick_timer;
	int64_t held_armed_ms; /* when held_timer is to fire; 0: it is not set */
	bool is_keep_armed;
	char **gone; /* keys of targets that went since */
	size_t gone_count, gone_cap;
	unsigned ticks;
	bool is_round_told;
	struct entry **canaries;
	size_t canary_count;
	struct prober_stats stats; /* but for what the others count */
};

/* The funnel's own timers. */
void
funnel_init(struct prober *p, struct loop *loop);

void
funnel_fini(struct prober *p);

/* Every result of every probe comes through here. */
void
funnel_feed(struct prober *p, struct entry *e, const struct probe_result *r);

void
funnel_tell_first_round(struct prober *p);

/* Plans anew what may have to be planned anew, and tells. */
void
funnel_settle(struct prober *p, struct entry *e, enum health_state old, int64_t now_ms);

/* We are blind from now on, or see again: for all but one it comes from outside. */
void
funnel_change_sight(struct prober *p, const struct entry *but, struct mono now);

/* It was restored, and is held. */
void
funnel_arm_held(struct prober *p, int64_t until_ms, int64_t now_ms);

void
funnel_end_hold(struct prober *p, struct entry *e, struct mono now);

/* It is gone: what was kept of it goes too. */
void
funnel_forget(struct prober *p, struct entry *e);

/* What was changed is kept within a second. */
void
funnel_keep_soon(struct prober *p, struct entry *e);

#endif
