/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said of the files: what is held, bad, or killed us. */
#include <stdio.h>
#include <string.h>

#include "base/event.h"
#include "base/inhand.h"
#include "base/mem.h"
#include "control/alerts_inside.h"

static bool
is_held(const struct parts *p, const char *zone)
{
	for (size_t i = 0; p != NULL && i < p->held_count; i++)
		if (strcmp(p->held[i]->zone, zone) == 0)
			return true;
	return false;
}

static void
tell_held(const struct parts *was, const struct parts *is)
{
	char subject[EVENT_SUBJECT_MAX];

	for (size_t i = 0; i < is->held_count; i++) {
		snprintf(subject, sizeof(subject), "file of %s", is->held[i]->zone);
		event_bad(EVENT_GUARD, EVENT_WARNING, subject,
		    "the old version is served: %s", is->held[i]->why);
	}
	for (size_t i = 0; was != NULL && i < was->held_count; i++) {
		if (is_held(is, was->held[i]->zone))
			continue;
		snprintf(subject, sizeof(subject), "file of %s", was->held[i]->zone);
		event_good(EVENT_GUARD, subject, "nothing is held any more");
	}
}

static void
name_item(const struct inhand_item *q, char out[EVENT_SUBJECT_MAX])
{
	snprintf(out, EVENT_SUBJECT_MAX, "quarantine of %s %.*s",
	    inhand_kind_text((enum inhand_kind)q->kind), (int)q->name_len, q->name);
}

static bool
is_among(const struct inhand_item *list, size_t count, const struct inhand_item *q)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].kind == q->kind && list[i].name_len == q->name_len &&
		    memcmp(list[i].name, q->name, q->name_len) == 0)
			return true;
	return false;
}

static void
tell_quarantine(struct alerts *s)
{
	struct inhand_item *is = mem_array(INHAND_QUARANTINED_MAX, sizeof(is[0]));
	size_t count = inhand_list(is);
	char subject[EVENT_SUBJECT_MAX];

	for (size_t i = 0; i < count; i++) {
		name_item(&is[i], subject);
		event_bad(EVENT_STATE, EVENT_WARNING, subject,
		    "the server died while it read it: it is left alone");
	}
	for (size_t i = 0; i < s->quarantine_count; i++) {
		if (is_among(is, count, &s->quarantine[i]))
			continue;
		name_item(&s->quarantine[i], subject);
		event_good(EVENT_STATE, subject, "it is read again");
	}
	mem_free(s->quarantine);
	s->quarantine = is;
	s->quarantine_count = count;
}

void
alerts_tell_parts(struct alerts *s, const struct parts *was, const struct parts *is)
{
	tell_held(was, is);
	tell_quarantine(s);
	if (is->bad_count != 0)
		event_bad(EVENT_RELOAD, EVENT_WARNING, "zone files",
		    "%zu are bad: their old versions are served", is->bad_count);
	else
		event_good(EVENT_RELOAD, "zone files", "all are good");
	if (inhand_is_safe_mode())
		event_bad(EVENT_STATE, EVENT_CRITICAL, "safe mode",
		    "the server died three times within five minutes: last accepted "
		    "copies are served");
	else
		event_good(EVENT_STATE, "safe mode", "over");
}

void
alerts_tell_held_config(const struct parts *held)
{
	if (held != NULL)
		event_bad(EVENT_GUARD, EVENT_WARNING, "configuration",
		    "the old one is served: %s", held->held_why);
	else
		event_good(EVENT_GUARD, "configuration", "nothing is held any more");
}

void
alerts_tell_reload(const struct complaints *refused)
{
	struct buf one = {0};

	if (refused == NULL) {
		event_good(EVENT_RELOAD, "configuration", "it was taken");
		return;
	}
	for (size_t i = 0; i < refused->count && one.len == 0; i++)
		if (refused->list[i].severity == SEVERITY_ERROR)
			complaint_write(&refused->list[i], &one);
	event_bad(EVENT_RELOAD, EVENT_WARNING, "configuration",
	    "refused, the old one is served: %s", buf_text(&one));
	buf_fini(&one);
}
