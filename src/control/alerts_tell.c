/* SPDX-License-Identifier: BSD-2-Clause */
/* What people ask of the alerts: which are open, how the hooks do, and a test. */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "control/alerts_inside.h"
#include "control/columns.h"
#include "control/verbs.h"

/* More are counted. */
enum { OPEN_LISTED = 1000, TROUBLE_LISTED = 10 };

struct alerts_test {
	struct request *rq;
	unsigned outstanding, failed;
};

/* ---- what is open ---- */

static void
write_told(
    const struct alerts *s, const struct alert *a, struct buf *text, struct json *data)
{
	struct json *list = json_array();

	for (unsigned i = 0; i < s->hook_count; i++) {
		if ((a->told >> i & 1) == 0)
			continue;
		json_push_str(list, s->hooks[i]->config->name);
		buf_printf(
		    text, "%s%s", text->len != 0 ? "," : "", s->hooks[i]->config->name);
	}
	json_set(data, "told", list);
}

static const char *
state_of(const struct alert *a)
{
	if (!a->is_confirmed)
		return "unconfirmed";
	if (a->is_open)
		return a->is_bad ? "bad" : "calming";
	return "over";
}

static void
write_open(const struct alerts *s, const struct alert *a, struct columns *table,
    struct json *list)
{
	struct json *j = json_object();
	char lasted[AGE_TEXT_MAX], since[WALL_TEXT_MAX];
	struct buf told = {0};

	age_write(alertmsg_lasted_s(a, mono_now()), lasted);
	wall_write(a->since_wall_s, since);
	write_told(s, a, &told, j);
	columns_cell(table, event_kind_text(a->kind));
	columns_cell(table, a->subject);
	columns_cell(table, event_severity_text(a->severity));
	columns_cell(table, state_of(a));
	columns_cell(table, lasted);
	columns_cell(table, buf_text(&told));
	columns_cell(table, a->is_bad ? a->text : a->good_text);
	json_set_str(j, "kind", event_kind_text(a->kind));
	json_set_str(j, "subject", a->subject);
	json_set_str(j, "severity", event_severity_text(a->severity));
	json_set_str(j, "state", state_of(a));
	json_set_str(j, "since", since);
	json_set_int(j, "relapses", a->relapses);
	json_set_str(j, "text", a->is_bad ? a->text : a->good_text);
	json_push(list, j);
	buf_fini(&told);
}

static unsigned
rank_of(const struct alert *a)
{
	if (a->severity == EVENT_CRITICAL)
		return 0;
	return a->kind == EVENT_TARGET ? 2 : 1;
}

static void
write_alerts(struct alerts *s, struct buf *text, struct json *data)
{
	struct json *list = json_array();
	struct columns table;
	size_t shown = 0, more = 0;

	columns_init(&table, "kind subject severity state for told text");
	/* the worst first, targets last */
	for (unsigned rank = 0; rank < 3; rank++) {
		const struct alert *a = NULL;

		while ((a = alert_book_next(s->book, a)) != NULL) {
			/* only its last end is remembered */
			if ((!a->is_open && a->told == 0) || rank_of(a) != rank)
				continue;
			if (shown < OPEN_LISTED) {
				write_open(s, a, &table, list);
				shown++;
			} else {
				more++;
			}
		}
	}
	if (shown == 0)
		buf_str(text, "nothing is open\n");
	else
		columns_write(&table, text);
	if (more != 0)
		buf_printf(text, "and %zu more\n", more);
	columns_fini(&table);
	json_set(data, "alerts", list);
	json_set_int(data, "not_listed", (int64_t)more);
}

/* ---- the hooks ---- */

static const char *
work_of(const struct alert_hook_state *state)
{
	if (state->is_busy)
		return "sending";
	if (state->fails != 0 && state->waiting != 0)
		return "trying again";
	return state->waiting != 0 ? "about to send" : "idle";
}

static void
write_hook(const struct alerts_hook *h, struct columns *table, struct json *list)
{
	struct alert_hook_state state;
	struct json *j = json_object();
	struct buf where = {0};

	alert_book_hook_state(h->alerts->book, (unsigned)h->index, &state);
	alerts_write_where(h->config, &where);
	columns_cell(table, h->config->name);
	columns_cell(table, buf_text(&where));
	columns_cell(table, work_of(&state));
	columns_cellf(table, "%zu", state.waiting);
	columns_cellf(table, "%" PRIu64, state.messages);
	columns_cellf(table, "%" PRIu64, state.failures);
	columns_cellf(table, "%" PRIu64, state.missed);
	columns_cell(table, h->last_reason);
	json_set_str(j, "name", h->config->name);
	json_set_str(j, "to", buf_text(&where));
	json_set_bool(j, "critical", h->config->critical);
	json_set_str(j, "state", work_of(&state));
	json_set_bool(j, "failing", h->is_failing);
	json_set_int(j, "waiting", (int64_t)state.waiting);
	json_set_int(j, "messages", (int64_t)state.messages);
	json_set_int(j, "failures", (int64_t)state.failures);
	json_set_int(j, "missed", (int64_t)state.missed);
	json_set_str(
	    j, "last_failure", h->last_reason[0] != '\0' ? h->last_reason : NULL);
	json_push(list, j);
	buf_fini(&where);
}

static void
write_hooks(struct alerts *s, struct buf *text, struct json *data)
{
	struct json *list = json_array();
	struct columns table;

	columns_init(
	    &table, "hook to state >waiting >messages >failures >missed last-failure");
	for (unsigned i = 0; i < s->hook_count; i++)
		write_hook(s->hooks[i], &table, list);
	if (s->hook_count == 0)
		buf_str(text, "nobody is told: the configuration has no hooks\n");
	else
		columns_write(&table, text);
	columns_fini(&table);
	json_set(data, "hooks", list);
	json_set_int(data, "lost", (int64_t)alert_book_lost(s->book));
	if (alert_book_lost(s->book) != 0)
		buf_printf(
		    text, "%" PRIu64 " changes were lost\n", alert_book_lost(s->book));
}

void
alerts_write(struct alerts *s, struct buf *text, struct json *data)
{
	write_alerts(s, text, data);
	buf_char(text, '\n');
	write_hooks(s, text, data);
}

/* `health` tells of targets and regions, and there may be many. */
static bool
is_for_status(const struct alert *a, enum event_severity severity)
{
	return a->is_open && a->is_bad && a->is_confirmed && a->severity == severity &&
	       a->kind != EVENT_TARGET && a->kind != EVENT_REGION;
}

/* So that who asks for the status alone misses nothing: the critical ones first. */
static void
write_trouble(const struct alerts *s, struct buf *text)
{
	static const enum event_severity severities[] = {EVENT_CRITICAL, EVENT_WARNING};
	size_t count = 0;

	for (size_t i = 0; i < 2; i++) {
		const struct alert *a = NULL;

		while ((a = alert_book_next(s->book, a)) != NULL) {
			char lasted[AGE_TEXT_MAX];

			if (!is_for_status(a, severities[i]) || ++count > TROUBLE_LISTED)
				continue;
			age_write(alertmsg_lasted_s(a, mono_now()), lasted);
			buf_printf(text, "%s %s %s, for %s: %s\n",
			    severities[i] == EVENT_CRITICAL ? "CRITICAL  " : "TROUBLE   ",
			    event_kind_text(a->kind), a->subject, lasted, a->text);
		}
	}
	if (count > TROUBLE_LISTED)
		buf_printf(text, "           and %zu more: see sextantctl alerts\n",
		    count - TROUBLE_LISTED);
}

void
alerts_write_status(struct alerts *s, struct buf *text, struct json *data)
{
	struct json *j = json_object();
	size_t open = alert_book_open_count(s->book);
	uint64_t failures = 0, missed = 0;
	unsigned failing = 0;

	for (unsigned i = 0; i < s->hook_count; i++) {
		struct alert_hook_state state;

		alert_book_hook_state(s->book, i, &state);
		failing += s->hooks[i]->is_failing;
		failures += state.failures;
		missed += state.missed;
	}
	buf_printf(text, "alerts     %zu open, %u hook%s", open, s->hook_count,
	    s->hook_count == 1 ? "" : "s");
	if (failing != 0)
		buf_printf(text, ", %u can not be reached", failing);
	if (failures != 0)
		buf_printf(text, ", %" PRIu64 " failures", failures);
	if (missed != 0)
		buf_printf(text, ", %" PRIu64 " not told in time", missed);
	buf_char(text, '\n');
	write_trouble(s, text);
	json_set_int(j, "open", (int64_t)open);
	json_set_int(j, "hooks", s->hook_count);
	json_set_int(j, "failing", failing);
	json_set_int(j, "failures", (int64_t)failures);
	json_set_int(j, "missed", (int64_t)missed);
	json_set_int(j, "lost", (int64_t)alert_book_lost(s->book));
	json_set(data, "alerts", j);
}

/* ---- a test ---- */

static void
one_tested(struct alerts_test *t)
{
	if (--t->outstanding != 0)
		return;
	if (t->failed == 0)
		reply_ok(t->rq);
	else
		reply_error(t->rq, "failed", "%u hooks could not be reached", t->failed);
	mem_free(t);
}

static void
on_tested(void *ctx, struct delivery *d, const struct delivery_result *r)
{
	struct alerts_hook *h = ctx;
	struct alerts_test *t = h->test;
	struct json *j = json_object();

	buf_printf(request_text(t->rq), "%s: %s%s\n", h->config->name,
	    r->arrived ? "arrived" : "not delivered: ", r->reason);
	json_set_str(j, "hook", h->config->name);
	json_set_bool(j, "arrived", r->arrived);
	json_set_str(j, "reason", r->arrived ? NULL : r->reason);
	json_push(request_array(t->rq), j);
	t->failed += !r->arrived;
	h->testing = NULL;
	h->test = NULL;
	delivery_free(d);
	one_tested(t);
	if (h->flying != NULL && !h->is_started) {
		h->is_started = true;
		delivery_start(h->flying, h->alerts->loop);
	}
	alerts_hook_settle(h);
}

static void
begin_test(struct alerts_hook *h, struct alerts_test *t)
{
	struct alert_message nothing = {
	    .open_count = alert_book_open_count(h->alerts->book)};

	t->outstanding++;
	h->test = t;
	h->testing = alerts_make(h, &nothing, true, on_tested);
	delivery_start(h->testing, h->alerts->loop);
}

void
alerts_test(struct alerts *s, struct request *rq, const char *hook)
{
	bool is_there = hook == NULL && s->hook_count != 0, is_busy = false;
	struct alerts_test *t;

	for (unsigned i = 0; i < s->hook_count; i++) {
		const struct alerts_hook *h = s->hooks[i];

		if (hook != NULL && strcmp(h->config->name, hook) != 0)
			continue;
		is_there = true;
		is_busy = is_busy || h->testing != NULL || h->flying != NULL;
	}
	if (!is_there || is_busy) {
		reply_error(rq, is_there ? "busy" : "not-found",
		    is_there ? "a message is on its way: ask again when it has arrived"
		             : "there is no such hook");
		return;
	}
	t = mem_new(sizeof(*t));
	t->rq = rq;
	/* one more, so that it does not end before all have begun */
	t->outstanding = 1;
	(void)request_array(rq);
	for (unsigned i = 0; i < s->hook_count; i++)
		if (hook == NULL || strcmp(s->hooks[i]->config->name, hook) == 0)
			begin_test(s->hooks[i], t);
	one_tested(t);
}
