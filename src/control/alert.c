/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/alert.h"

#include <string.h>

#include "base/mem.h"

/* How long it has to be good before that counts, by how many ends there were lately. */
static const int64_t calm_ms[ALERT_ENDS_MAX] = {0, 60000, 180000, 420000, 900000};
#define ENDS_COUNT_MS 1800000

void
alert_init(struct alert *a, enum event_kind kind, const char *subject)
{
	memset(a, 0, sizeof(*a));
	link_init(&a->link);
	a->kind = kind;
	a->subject = mem_str(subject);
}

void
alert_fini(struct alert *a)
{
	mem_free(a->subject);
	mem_free(a->text);
	mem_free(a->good_text);
}

static bool
set_text(char **text, const char *to)
{
	if (*text != NULL && strcmp(*text, to) == 0)
		return false;
	mem_free(*text);
	*text = mem_str(to);
	return true;
}

/* Somebody knows of it, or will. */
static bool
is_known(const struct alert *a)
{
	return (a->told | a->flying_bad | a->flying_good) != 0;
}

static void
begin(struct alert *a, struct mono since, int64_t since_wall_s)
{
	a->is_open = true;
	a->since = since;
	a->since_wall_s = since_wall_s;
	a->relapses = 0;
	a->tried = 0;
}

/* It is good, and has been for long enough. */
static void
end(struct alert *a, struct mono now)
{
	a->is_open = false;
	a->close_at = (struct mono){0};
	a->missed |= a->tried & ~(a->told | a->flying_bad);
	a->tried = 0;
	memmove(&a->ends[1], &a->ends[0], sizeof(a->ends) - sizeof(a->ends[0]));
	a->ends[0] = now;
}

static int64_t
calm_needed(const struct alert *a, struct mono now)
{
	unsigned n = 0;

	while (n < ALERT_ENDS_MAX - 1 && !mono_is_never(a->ends[n]) &&
	       mono_diff_ms(now, a->ends[n]) < ENDS_COUNT_MS)
		n++;
	return calm_ms[n];
}

static bool
feed_bad(struct alert *a, const struct event *e, struct mono now)
{
	bool changed = !a->is_bad || !a->is_confirmed || a->severity != e->severity;

	changed = set_text(&a->text, e->text) || changed;
	a->severity = e->severity;
	a->is_confirmed = true;
	if (!a->is_open && !is_known(a))
		begin(a, now, e->at_wall_s);
	a->is_open = true;
	a->is_bad = true;
	a->good_at = a->close_at = (struct mono){0};
	return changed;
}

static bool
feed_good(struct alert *a, const char *text, struct mono now)
{
	int64_t calm;

	if (!a->is_bad)
		return false;
	a->is_confirmed = true;
	a->is_bad = false;
	a->good_at = now;
	a->relapses++;
	set_text(&a->good_text, text);
	calm = calm_needed(a, now);
	if (calm == 0)
		end(a, now);
	else
		a->close_at = mono_add_ms(now, calm);
	return true;
}

bool
alert_feed(struct alert *a, const struct event *e, struct mono now)
{
	return e->is_bad ? feed_bad(a, e, now) : feed_good(a, e->text, now);
}

void
alert_restore(struct alert *a, enum event_severity severity, const char *text,
    int64_t since_wall_s, struct mono now, int64_t now_wall_s)
{
	int64_t age_s = now_wall_s - since_wall_s;

	/* a clock that was set back does not make it older than it is */
	begin(a, mono_add_ms(now, age_s > 0 ? -1000 * age_s : 0), since_wall_s);
	set_text(&a->text, text);
	a->severity = severity;
	a->is_bad = true;
	a->close_at = mono_add_ms(now, ALERT_SETTLE_MS);
}

void
alert_age(struct alert *a, struct mono now)
{
	if (!a->is_open || mono_is_never(a->close_at) ||
	    mono_diff_ms(now, a->close_at) < 0)
		return;
	if (!a->is_confirmed) {
		a->is_confirmed = true;
		a->is_bad = false;
		a->good_at = now;
		set_text(&a->good_text, "nothing was heard of it since the start");
	}
	end(a, now);
}

/* Has it been open for that long? */
static bool
has_lasted(const struct alert *a, int64_t ms, struct mono now)
{
	return mono_diff_ms(now, a->since) >= ms;
}

bool
alert_is_forgotten(const struct alert *a, struct mono now)
{
	return !a->is_open && !is_known(a) &&
	       (mono_is_never(a->ends[0]) ||
	           mono_diff_ms(now, a->ends[0]) >= ENDS_COUNT_MS);
}

struct mono
alert_due(const struct alert *a, int64_t escalate_ms, struct mono now)
{
	struct mono lasts = mono_add_ms(a->since, escalate_ms);

	if (!a->is_open && !is_known(a))
		return mono_add_ms(a->ends[0], ENDS_COUNT_MS);
	if (!a->is_open)
		return (struct mono){0};
	if (!a->is_bad || has_lasted(a, escalate_ms, now))
		return a->close_at;
	return !mono_is_never(a->close_at) && mono_diff_ms(a->close_at, lasts) < 0
	           ? a->close_at
	           : lasts;
}

static bool
concerns(const struct alert_hook *h, const struct alert *a)
{
	return (h->kinds >> a->kind & 1) != 0 &&
	       (!h->only_critical || a->severity == EVENT_CRITICAL);
}

bool
alert_wants_bad(const struct alert *a, const struct alert_hook *h, uint32_t bit,
    int64_t escalate_ms, struct mono now)
{
	if (!a->is_open || !a->is_bad || !a->is_confirmed || !concerns(h, a))
		return false;
	if (h->critical && !has_lasted(a, escalate_ms, now))
		return false;
	return (a->told & bit) == 0 ||
	       (a->severity == EVENT_CRITICAL && (a->told_critical & bit) == 0);
}

bool
alert_wants_good(const struct alert *a, uint32_t bit)
{
	return !a->is_open && (a->told & bit) != 0;
}

void
alert_fly(struct alert *a, uint32_t bit, bool is_bad)
{
	if (!is_bad)
		a->flying_good |= bit;
	else
		a->flying_bad |= bit;
	if (is_bad && a->severity == EVENT_CRITICAL)
		a->flying_critical |= bit;
}

void
alert_land(struct alert *a, uint32_t bit, bool arrived)
{
	if ((a->flying_bad & bit) != 0 && arrived) {
		a->told |= bit;
		a->told_critical = (a->told_critical & ~bit) | (a->flying_critical & bit);
	} else if ((a->flying_bad & ~a->told & bit) != 0) {
		a->tried |= bit;
		if (!a->is_open)
			a->missed |= bit;
	}
	/* that was bad again meanwhile: who was told that it is good is told anew */
	if ((a->flying_good & bit) != 0 && arrived) {
		a->told &= ~bit;
		a->told_critical &= ~bit;
	}
	a->flying_bad &= ~bit;
	a->flying_critical &= ~bit;
	a->flying_good &= ~bit;
}
