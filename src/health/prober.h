/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The prober: targets, their schedule, their verdicts.
 *
 * Shape: a target is one (check, address) pair; everybody who needs it holds it, and
 * it is probed as long as somebody does. Two checks that probe alike (but for the
 * name) share their targets. All probes run in the prober's loop.
 * Owner: the prober owns targets; prober_hold()/prober_drop() count holders.
 * Threads: all calls in the loop's own thread (the probe thread); the hook is called
 * there too, and may hold and drop targets. The process ignores SIGPIPE (libcurl).
 * Errors: a fault of our own is inconclusive, logged and counted, never a verdict.
 * Source: DESIGN "Health".
 */
#ifndef HEALTH_PROBER_H
#define HEALTH_PROBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/ip.h"
#include "base/loop.h"
#include "config/config.h"
#include "health/held.h"
#include "health/machine.h"
#include "health/votes.h"

#define HEALTH_REASON_MAX 48

struct kept;
struct prober;

struct target {
	struct config_check *check; /* the prober's copy */
	struct ip ip;
	struct machine machine;
	struct held held; /* until_ms is 0 as soon as it is over and told */
	char reason[HEALTH_REASON_MAX]; /* of the last failure: "connect-refused", "status
	                                   503" ... */
	struct mono since; /* when the state was entered; never: before any */
	int64_t since_wall_s;
	struct mono last_probe; /* when the last result came; never: none yet */
	struct mono next_probe; /* when the next one starts */
	bool last_failed; /* the last result was a failure */
	enum fleet_word word; /* what the fleet says */
	unsigned votes_up, votes_down; /* as last counted */
	uint64_t doubt; /* the word holds until so many failures; 0: by itself */
	uint32_t latency_us; /* of the last success */
	uint64_t probes, failures, inconclusive;
	int64_t certificate_until_s; /* wall; 0: none was seen */
	bool certificate_ends_soon; /* health/certificate.h */
	void *user; /* of who set it: the pools that use this target (steer/board.h) */
};

struct prober_hooks {
	/* A target's state, or the time of its next possible change, is another now. */
	void (*on_change)(void *ctx, struct target *target, enum health_state old);
	/* Every target has had its first result, or there are none in the loop's first
	 * turn; called once per start. */
	void (*on_first_round)(void *ctx);
	/* To be kept for the next start, within a second; value NULL: no longer. NULL:
	 * nothing is kept (health/kept.h). */
	void (*on_keep)(void *ctx, const char *kind, const char *key, const char *value);
	void *ctx;
};

MUST_CHECK enum err
prober_new(struct loop *loop, const struct prober_hooks *hooks, struct prober **out);

/* Stops all probes and frees all targets. */
void
prober_free(struct prober *p);

/*
 * The target of this check and address, made and scheduled when it is new (its first
 * probe goes out at once); one holder more.
 */
struct target *
prober_hold(struct prober *p, const struct config_check *check, const struct ip *ip);

/* One holder less; the last one stops the probing and frees the target. */
void
prober_drop(struct prober *p, struct target *target);

/* Some more: they are listened to alone, so that blindness is noticed (health/blind.h).
 */
void
prober_set_canaries(struct prober *p, const struct ip_port *list, size_t count);

/*
 * The regions that this target is served in, each once, as small numbers that mean the
 * same for all targets (health/mass.h).
 */
void
prober_place(struct prober *p, struct target *t, const uint16_t *regions, size_t count);

/* An operator says that it is well: it is held no longer, and its falls are forgotten. */
void
prober_trust(struct prober *p, struct target *t);

/* What was kept by an earlier process becomes the state of targets that have no result
 * yet; how many. */
size_t
prober_restore(struct prober *p, struct kept *kept);

/* It is up, and came back too often to be served where others suffice. */
static inline bool
target_is_held(const struct target *t)
{
	return t->held.until_ms != 0;
}

/* Tells on_change when that makes it another (steer/fleet.h). */
void
prober_say(struct prober *p, struct target *t, enum fleet_word word);

/* What counts: the state that was measured, or what the fleet makes of it. */
static inline enum health_state
target_state(const struct target *t)
{
	return votes_effective(t->machine.state, t->word);
}

/* It is listened to alone. */
bool
target_is_canary(const struct target *t);

/* The earliest moment at which this target's verdict can change what is served; never:
 * none pending. */
struct mono
target_pending(const struct target *t);

/* Calls fn for each target; in the order they were made. */
void
prober_each(struct prober *p, void (*fn)(void *ctx, struct target *t), void *ctx);

struct prober_stats {
	size_t targets;
	size_t in_flight;
	size_t without_result; /* targets still waiting for their first */
	uint64_t probes, failures, inconclusive, late;
	size_t canaries, canaries_silent;
	bool is_blind;
	bool is_massive; /* removals wait for a second look */
	struct mono blind_since;
	struct mono massive_since;
	size_t put_off; /* targets that are looked at a second time */
	size_t restored; /* targets whose state an earlier process knew */
	bool is_troubled; /* much is inconclusive: faults of our own */
};

/* Why results were inconclusive, and how often, most frequent first. */
struct prober_fault {
	char reason[HEALTH_REASON_MAX];
	uint64_t count;
};

enum { PROBER_FAULTS = 12 };

size_t
prober_get_faults(const struct prober *p, struct prober_fault out[PROBER_FAULTS]);

void
prober_get_stats(const struct prober *p, struct prober_stats *out);

#endif
