/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/watch.h"

#include <inttypes.h>
#include <string.h>

#include "base/event.h"
#include "base/hash.h"
#include "base/mem.h"
#include "control/verbs.h"
#include "geo/memo.h"

struct watcher {
	struct watch *watch;
	struct request *rq;
	struct watcher *next;
};

struct watch {
	struct watcher *first;
	unsigned count;
	struct memo bad; /* by kind and subject: a sum of what is bad of it; 0: nothing */
};

/* Its request is to be ended. */
static void
take_out(struct watcher *gone)
{
	struct watcher **at = &gone->watch->first;

	while (*at != gone)
		at = &(*at)->next;
	*at = gone->next;
	gone->watch->count--;
	reply_ok(gone->rq);
	mem_free(gone);
}

static void
on_gone(void *ctx)
{
	take_out(ctx);
}

static uint64_t
sum_of(uint64_t start, const char *text)
{
	return hash_bytes(start + 1, (const uint8_t *)(const void *)text, strlen(text));
}

/* Is it another state than what was said of this subject before? */
static bool
is_news(struct watch *w, const struct event *e)
{
	uint64_t key = sum_of(e->kind, e->subject), was = 0,
	         is = e->is_bad ? sum_of(e->severity, e->text) | 1 : 0;

	if (!memo_find(&w->bad, key, &was) && !e->is_bad)
		return false;
	if (was == is)
		return false;
	/* then something may be told twice */
	if (w->bad.count >= WATCH_SUBJECTS_MAX)
		memo_fini(&w->bad);
	memo_set(&w->bad, key, is);
	return true;
}

static void
write_event(const struct event *e, struct buf *text, struct json *j)
{
	char at[WALL_TEXT_MAX];

	wall_write(e->at_wall_s, at);
	buf_printf(text, "%s %s %s %s: %s", at,
	    e->is_bad ? event_severity_text(e->severity) : "good",
	    event_kind_text(e->kind), e->subject, e->text);
	json_set_str(j, "at", at);
	json_set_bool(j, "bad", e->is_bad);
	json_set_str(j, "severity", e->is_bad ? event_severity_text(e->severity) : NULL);
	json_set_str(j, "kind", event_kind_text(e->kind));
	json_set_str(j, "subject", e->subject);
	json_set_str(j, "text", e->text);
}

static void
tell_all(struct watch *w, const struct buf *text, const struct json *j)
{
	struct buf line = {0};

	json_write(j, &line);
	for (struct watcher *at = w->first, *next; at != NULL; at = next) {
		next = at->next;
		if (!request_send(at->rq, buf_text(at->rq->json ? &line : text)))
			take_out(at);
	}
	buf_fini(&line);
}

static void
on_event(void *ctx, const struct event *e, uint64_t lost)
{
	struct watch *w = ctx;
	struct buf text = {0};
	struct json *j;

	if (e != NULL && !is_news(w, e))
		return;
	if (w->first == NULL)
		return;
	j = json_object();
	if (e != NULL) {
		write_event(e, &text, j);
	} else {
		buf_printf(&text, "lost %" PRIu64 ": too much happened at once", lost);
		json_set_int(j, "lost", (int64_t)lost);
	}
	tell_all(w, &text, j);
	json_free(j);
	buf_fini(&text);
}

void
verb_watch(void *ctx, struct request *rq)
{
	struct control *c = ctx;
	struct watcher *new;

	if (!request_check_args(rq, 0, 0))
		return;
	if (c->watch->count >= WATCHERS_MAX) {
		reply_error(rq, "busy", "%d look on already", WATCHERS_MAX);
		return;
	}
	new = mem_new(sizeof(*new));
	new->watch = c->watch;
	new->rq = rq;
	new->next = c->watch->first;
	c->watch->first = new;
	c->watch->count++;
	request_stream(rq, on_gone, new);
	if (!request_send(rq, rq->json ? "{\"watching\":true}" : "watching"))
		take_out(new);
}

struct watch *
watch_open(void)
{
	struct watch *w = mem_new(sizeof(*w));

	event_listen(on_event, w);
	return w;
}

void
watch_close(struct watch *w)
{
	if (w == NULL)
		return;
	event_listen(NULL, NULL);
	while (w->first != NULL)
		take_out(w->first);
	memo_fini(&w->bad);
	mem_free(w);
}
