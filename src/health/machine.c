/* SPDX-License-Identifier: BSD-2-Clause */
#include "health/machine.h"

#include <assert.h>

#define LEAK_FAILURE 10
#define LEAK_SUCCESS 2
#define LEAK_LIMIT 60

bool
health_is_healthy(enum health_state s)
{
	return s == HEALTH_UNKNOWN || s == HEALTH_UP || s == HEALTH_SUSPECT;
}

const char *
health_state_text(enum health_state s)
{
	switch (s) {
	case HEALTH_UNKNOWN:
		return "unknown";
	case HEALTH_UP:
		return "up";
	case HEALTH_SUSPECT:
		return "suspect";
	case HEALTH_DOWN:
		return "down";
	case HEALTH_RECOVERING:
		return "recovering";
	}
	return "unknown";
}

static void
count_success(struct machine *m)
{
	m->failures = 0;
	if (m->successes < UINT32_MAX)
		m->successes++;
	m->leak -= m->leak < LEAK_SUCCESS ? m->leak : LEAK_SUCCESS;
}

static void
count_failure(struct machine *m)
{
	m->successes = 0;
	if (m->failures < UINT32_MAX)
		m->failures++;
	/*
	 * What is down already can not leak: a long outage would else leave the counter
	 * full, and the first failure after it would be one too many.
	 */
	if (!health_is_healthy(m->state))
		return;
	m->leak += LEAK_FAILURE;
	if (m->leak > LEAK_LIMIT)
		m->leak = LEAK_LIMIT;
}

static enum health_state
after_success(const struct machine *m, const struct machine_limits *limits)
{
	if (health_is_healthy(m->state))
		return HEALTH_UP;
	return m->successes >= limits->rise ? HEALTH_UP : HEALTH_RECOVERING;
}

static enum health_state
after_failure(const struct machine *m, const struct machine_limits *limits)
{
	switch (m->state) {
	case HEALTH_UNKNOWN:
		return m->failures >= limits->fall ? HEALTH_DOWN : HEALTH_UNKNOWN;
	case HEALTH_UP:
	case HEALTH_SUSPECT:
		/* From up too: with fall 1, and where every failure is followed by a
		 * success, there is no second one while suspect. */
		if (m->failures >= limits->fall ||
		    (m->leak >= LEAK_LIMIT && !m->is_second))
			return HEALTH_DOWN;
		return HEALTH_SUSPECT;
	case HEALTH_DOWN:
	case HEALTH_RECOVERING:
		break;
	}
	return HEALTH_DOWN;
}

bool
machine_feed(
    struct machine *m, enum health_outcome outcome, const struct machine_limits *limits)
{
	enum health_state old = m->state;

	assert(limits->fall >= 1 && limits->rise >= 1);
	switch (outcome) {
	case OUTCOME_SUCCESS:
		count_success(m);
		m->state = after_success(m, limits);
		m->is_second = false;
		break;
	case OUTCOME_FAILURE:
		count_failure(m);
		m->state = after_failure(m, limits);
		if (m->state == HEALTH_DOWN && health_is_healthy(old)) {
			m->leak /= 2;
			m->is_second = false;
		}
		break;
	case OUTCOME_INCONCLUSIVE:
		break;
	}
	return m->state != old;
}

bool
machine_would_fall(const struct machine *m, const struct machine_limits *limits)
{
	struct machine next = *m;

	if (m->state != HEALTH_UP && m->state != HEALTH_SUSPECT)
		return false;
	machine_feed(&next, OUTCOME_FAILURE, limits);
	return next.state == HEALTH_DOWN;
}

void
machine_look_again(struct machine *m)
{
	count_failure(m);
	m->state = HEALTH_SUSPECT;
	m->failures = 0;
	m->is_second = true;
}

void
machine_forgive(struct machine *m)
{
	m->failures = 0;
	m->is_second = false;
}

bool
machine_is_confirming(const struct machine *m)
{
	switch (m->state) {
	case HEALTH_SUSPECT:
	case HEALTH_RECOVERING:
		return true;
	case HEALTH_UNKNOWN:
		return m->failures > 0;
	case HEALTH_UP:
	case HEALTH_DOWN:
		break;
	}
	return false;
}

static uint32_t
left(uint32_t wanted, uint32_t had)
{
	return had < wanted ? wanted - had : 1;
}

uint32_t
machine_needed(const struct machine *m, const struct machine_limits *limits)
{
	uint32_t by_row, by_leak;

	switch (m->state) {
	case HEALTH_UNKNOWN:
		return left(limits->fall, m->failures);
	case HEALTH_SUSPECT:
		by_row = left(limits->fall, m->failures);
		if (m->is_second)
			return by_row;
		by_leak = (left(LEAK_LIMIT, m->leak) + LEAK_FAILURE - 1) / LEAK_FAILURE;
		return by_row < by_leak ? by_row : by_leak;
	case HEALTH_RECOVERING:
		return left(limits->rise, m->successes);
	case HEALTH_UP:
	case HEALTH_DOWN:
		break;
	}
	return 0;
}

int64_t
machine_pending_ms(const struct machine *m, const struct machine_limits *limits,
    int64_t next_probe_ms, int64_t confirm_ms)
{
	uint32_t needed = machine_needed(m, limits);
	int64_t ms;

	if (needed == 0)
		return 0;
	ms = (next_probe_ms > 0 ? next_probe_ms : 0) + (int64_t)(needed - 1) * confirm_ms;
	return ms > 0 ? ms : 1;
}
