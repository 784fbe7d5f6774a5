/* SPDX-License-Identifier: BSD-2-Clause */
#include "health/verdict.h"

#include <stdio.h>
#include <string.h>

#include "base/event.h"
#include "base/log.h"
#include "health/certificate.h"

static struct machine_limits
limits_of(const struct entry *e)
{
	const struct config_check *c = e->target.check;

	return (struct machine_limits){c->fall, c->rise};
}

int64_t
verdict_confirm_ms(const struct entry *e)
{
	const struct config_check *c = e->target.check;

	return c->confirm_ms < c->interval_ms ? c->confirm_ms : c->interval_ms;
}

static void
count(struct target *t, const struct probe_result *r)
{
	t->probes++;
	switch (r->outcome) {
	case OUTCOME_SUCCESS:
		t->last_failed = false;
		t->latency_us = r->latency_us;
		break;
	case OUTCOME_FAILURE:
		t->last_failed = true;
		t->failures++;
		snprintf(t->reason, sizeof(t->reason), "%s", r->reason);
		break;
	case OUTCOME_INCONCLUSIVE:
		t->inconclusive++;
		break;
	}
}

static void
stamp(struct target *t, struct mono now)
{
	t->since = now;
	t->since_wall_s = wall_now_s();
}

struct judge_ruling
verdict_feed(
    struct entry *e, struct judge *j, const struct probe_result *r, struct mono now)
{
	struct target *t = &e->target;
	struct machine_limits limits = limits_of(e);
	struct judge_result result = {r->outcome, probe_is_silent(r), r->started_ms};
	enum health_state old = t->machine.state;
	struct judge_ruling ruling;

	count(t, r);
	if (r->certificate_until_s != 0)
		certificate_note(e, r->certificate_until_s, now, wall_now_s());
	t->last_probe = now;
	ruling = judge_feed(j, &e->judged, &result, &limits, now.ms);
	if (t->machine.state != old)
		stamp(t, now);
	return ruling;
}

bool
verdict_reckon(struct entry *e)
{
	struct machine_limits limits = limits_of(e);
	struct target *t = &e->target;
	uint32_t needed = machine_needed(&t->machine, &limits);
	struct mono old = e->pending;

	if (needed == 0 || e->is_frozen)
		e->pending = (struct mono){0};
	else if (e->in_flight >= needed) /* those under way are enough: any moment now */
		e->pending = (struct mono){e->started_ms};
	else
		e->pending = mono_add_ms(t->next_probe,
		    (int64_t)(needed - e->in_flight - 1) * verdict_confirm_ms(e));
	if (t->held.until_ms != 0 &&
	    (mono_is_never(e->pending) || t->held.until_ms < e->pending.ms))
		e->pending = (struct mono){t->held.until_ms};
	return e->pending.ms != old.ms;
}

void
verdict_tell(const struct target *t)
{
	char subject[TARGET_TEXT_MAX];

	target_write(t, subject);
	if (t->machine.state == HEALTH_DOWN)
		event_bad(EVENT_TARGET, EVENT_WARNING, subject, "down: %s", t->reason);
	else if (t->machine.state == HEALTH_UP)
		event_good(EVENT_TARGET, subject, "up");
}

void
verdict_forget(const struct target *t)
{
	char subject[TARGET_TEXT_MAX];

	target_write(t, subject);
	event_good(EVENT_TARGET, subject, "no longer probed");
	certificate_forget((const struct entry *)(const void *)t);
}

void
verdict_log(const struct target *t, enum health_state old, int64_t lasted_ms)
{
	char address[IP_TEXT_MAX];
	const char *quote = strchr(t->reason, ' ') != NULL ? "\"" : "";
	const char *name = t->check->name;
	const char *was = health_state_text(old);

	ip_write(&t->ip, address);
	switch (t->machine.state) {
	case HEALTH_DOWN:
		log_warning(
		    "target down check=%s address=%s reason=%s%s%s was=%s for_ms=%lld",
		    name, address, quote, t->reason, quote, was, (long long)lasted_ms);
		break;
	case HEALTH_UP:
		log_notice(
		    "target up check=%s address=%s latency_us=%u was=%s for_ms=%lld",
		    name, address, t->latency_us, was, (long long)lasted_ms);
		break;
	case HEALTH_SUSPECT:
		log_info(
		    "target suspect check=%s address=%s reason=%s%s%s was=%s for_ms=%lld",
		    name, address, quote, t->reason, quote, was, (long long)lasted_ms);
		break;
	case HEALTH_RECOVERING:
		log_info("target recovering check=%s address=%s was=%s for_ms=%lld", name,
		    address, was, (long long)lasted_ms);
		break;
	case HEALTH_UNKNOWN:
		break;
	}
	verdict_tell(t);
}

void
verdict_log_held(const struct target *t, struct mono now)
{
	char address[IP_TEXT_MAX];

	ip_write(&t->ip, address);
	if (!target_is_held(t))
		log_notice("target is no longer held check=%s address=%s", t->check->name,
		    address);
	else
		log_warning("target held check=%s address=%s falls=%u for_ms=%lld",
		    t->check->name, address, held_count(&t->held, t->held.falls_ms[0]),
		    (long long)(t->held.until_ms - now.ms));
}
