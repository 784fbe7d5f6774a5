/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/alertbook.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { BUCKETS = 4096 };

struct hook {
	struct alert_hook def;
	struct mono due;
	struct mono not_before; /* after a failure */
	uint64_t lost;
	struct alert_hook_state state;
};

struct alert_book {
	struct link alerts; /* in order of beginning */
	struct alert *buckets[BUCKETS];
	size_t count, open_count;
	struct alert_times times;
	struct hook hooks[ALERT_HOOKS_MAX];
	unsigned hook_count;
	struct mono due;
	uint64_t lost;
};

static struct alert *
of_link(struct link *l)
{
	return LINK_OF(l, struct alert, link);
}

static struct mono
earlier(struct mono a, struct mono b)
{
	if (mono_is_never(a))
		return b;
	return mono_is_never(b) || mono_diff_ms(a, b) < 0 ? a : b;
}

static bool
is_over(struct mono t, struct mono now)
{
	return !mono_is_never(t) && mono_diff_ms(now, t) >= 0;
}

/* ---- the table ---- */

static struct alert **
bucket_of(struct alert_book *b, enum event_kind kind, const char *subject)
{
	/* subjects come from our own configuration and records: no key is needed */
	uint32_t h = 2166136261U ^ (uint32_t)kind;

	for (const char *p = subject; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * 16777619U;
	return &b->buckets[h % BUCKETS];
}

static struct alert *
find(struct alert_book *b, enum event_kind kind, const char *subject)
{
	struct alert *a = *bucket_of(b, kind, subject);

	while (a != NULL && (a->kind != kind || strcmp(a->subject, subject) != 0))
		a = a->chain;
	return a;
}

static struct alert *
add(struct alert_book *b, enum event_kind kind, const char *subject)
{
	struct alert **bucket = bucket_of(b, kind, subject);
	struct alert *a = mem_new(sizeof(*a));

	alert_init(a, kind, subject);
	a->chain = *bucket;
	*bucket = a;
	link_put_last(&b->alerts, &a->link);
	b->count++;
	return a;
}

static void
drop(struct alert_book *b, struct alert *a)
{
	struct alert **at = bucket_of(b, a->kind, a->subject);

	while (*at != a)
		at = &(*at)->chain;
	*at = a->chain;
	link_remove(&a->link);
	b->count--;
	alert_fini(a);
	mem_free(a);
}

bool
alert_book_feed(struct alert_book *b, const struct event *e, struct mono now)
{
	struct alert *a = find(b, e->kind, e->subject);

	if (a == NULL && !e->is_bad)
		return false;
	if (a == NULL && b->count == ALERTS_MAX) {
		alert_book_lose(b, 1);
		return false;
	}
	if (a == NULL)
		a = add(b, e->kind, e->subject);
	if (!a->is_open)
		link_put_last(&b->alerts, &a->link);
	if (!alert_feed(a, e, now))
		return false;
	/* what it means for the hooks is seen by the next run */
	b->due = now;
	return true;
}

void
alert_book_lose(struct alert_book *b, uint64_t count)
{
	b->lost += count;
	for (unsigned i = 0; i < b->hook_count; i++)
		b->hooks[i].lost += count;
}

void
alert_book_restore(struct alert_book *b, enum event_kind kind,
    enum event_severity severity, const char *subject, const char *text,
    int64_t since_wall_s, uint32_t told, uint32_t told_critical, struct mono now,
    int64_t now_wall_s)
{
	struct alert *a;

	if (b->count == ALERTS_MAX || find(b, kind, subject) != NULL)
		return;
	a = add(b, kind, subject);
	alert_restore(a, severity, text, since_wall_s, now, now_wall_s);
	a->told = told;
	a->told_critical = told_critical;
	b->due = now;
}

/* ---- what is due ---- */

static void
wake_hooks(struct alert_book *b, const struct alert *a, struct mono now)
{
	for (unsigned i = 0; i < b->hook_count; i++) {
		struct hook *h = &b->hooks[i];
		uint32_t bit = (uint32_t)1 << i;

		if (h->state.is_busy ||
		    (!alert_wants_bad(a, &h->def, bit, b->times.escalate_ms, now) &&
		        !alert_wants_good(a, bit)))
			continue;
		h->state.waiting++;
		if (!mono_is_never(h->due))
			continue;
		h->due = mono_add_ms(now, b->times.group_ms);
		if (!mono_is_never(h->not_before) &&
		    mono_diff_ms(h->not_before, h->due) > 0)
			h->due = h->not_before;
	}
}

static int
compare(const void *x, const void *y)
{
	const struct alert *a = *(const struct alert *const *)x,
	                   *b = *(const struct alert *const *)y;

	if (a->severity != b->severity)
		return a->severity == EVENT_CRITICAL ? -1 : 1;
	/* what targets lead to says more than any of them, and there may be many */
	if ((a->kind == EVENT_TARGET) != (b->kind == EVENT_TARGET))
		return a->kind == EVENT_TARGET ? 1 : -1;
	if (a->since.ms != b->since.ms)
		return a->since.ms < b->since.ms ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return strcmp(a->subject, b->subject);
}

/* Puts what hook i is to be told into a message. */
static void
tell(struct alert_book *b, unsigned i, struct mono now, alert_send_fn *send, void *ctx)
{
	struct hook *h = &b->hooks[i];
	const struct alert **bad = mem_array(b->count + 1, sizeof(*bad));
	const struct alert **good = mem_array(b->count + 1, sizeof(*good));
	struct alert_message m = {.hook = i,
	    .bad = bad,
	    .good = good,
	    .open_count = b->open_count,
	    .lost = h->lost};
	uint32_t bit = (uint32_t)1 << i;

	for (struct link *l = b->alerts.next; l != &b->alerts; l = l->next) {
		struct alert *a = of_link(l);

		if (alert_wants_bad(a, &h->def, bit, b->times.escalate_ms, now)) {
			bad[m.bad_count++] = a;
			alert_fly(a, bit, true);
		} else if (alert_wants_good(a, bit)) {
			good[m.good_count++] = a;
			alert_fly(a, bit, false);
		}
	}
	qsort(bad, m.bad_count, sizeof(*bad), compare);
	qsort(good, m.good_count, sizeof(*good), compare);
	h->due = (struct mono){0};
	h->lost = 0;
	h->state.is_busy = true;
	h->state.waiting = 0;
	send(ctx, &m);
	mem_free(bad);
	mem_free(good);
}

static void
count_missed(struct alert_book *b, struct alert *a)
{
	for (unsigned i = 0; i < b->hook_count; i++)
		b->hooks[i].state.missed += a->missed >> i & 1;
	a->missed = 0;
}

/* Makes each alert what it is by now, and finds out who waits for what. */
static void
sweep(struct alert_book *b, struct mono now)
{
	struct link *next;

	b->due = (struct mono){0};
	b->open_count = 0;
	for (unsigned i = 0; i < b->hook_count; i++)
		b->hooks[i].state.waiting = 0;
	for (struct link *l = b->alerts.next; l != &b->alerts; l = next) {
		struct alert *a = of_link(l);

		next = l->next;
		alert_age(a, now);
		count_missed(b, a);
		if (alert_is_forgotten(a, now)) {
			drop(b, a);
			continue;
		}
		b->open_count += a->is_open;
		b->due = earlier(b->due, alert_due(a, b->times.escalate_ms, now));
		wake_hooks(b, a, now);
	}
}

bool
alert_book_run(struct alert_book *b, struct mono now, alert_send_fn *send, void *ctx)
{
	if (!is_over(b->due, now))
		return false;
	sweep(b, now);
	for (unsigned i = 0; i < b->hook_count; i++) {
		struct hook *h = &b->hooks[i];

		if (h->state.waiting == 0)
			h->due = (struct mono){0};
		else if (is_over(h->due, now))
			tell(b, i, now, send, ctx);
		b->due = earlier(b->due, h->due);
	}
	return true;
}

struct mono
alert_book_due(const struct alert_book *b)
{
	return b->due;
}

void
alert_book_land(
    struct alert_book *b, unsigned hook, bool arrived, int64_t wait_ms, struct mono now)
{
	struct hook *h = &b->hooks[hook];

	assert(hook < b->hook_count && h->state.is_busy);
	for (struct link *l = b->alerts.next; l != &b->alerts; l = l->next)
		alert_land(of_link(l), (uint32_t)1 << hook, arrived);
	h->state.is_busy = false;
	if (arrived) {
		h->state.fails = 0;
		h->state.messages++;
		h->not_before = (struct mono){0};
	} else {
		h->state.fails++;
		h->state.failures++;
		h->not_before = mono_add_ms(now, wait_ms);
	}
	b->due = now;
}

/* ---- hooks, and what others see ---- */

static void
move_bits(uint32_t *bits, const int *from, unsigned count)
{
	uint32_t out = 0;

	for (unsigned i = 0; i < count; i++)
		if (from[i] >= 0 && (*bits >> from[i] & 1) != 0)
			out |= (uint32_t)1 << i;
	*bits = out;
}

void
alert_book_set_hooks(struct alert_book *b, const struct alert_times *times,
    const struct alert_hook *hooks, const int *from, unsigned count, struct mono now)
{
	struct hook made[ALERT_HOOKS_MAX] = {0};

	assert(count <= ALERT_HOOKS_MAX);
	for (unsigned i = 0; i < count; i++) {
		if (from[i] >= 0)
			made[i] = b->hooks[from[i]];
		made[i].def = hooks[i];
		/* it may lead elsewhere now */
		made[i].not_before = made[i].due = (struct mono){0};
	}
	memcpy(b->hooks, made, sizeof(made));
	b->hook_count = count;
	b->times = *times;
	for (struct link *l = b->alerts.next; l != &b->alerts; l = l->next) {
		struct alert *a = of_link(l);

		move_bits(&a->told, from, count);
		move_bits(&a->told_critical, from, count);
		move_bits(&a->tried, from, count);
		move_bits(&a->missed, from, count);
		move_bits(&a->flying_bad, from, count);
		move_bits(&a->flying_critical, from, count);
		move_bits(&a->flying_good, from, count);
	}
	b->due = now;
}

const struct alert *
alert_book_next(const struct alert_book *b, const struct alert *at)
{
	struct link *l = at != NULL ? at->link.next : b->alerts.next;

	return l != &b->alerts ? of_link(l) : NULL;
}

void
alert_book_hook_state(
    const struct alert_book *b, unsigned hook, struct alert_hook_state *out)
{
	*out = b->hooks[hook].state;
	out->due = b->hooks[hook].due;
}

size_t
alert_book_open_count(const struct alert_book *b)
{
	return b->open_count;
}

uint64_t
alert_book_lost(const struct alert_book *b)
{
	return b->lost;
}

struct alert_book *
alert_book_new(void)
{
	struct alert_book *b = mem_new(sizeof(*b));

	link_init(&b->alerts);
	return b;
}

void
alert_book_free(struct alert_book *b)
{
	if (b == NULL)
		return;
	while (!link_is_empty(&b->alerts))
		drop(b, of_link(b->alerts.next));
	mem_free(b);
}
