/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/event.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

/* Of one turn of the loop: a thousand targets that fail must not keep it. */
enum { TURN_MAX = 256 };

static struct {
	pthread_mutex_t lock;
	struct event *first, **last; /* what waits */
	size_t waiting;
	uint64_t lost;
	struct loop *loop; /* NULL: no sink */
	event_fn *fn, *listener;
	void *ctx, *listener_ctx;
	struct mail mail;
	bool is_posted;
} sink = {.lock = PTHREAD_MUTEX_INITIALIZER, .last = &sink.first};

static const char *const kind_words[EVENT_KINDS] = {"target", "pool", "region", "prober",
    "certificate", "fleet", "store", "guard", "reload", "geo", "state"};

const char *
event_kind_text(enum event_kind kind)
{
	return kind_words[kind];
}

const char *
event_severity_text(enum event_severity severity)
{
	return severity == EVENT_CRITICAL ? "critical" : "warning";
}

static void
event_free(struct event *e)
{
	mem_free(e->subject);
	mem_free(e->text);
	mem_free(e);
}

static void
free_all(struct event *e)
{
	while (e != NULL) {
		struct event *next = e->next;

		event_free(e);
		e = next;
	}
}

static void
on_mail(struct mail *mail);

/* With the lock held. */
static void
post(void)
{
	if (sink.loop == NULL || sink.is_posted || (sink.first == NULL && sink.lost == 0))
		return;
	sink.is_posted = true;
	sink.mail.run = on_mail;
	loop_post(sink.loop, &sink.mail);
}

/* At most TURN_MAX of those that wait, as a list. */
static struct event *
take_some(void)
{
	struct event *first = sink.first, **at = &sink.first;
	size_t count = 0;

	while (*at != NULL && count < TURN_MAX) {
		at = &(*at)->next;
		count++;
	}
	if (count == 0)
		return NULL;
	sink.first = *at;
	*at = NULL;
	if (sink.first == NULL)
		sink.last = &sink.first;
	sink.waiting -= count;
	return first;
}

static void
hear(event_fn *fn, void *ctx, const struct event *e, uint64_t lost)
{
	fn(ctx, e, lost);
	/* of this thread alone, as all of who hears */
	if (sink.listener != NULL)
		sink.listener(sink.listener_ctx, e, lost);
}

void
event_listen(event_fn *fn, void *ctx)
{
	sink.listener = fn;
	sink.listener_ctx = ctx;
}

static void
on_mail(struct mail *mail)
{
	struct event *list;
	uint64_t lost;
	event_fn *fn;
	void *ctx;

	(void)mail;
	pthread_mutex_lock(&sink.lock);
	sink.is_posted = false;
	fn = sink.fn;
	ctx = sink.ctx;
	list = fn != NULL ? take_some() : NULL;
	lost = sink.lost;
	if (fn != NULL)
		sink.lost = 0;
	post();
	pthread_mutex_unlock(&sink.lock);
	if (fn == NULL)
		return;
	if (lost != 0)
		hear(fn, ctx, NULL, lost);
	for (const struct event *e = list; e != NULL; e = e->next)
		hear(fn, ctx, e, 0);
	free_all(list);
}

static char *
cut(const char *text, size_t max)
{
	size_t len = strnlen(text, max - 1);
	char *out;

	/* never within a character (RFC 3629 3) */
	while (len != 0 && text[len] != '\0' && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	out = mem_strn(text, len);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)out[i] < 0x20 || out[i] == 0x7f)
			out[i] = '?';
	return out;
}

static void
say(enum event_kind kind, enum event_severity severity, bool is_bad, const char *subject,
    const char *fmt, va_list args)
{
	size_t max = is_bad ? EVENT_WAITING_MAX : 2 * (size_t)EVENT_WAITING_MAX;
	struct event *e = mem_new(sizeof(*e));
	char text[EVENT_TEXT_MAX + 4]; /* so that cut() sees where a character begins */

	vsnprintf(text, sizeof(text), fmt, args);
	e->kind = kind;
	e->severity = severity;
	e->is_bad = is_bad;
	e->subject = cut(subject, EVENT_SUBJECT_MAX);
	e->text = cut(text, EVENT_TEXT_MAX);
	e->at = mono_now();
	e->at_wall_s = wall_now_s();
	pthread_mutex_lock(&sink.lock);
	if (sink.waiting < max) {
		*sink.last = e;
		sink.last = &e->next;
		sink.waiting++;
		e = NULL;
	} else {
		sink.lost++;
	}
	post();
	pthread_mutex_unlock(&sink.lock);
	if (e != NULL)
		event_free(e);
}

void
event_bad(enum event_kind kind, enum event_severity severity, const char *subject,
    const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(kind, severity, true, subject, fmt, args);
	va_end(args);
}

void
event_good(enum event_kind kind, const char *subject, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(kind, EVENT_WARNING, false, subject, fmt, args);
	va_end(args);
}

void
event_open(struct loop *loop, event_fn *fn, void *ctx)
{
	pthread_mutex_lock(&sink.lock);
	sink.loop = loop;
	sink.fn = fn;
	sink.ctx = ctx;
	sink.is_posted = false;
	post();
	pthread_mutex_unlock(&sink.lock);
}

void
event_close(void)
{
	struct event *rest;

	pthread_mutex_lock(&sink.lock);
	sink.loop = NULL;
	sink.fn = NULL;
	rest = sink.first;
	sink.first = NULL;
	sink.last = &sink.first;
	sink.waiting = 0;
	sink.lost = 0;
	pthread_mutex_unlock(&sink.lock);
	free_all(rest);
}
