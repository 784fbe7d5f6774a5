/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/alerts.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fetch.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "control/alertkeep.h"
#include "control/alerts_inside.h"
#include "control/task.h"
#include "store/backoff.h"

enum { KEEP_AFTER_MS = 1000, KEEP_AGAIN_MS = 60000 };
/* Full jitter over 100 ms * 2^n: the first retry within 2 s, the later ones within 5 min.
 */
enum { RETRY_STEPS = 4, RETRY_MOST_MS = 300000 };

struct alerts_keep {
	struct task task; /* first */
	struct alerts *alerts;
	struct buf data;
	struct buf why;
	enum err e;
};

static void
arm(struct alerts *s);

static void
mark_dirty(struct alerts *s)
{
	s->is_dirty = true;
	if (!s->is_closing)
		loop_timer_set_ms(s->keep_timer, KEEP_AFTER_MS);
}

/* ---- sending ---- */

void
alerts_write_where(const struct config_hook *h, struct buf *out)
{
	char origin[FETCH_ORIGIN_MAX];

	if (h->url == NULL) {
		buf_str(out, h->exec[0]);
		return;
	}
	fetch_origin(h->url, origin);
	buf_str(out, origin);
}

static void
add_env(char *env[], size_t *count, const char *name, const char *value)
{
	env[(*count)++] = mem_printf("%s=%s", name, value);
}

struct delivery *
alerts_make(struct alerts_hook *h, const struct alert_message *what, bool is_test,
    delivery_fn *done)
{
	struct alerts *s = h->alerts;
	char *id = mem_printf("%s-%lld-%u", s->parts->config->server.identity,
	    (long long)s->started_wall_s, ++s->message_count);
	struct alertmsg m = {.id = id,
	    .node = s->parts->config->server.identity,
	    .hook = h->config->name,
	    .is_critical = h->config->critical && !is_test,
	    .is_test = is_test,
	    .now_wall_s = wall_now_s(),
	    .now = mono_now(),
	    .what = what};
	struct buf body = {0}, summary = {0};
	struct delivery *d;
	char *env[8];
	size_t count = 0;

	if (h->config->url != NULL && h->config->form == ALERT_SLACK)
		alertmsg_write_slack(&m, &body);
	else
		alertmsg_write_json(&m, &body);
	alertmsg_write_summary(&m, &summary);
	add_env(env, &count, "PATH",
	    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
	    "/sbin:/bin");
	add_env(env, &count, "SEXTANT_NODE", m.node);
	add_env(env, &count, "SEXTANT_HOOK", m.hook);
	add_env(env, &count, "SEXTANT_STATUS", alertmsg_status(&m));
	add_env(env, &count, "SEXTANT_CRITICAL", m.is_critical ? "1" : "0");
	add_env(env, &count, "SEXTANT_SUMMARY", buf_text(&summary));
	d = delivery_new(h->config, &body, env, count, done, h);
	while (count != 0)
		mem_free(env[--count]);
	buf_fini(&summary);
	mem_free(id);
	return d;
}

void
alerts_hook_settle(struct alerts_hook *h)
{
	struct alerts_hook **at = &h->alerts->gone;

	if (h->index >= 0 || h->flying != NULL || h->testing != NULL)
		return;
	while (*at != NULL && *at != h)
		at = &(*at)->next;
	if (*at == h)
		*at = h->next;
	parts_release(h->parts);
	mem_free(h);
}

static void
tell_outcome(struct alerts_hook *h, const struct delivery_result *r)
{
	struct alert_hook_state state;
	struct buf where = {0};

	alert_book_hook_state(h->alerts->book, (unsigned)h->index, &state);
	alerts_write_where(h->config, &where);
	if (!r->arrived && !h->is_failing)
		log_warning("alerts can not be sent hook=%s to=\"%s\" reason=\"%s\"",
		    h->config->name, buf_text(&where), r->reason);
	else if (r->arrived && h->is_failing)
		log_notice("alerts are sent again hook=%s to=\"%s\" failures=%llu",
		    h->config->name, buf_text(&where),
		    (unsigned long long)state.failures);
	h->is_failing = !r->arrived;
	buf_fini(&where);
}

static void
on_delivered(void *ctx, struct delivery *d, const struct delivery_result *r)
{
	struct alerts_hook *h = ctx;
	struct alerts *s = h->alerts;
	int64_t wait_ms = 0;

	if (r->arrived)
		h->last_arrived = mono_now();
	else
		snprintf(h->last_reason, sizeof(h->last_reason), "%s", r->reason);
	if (h->index >= 0) {
		struct alert_hook_state state;

		alert_book_hook_state(s->book, (unsigned)h->index, &state);
		if (!r->arrived)
			wait_ms = backoff_ms(
			    state.fails + RETRY_STEPS, RETRY_MOST_MS, backoff_dice());
		if (wait_ms < r->wait_ms)
			wait_ms = r->wait_ms;
		if (!s->is_closing)
			tell_outcome(h, r);
		alert_book_land(
		    s->book, (unsigned)h->index, r->arrived, wait_ms, mono_now());
		mark_dirty(s);
		arm(s);
	}
	h->flying = NULL;
	delivery_free(d);
	alerts_hook_settle(h);
}

/* The book's. */
static void
send_message(void *ctx, const struct alert_message *m)
{
	struct alerts *s = ctx;
	struct alerts_hook *h = s->hooks[m->hook];

	h->flying = alerts_make(h, m, false, on_delivered);
	/* never two at once */
	h->is_started = h->testing == NULL;
	if (h->is_started)
		delivery_start(h->flying, s->loop);
}

static void
on_timer(void *ctx)
{
	struct alerts *s = ctx;

	if (alert_book_run(s->book, mono_now(), send_message, s))
		mark_dirty(s);
	arm(s);
}

static void
arm(struct alerts *s)
{
	struct mono due = alert_book_due(s->book);

	if (s->is_closing || mono_is_never(due))
		loop_timer_clear(s->timer);
	else
		loop_timer_set_ms(s->timer, mono_diff_ms(due, mono_now()));
}

static void
on_event(void *ctx, const struct event *e, uint64_t lost)
{
	struct alerts *s = ctx;

	if (lost != 0) {
		log_error("alerts: too much happened at once lost=%llu",
		    (unsigned long long)lost);
		alert_book_lose(s->book, lost);
	}
	if (e != NULL && alert_book_feed(s->book, e, mono_now()))
		mark_dirty(s);
	arm(s);
}

/* ---- keeping ---- */

static void
keep(struct task *t)
{
	struct alerts_keep *k = (struct alerts_keep *)(void *)t;

	k->e = file_replace(k->alerts->path, k->data.data, k->data.len, &k->why);
}

/* Who can not write this file can not write others there. */
static void
tell_kept(struct alerts *s, bool kept, const char *why)
{
	if (!kept && !s->is_unkept) {
		log_error("state directory cannot be written reason=\"%s\"", why);
		event_bad(EVENT_STATE, EVENT_CRITICAL, "state directory",
		    "it cannot be written: %s", why);
	} else if (kept && s->is_unkept) {
		log_notice("state directory can be written again");
	}
	if (kept)
		event_good(EVENT_STATE, "state directory", "it can be written again");
	s->is_unkept = !kept;
}

static void
try_again(struct alerts *s)
{
	s->is_dirty = true;
	loop_timer_set_ms(s->keep_timer, KEEP_AGAIN_MS);
}

static void
on_kept(struct task *t)
{
	struct alerts_keep *k = (struct alerts_keep *)(void *)t;
	struct alerts *s = k->alerts;

	tell_kept(s, k->e == OK, buf_text(&k->why));
	s->keeping = NULL;
	buf_fini(&k->data);
	buf_fini(&k->why);
	mem_free(k);
	if (s->is_dirty)
		mark_dirty(s);
	else if (s->is_unkept && !s->is_closing)
		try_again(s);
}

static void
on_keep_timer(void *ctx)
{
	struct alerts *s = ctx;
	const struct config_alerts *c = &s->parts->config->alerts;
	struct alerts_keep *k;

	if (s->keeping != NULL || !s->is_dirty)
		return;
	s->is_dirty = false;
	k = mem_new(sizeof(*k));
	k->alerts = s;
	k->task.work = keep;
	k->task.done = on_kept;
	alertkeep_write(s->book, c->hooks, c->hook_count, &k->data);
	s->keeping = k;
	if (task_start(&k->task, s->loop) == OK)
		return;
	s->keeping = NULL;
	buf_fini(&k->data);
	mem_free(k);
	try_again(s);
}

/* ---- up, down, another configuration ---- */

static int
find_hook(const struct alerts *s, const char *name)
{
	for (unsigned i = 0; i < s->hook_count; i++)
		if (strcmp(s->hooks[i]->config->name, name) == 0)
			return (int)i;
	return -1;
}

static struct alerts_hook *
new_hook(
    struct alerts *s, struct parts *parts, const struct config_hook *config, int index)
{
	struct alerts_hook *h = mem_new(sizeof(*h));

	h->alerts = s;
	h->config = config;
	h->parts = parts;
	h->index = index;
	parts_hold(parts);
	return h;
}

/* What it was is at an end: a message on its way is as one that failed. */
static void
let_go(struct alerts_hook *h)
{
	struct alerts *s = h->alerts;

	if (h->flying != NULL)
		alert_book_land(s->book, (unsigned)h->index, false, 0, mono_now());
	h->index = -1;
	h->next = s->gone;
	s->gone = h;
	if (h->flying != NULL && !h->is_started) {
		delivery_free(h->flying);
		h->flying = NULL;
	} else if (h->flying != NULL) {
		delivery_cancel(h->flying);
	}
	if (h->testing != NULL)
		delivery_cancel(h->testing);
	alerts_hook_settle(h);
}

void
alerts_configure(struct alerts *s, struct parts *parts)
{
	const struct config_alerts *c = &parts->config->alerts;
	struct alert_times times = {c->group_ms, c->escalate_ms};
	struct alert_hook defs[ALERT_HOOKS_MAX];
	struct alerts_hook *hooks[ALERT_HOOKS_MAX];
	int from[ALERT_HOOKS_MAX];
	unsigned count = (unsigned)c->hook_count;

	_Static_assert((int)ALERT_HOOKS_MAX == (int)CONFIG_HOOKS_MAX, "one limit");
	for (unsigned i = 0; i < count; i++) {
		const struct config_hook *h = &c->hooks[i];

		from[i] = find_hook(s, h->name);
		hooks[i] = new_hook(s, parts, h, (int)i);
		defs[i] = (struct alert_hook){h->kinds, h->only_critical, h->critical};
		if (from[i] < 0)
			continue;
		hooks[i]->is_failing = s->hooks[from[i]]->is_failing;
		hooks[i]->last_arrived = s->hooks[from[i]]->last_arrived;
		memcpy(hooks[i]->last_reason, s->hooks[from[i]]->last_reason,
		    sizeof(hooks[i]->last_reason));
	}
	for (unsigned i = 0; i < s->hook_count; i++)
		let_go(s->hooks[i]);
	memcpy(s->hooks, hooks, sizeof(hooks));
	s->hook_count = count;
	parts_hold(parts);
	parts_release(s->parts);
	s->parts = parts;
	alert_book_set_hooks(s->book, &times, defs, from, count, mono_now());
	arm(s);
	mark_dirty(s);
}

struct alerts *
alerts_open(struct loop *loop, struct parts *parts)
{
	struct alerts *s = mem_new(sizeof(*s));
	const struct config *c = parts->config;
	struct buf why = {0};
	enum err e;

	s->loop = loop;
	s->book = alert_book_new();
	s->timer = loop_timer_new(loop, on_timer, s);
	s->keep_timer = loop_timer_new(loop, on_keep_timer, s);
	s->path = alertkeep_path(c->server.state_dir);
	s->started_wall_s = wall_now_s();
	alerts_configure(s, parts);
	e = alertkeep_load(s->path, s->book, c->alerts.hooks, c->alerts.hook_count, &why);
	if (e != OK && e != ERR_MISSING)
		log_warning("open alerts of before are not known: %s",
		    why.len != 0 ? buf_text(&why) : err_text(e));
	buf_fini(&why);
	event_open(loop, on_event, s);
	alerts_tell_parts(s, NULL, parts);
	arm(s);
	return s;
}

static bool
is_at_work(const struct alerts *s)
{
	bool busy = s->keeping != NULL || s->gone != NULL;

	for (unsigned i = 0; i < s->hook_count; i++)
		busy =
		    busy || s->hooks[i]->flying != NULL || s->hooks[i]->testing != NULL;
	return busy;
}

/* Nothing may be on its way when the loop goes. */
static void
end_work(struct alerts *s)
{
	for (unsigned i = 0; i < s->hook_count; i++) {
		struct alerts_hook *h = s->hooks[i];

		if (h->flying != NULL && !h->is_started)
			delivery_start(h->flying, s->loop);
		h->is_started = true;
		if (h->flying != NULL)
			delivery_cancel(h->flying);
		if (h->testing != NULL)
			delivery_cancel(h->testing);
	}
	while (is_at_work(s)) {
		loop_drain(s->loop);
		if (is_at_work(s))
			usleep(1000);
	}
}

static void
keep_now(struct alerts *s)
{
	const struct config_alerts *c = &s->parts->config->alerts;
	struct buf data = {0}, why = {0};

	alertkeep_write(s->book, c->hooks, c->hook_count, &data);
	if (file_replace(s->path, data.data, data.len, &why) != OK && !s->is_unkept)
		log_warning("open alerts are not kept: %s", buf_text(&why));
	buf_fini(&data);
	buf_fini(&why);
}

void
alerts_close(struct alerts *s)
{
	if (s == NULL)
		return;
	s->is_closing = true;
	event_close();
	end_work(s);
	if (s->is_dirty)
		keep_now(s);
	for (unsigned i = 0; i < s->hook_count; i++) {
		parts_release(s->hooks[i]->parts);
		mem_free(s->hooks[i]);
	}
	parts_release(s->parts);
	loop_timer_free(s->timer);
	loop_timer_free(s->keep_timer);
	alert_book_free(s->book);
	mem_free(s->quarantine);
	mem_free(s->path);
	mem_free(s);
}
