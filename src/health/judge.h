/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The judge: what a result means for a target, when all the others are looked at too.
 * Pure: the prober feeds it, and so does the simulation, with a clock of its own.
 *
 * Shape: a case for each target points at its state machine, how often it fell, whether
 * it is heard. Rules are asked in this order: a blind prober changes nothing; a fall that
 * is one of very many is put off once; then the machine decides; what comes back too
 * often is held. Owner: cases are the caller's, and must be closed before their memory
 * goes. Threads: one at a time. Time is a parameter, in milliseconds on one clock, never
 * 0. Errors: none. Source: DESIGN "Health".
 */
#ifndef HEALTH_JUDGE_H
#define HEALTH_JUDGE_H

#include "health/blind.h"
#include "health/held.h"
#include "health/machine.h"
#include "health/mass.h"

struct judge_case {
	struct machine *machine;
	struct held *held;
	struct mass_member *member;
	struct ear *ear;
	bool is_canary; /* it is only listened to */
};

struct judge {
	struct mass mass;
	struct blind blind;
	int64_t saw_again_ms; /* what began before measured our own network */
	size_t second_count; /* cases that are looked at a second time */
};

struct judge_result {
	enum health_outcome outcome;
	bool is_silent; /* nothing came from the far end */
	int64_t started_ms;
};

enum judge_mass { JUDGE_MASS_SAME, JUDGE_MASS_BEGAN, JUDGE_MASS_ENDED };

struct judge_ruling {
	bool is_frozen; /* the result counts for nothing: we are, or were, blind */
	bool is_put_off; /* it would be down, and is looked at a second time */
	bool is_due_for_all; /* all others that are up should be probed at once */
	enum blind_change blind;
	enum judge_mass mass;
};

struct judge_ruling
judge_feed(struct judge *j, struct judge_case *c, const struct judge_result *r,
    const struct machine_limits *limits, int64_t now_ms);

/* Each other case, after a ruling with BLIND_ENDED: failures until now were our own. */
void
judge_forgive(struct judge *j, struct judge_case *c);

/* A case that was known before this process began; its machine and held are set. */
void
judge_restore(struct judge *j, struct judge_case *c);

/* The regions that it stands for, each once. */
void
judge_place(struct judge *j, struct judge_case *c, const uint16_t *regions, size_t count);

/* No more results will come of it. BLIND_ENDED: nobody is left to be listened to. */
struct judge_ruling
judge_close(struct judge *j, struct judge_case *c);

#endif
