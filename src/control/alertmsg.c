/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/alertmsg.h"

#include "base/json.h"
#include "control/verbs.h"

const char *
alertmsg_status(const struct alertmsg *m)
{
	if (m->is_test)
		return "test";
	if (m->what->good_count == 0)
		return "trouble";
	return m->what->bad_count == 0 ? "recovery" : "mixed";
}

int64_t
alertmsg_lasted_s(const struct alert *a, struct mono now)
{
	struct mono end = mono_is_never(a->good_at) ? now : a->good_at;

	return mono_diff_ms(end, a->since) / 1000;
}

static void
write_name(const struct alert *a, struct buf *out)
{
	buf_printf(out, "%s %s", event_kind_text(a->kind), a->subject);
}

void
alertmsg_write_summary(const struct alertmsg *m, struct buf *out)
{
	const struct alert_message *w = m->what;

	if (m->is_test) {
		buf_str(out, "this is a test");
		return;
	}
	if (w->bad_count == 1) {
		write_name(w->bad[0], out);
		buf_printf(
		    out, "%s: %s", m->is_critical ? " still" : "", w->bad[0]->text);
	} else if (w->bad_count != 0) {
		buf_printf(out, "%zu things are %sbad, ", w->bad_count,
		    m->is_critical ? "still " : "");
		write_name(w->bad[0], out);
		buf_printf(out, " among them: %s", w->bad[0]->text);
	}
	if (w->bad_count != 0 && w->good_count != 0)
		buf_str(out, "; ");
	if (w->good_count == 1) {
		write_name(w->good[0], out);
		buf_str(out, " is good again");
	} else if (w->good_count != 0) {
		buf_printf(out, "%zu things are good again, ", w->good_count);
		write_name(w->good[0], out);
		buf_str(out, " among them");
	}
}

/* ---- JSON ---- */

static struct json *
make_alert(const struct alert *a, bool is_good, struct mono now)
{
	struct json *j = json_object();
	char since[WALL_TEXT_MAX];

	wall_write(a->since_wall_s, since);
	json_set_str(j, "kind", event_kind_text(a->kind));
	json_set_str(j, "subject", a->subject);
	json_set_str(j, "severity", event_severity_text(a->severity));
	json_set_str(j, "text", is_good ? a->good_text : a->text);
	json_set_str(j, "since", since);
	json_set_int(j, "lasted_s", alertmsg_lasted_s(a, now));
	json_set_int(j, "relapses", is_good ? a->relapses - 1 : a->relapses);
	return j;
}

static struct json *
make_list(const struct alert *const *list, size_t count, bool is_good, struct mono now)
{
	struct json *j = json_array();

	for (size_t i = 0; i < count && i < ALERTMSG_LISTED; i++)
		json_push(j, make_alert(list[i], is_good, now));
	return j;
}

void
alertmsg_write_json(const struct alertmsg *m, struct buf *out)
{
	const struct alert_message *w = m->what;
	struct json *j = json_object();
	struct buf summary = {0};
	char now[WALL_TEXT_MAX];

	wall_write(m->now_wall_s, now);
	alertmsg_write_summary(m, &summary);
	json_set_int(j, "version", 1);
	json_set_str(j, "id", m->id);
	json_set_str(j, "node", m->node);
	json_set_str(j, "hook", m->hook);
	json_set_str(j, "time", now);
	json_set_str(j, "status", alertmsg_status(m));
	json_set_bool(j, "critical", m->is_critical);
	json_set_str(j, "summary", buf_text(&summary));
	json_set(j, "bad", make_list(w->bad, w->bad_count, false, m->now));
	json_set(j, "good", make_list(w->good, w->good_count, true, m->now));
	json_set_int(j, "bad_count", (int64_t)w->bad_count);
	json_set_int(j, "good_count", (int64_t)w->good_count);
	json_set_int(j, "open_count", (int64_t)w->open_count);
	json_set_int(j, "lost", (int64_t)w->lost);
	json_write(j, out);
	json_free(j);
	buf_fini(&summary);
}

/* ---- Slack ---- */

static void
write_escaped(const char *text, struct buf *out)
{
	for (; *text != '\0'; text++) {
		if (*text == '&')
			buf_str(out, "&amp;");
		else if (*text == '<')
			buf_str(out, "&lt;");
		else if (*text == '>')
			buf_str(out, "&gt;");
		else
			buf_char(out, *text);
	}
}

static void
write_line(const struct alert *a, bool is_good, struct mono now, struct buf *out)
{
	char lasted[AGE_TEXT_MAX];
	struct buf line = {0};

	age_write(alertmsg_lasted_s(a, now), lasted);
	buf_str(&line, is_good                         ? "GOOD "
	               : a->severity == EVENT_CRITICAL ? "CRITICAL "
	                                               : "WARNING ");
	write_name(a, &line);
	buf_printf(&line, ": %s (%s %s", is_good ? a->good_text : a->text,
	    is_good ? "after" : "for", lasted);
	if (a->relapses > (is_good ? 1 : 0))
		buf_printf(&line, ", came back %u times",
		    (unsigned)(is_good ? a->relapses - 1 : a->relapses));
	buf_str(&line, ")\n");
	write_escaped(buf_text(&line), out);
	buf_fini(&line);
}

static void
write_lines(const struct alert *const *list, size_t count, bool is_good, struct mono now,
    struct buf *out)
{
	for (size_t i = 0; i < count && i < ALERTMSG_LISTED; i++)
		write_line(list[i], is_good, now, out);
	if (count > ALERTMSG_LISTED)
		buf_printf(out, "and %zu more\n", count - ALERTMSG_LISTED);
}

void
alertmsg_write_slack(const struct alertmsg *m, struct buf *out)
{
	const struct alert_message *w = m->what;
	struct json *j = json_object();
	struct buf text = {0};

	write_escaped(m->node, &text);
	buf_str(&text, ": ");
	if (m->is_test)
		buf_str(&text, "this is a test of Sextant's alerts\n");
	else if (m->is_critical && w->bad_count != 0)
		buf_str(&text, "STILL BAD\n");
	else
		buf_str(&text, w->bad_count != 0 ? "trouble\n" : "recovery\n");
	write_lines(w->bad, w->bad_count, false, m->now, &text);
	write_lines(w->good, w->good_count, true, m->now, &text);
	if (w->lost != 0)
		buf_printf(&text, "%llu changes could not be noted\n",
		    (unsigned long long)w->lost);
	if (!m->is_test)
		buf_printf(&text, "open: %zu", w->open_count);
	json_set_str(j, "text", buf_text(&text));
	json_write(j, out);
	json_free(j);
	buf_fini(&text);
}
