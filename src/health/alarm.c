/* SPDX-License-Identifier: BSD-2-Clause */
#include "health/alarm.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/event.h"
#include "base/log.h"

/* A fault of our own is logged when it begins, and again after this time. */
#define FAULT_LOG_MS 60000
/* One in so many, and at least so many in a period: no mere hiccup. */
enum { TROUBLE_SHARE = 20, TROUBLE_MIN = 5 };

static struct prober_fault *
fault_of(struct alarm *a, const char *reason)
{
	size_t i = 0;

	while (i < a->fault_count && strcmp(a->faults[i].reason, reason) != 0)
		i++;
	if (i == PROBER_FAULTS)
		return &a->faults[PROBER_FAULTS - 1];
	if (i == a->fault_count)
		snprintf(a->faults[a->fault_count++].reason, HEALTH_REASON_MAX, "%s",
		    i == PROBER_FAULTS - 1 ? "other" : reason);
	return &a->faults[i];
}

void
alarm_count(struct alarm *a, const struct target *t, enum health_outcome outcome,
    const char *reason, struct mono now)
{
	char address[IP_TEXT_MAX];
	struct prober_fault *f;

	a->period_probes++;
	if (outcome != OUTCOME_INCONCLUSIVE)
		return;
	a->period_inconclusive++;
	f = fault_of(a, reason);
	f->count++;
	if (strcmp(a->logged, reason) == 0 &&
	    mono_diff_ms(now, a->logged_at) < FAULT_LOG_MS)
		return;
	snprintf(a->logged, sizeof(a->logged), "%s", reason);
	a->logged_at = now;
	ip_write(&t->ip, address);
	log_warning("probe inconclusive reason=%s check=%s address=%s total=%" PRIu64,
	    reason, t->check->name, address, f->count);
}

void
alarm_tick(struct alarm *a)
{
	bool is_troubled = a->period_inconclusive >= TROUBLE_MIN &&
	                   a->period_inconclusive * TROUBLE_SHARE >= a->period_probes;

	if (is_troubled && !a->is_troubled) {
		log_error("prober trouble inconclusive=%" PRIu64 " probes=%" PRIu64
		          " reason=%s effect=\"verdicts may be late\"",
		    a->period_inconclusive, a->period_probes, a->logged);
		event_bad(EVENT_PROBER, EVENT_WARNING, "overloaded",
		    "%" PRIu64 " of %" PRIu64
		    " probes were inconclusive, the last one for: %s",
		    a->period_inconclusive, a->period_probes, a->logged);
	} else if (!is_troubled && a->is_troubled) {
		log_notice("prober trouble is over probes=%" PRIu64, a->period_probes);
		event_good(EVENT_PROBER, "overloaded", "probes are conclusive again");
	}
	a->is_troubled = is_troubled;
	a->period_probes = a->period_inconclusive = 0;
}

static void
tell_blind(struct alarm *a, bool is_blind, struct mono now)
{
	if (is_blind) {
		a->blind_since = now;
		log_error("prober is blind effect=\"nothing answers, so every verdict "
		          "stays as it is\"");
		event_bad(EVENT_PROBER, EVENT_CRITICAL, "blind",
		    "the prober is blind: nothing answers, every verdict stays as it is");
		return;
	}
	if (mono_is_never(a->blind_since))
		return;
	log_notice(
	    "prober sees again after_ms=%" PRId64, mono_diff_ms(now, a->blind_since));
	event_good(EVENT_PROBER, "blind", "the prober sees again");
	a->blind_since = (struct mono){0};
}

static void
tell_mass(struct alarm *a, bool begins, const struct judge *j, struct mono now)
{
	if (begins) {
		a->massive_since = now;
		log_error(
		    "mass failure targets=%u effect=\"what is still served stays so "
		    "for a second look\"",
		    j->mass.failing_count);
		event_bad(EVENT_PROBER, EVENT_CRITICAL, "mass failure",
		    "%u targets fail in several regions; those still served are looked "
		    "at "
		    "a second time",
		    j->mass.failing_count);
		return;
	}
	log_notice("mass failure is over after_ms=%" PRId64,
	    mono_diff_ms(now, a->massive_since));
	event_good(EVENT_PROBER, "mass failure", "the second look is over");
	a->massive_since = (struct mono){0};
}

void
alarm_ruling(
    struct alarm *a, const struct judge_ruling *r, const struct judge *j, struct mono now)
{
	if (r->mass != JUDGE_MASS_SAME)
		tell_mass(a, r->mass == JUDGE_MASS_BEGAN, j, now);
	if (r->blind != BLIND_SAME)
		tell_blind(a, r->blind == BLIND_BEGAN, now);
}

void
alarm_canary(const struct target *t, bool fails)
{
	char address[IP_TEXT_MAX], canary[IP_TEXT_MAX + 8], subject[sizeof(canary) + 8];

	ip_write(&t->ip, address);
	snprintf(canary, sizeof(canary), "%s@%u", address, t->check->port);
	snprintf(subject, sizeof(subject), "canary %s", canary);
	if (fails) {
		log_warning(
		    "canary does not answer canary=%s reason=%s effect=\"it is ignored\"",
		    canary, t->reason);
		event_bad(EVENT_PROBER, EVENT_WARNING, subject,
		    "it does not answer, and targets do: %s", t->reason);
	} else {
		log_notice("canary answers canary=%s", canary);
		event_good(EVENT_PROBER, subject, "it answers");
	}
}
