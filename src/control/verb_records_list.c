/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/words.h"
#include "control/recordkey.h"
#include "control/trip.h"
#include "control/verbs.h"
#include "store/exchange.h"

/* A page of the reply, by records and octets; and of what is read for it at once. */
enum { LIMIT_DEFAULT = 100, LIMIT_MAX = 1000, READ_ROWS = 500 };
#define OCTETS_MAX ((size_t)128 << 10)

struct list_trip {
	struct trip trip; /* first */
	struct control *control;
	char *asked; /* zone, name or pattern; NULL: all */
	char *prefix; /* of the keys */
	char *pattern; /* of keys, or of names */
	bool by_key;
	bool lines; /* as in an export */
	size_t limit, count;
	char *after; /* the last key that was read */
	bool more;
	struct json *records;
	enum err e;
	struct buf why;
};

/* With * and ? and nothing else; keys have too many backslashes for fnmatch(). */
static bool
matches(const char *pattern, const char *text)
{
	const char *star = NULL, *from = NULL;

	while (*text != '\0') {
		if (*pattern == '*') {
			star = ++pattern;
			from = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star;
			text = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool
is_wanted(const struct list_trip *t, const char *key)
{
	char name[NAME_TEXT_MAX];
	struct record_key k;
	struct buf why = {0};
	bool wanted;

	if (strncmp(key, t->prefix, strlen(t->prefix)) != 0)
		return false;
	if (t->pattern == NULL)
		return true;
	if (t->by_key)
		return matches(t->pattern, key);
	wanted =
	    record_key_parse(key, strlen(key), &k, &why) == OK && k.kind != RECORD_POOL;
	if (wanted) {
		name_write_plain(k.owner.bytes, name);
		wanted = matches(t->pattern, name);
	}
	buf_fini(&why);
	return wanted;
}

static void
write_words(const char *key, const struct fields *f, struct buf *out)
{
	buf_str(out, key);
	for (size_t i = 0; i < f->count; i++) {
		char *word = mem_printf("%s=%s", f->list[i].name, f->list[i].value);

		buf_char(out, ' ');
		words_write(out, word);
		mem_free(word);
	}
	buf_char(out, '\n');
}

static void
write_tree(struct list_trip *t, const char *key, const struct fields *f)
{
	struct json *record = json_object(), *fields = json_object();

	for (size_t i = 0; i < f->count; i++)
		json_set_str(fields, f->list[i].name, f->list[i].value);
	json_set_str(record, "key", key);
	json_set(record, "fields", fields);
	json_push(t->records, record);
}

static void
write_record(struct list_trip *t, const struct disk_row *row)
{
	struct request *rq = t->trip.rq;
	struct buf *out = request_text(rq);

	if (rq->json) {
		write_tree(t, row->key, &row->fields);
	} else if (t->lines) {
		exchange_write(row->key, &row->fields, out);
		buf_char(out, '\n');
	} else {
		write_words(row->key, &row->fields, out);
	}
	t->count++;
}

static void
finish(struct list_trip *t, enum err e, const char *why)
{
	t->e = e;
	buf_str(&t->why, why);
	trip_home(&t->trip);
}

static void
on_page(void *ctx, enum err e, const struct disk_row *rows, size_t count)
{
	struct list_trip *t = ctx;

	if (e != OK) {
		finish(t, e, "the durable copy of the records cannot be read");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const struct disk_row *row = &rows[i];

		if (strncmp(row->key, t->prefix, strlen(t->prefix)) > 0) {
			finish(t, OK, "");
			return;
		}
		if (t->count == t->limit || request_text(t->trip.rq)->len > OCTETS_MAX) {
			t->more = true;
			finish(t, OK, "");
			return;
		}
		if (is_wanted(t, row->key))
			write_record(t, row);
		mem_free(t->after);
		t->after = mem_str(row->key);
	}
	if (count == 0)
		finish(t, OK, "");
	else
		store_scan(t->control->store, t->after,
		    t->pattern == NULL ? t->limit - t->count + 1 : READ_ROWS, on_page, t);
}

static bool
is_zone(const struct world *w, const struct name *name)
{
	const struct config *c = w->parts->config;

	for (size_t i = 0; i < c->zone_count; i++)
		if (name_equal(c->zones[i].domain.bytes, name->bytes))
			return true;
	return false;
}

/* What was asked for, as a prefix of keys and a pattern. */
static enum err
read_asked(struct list_trip *t)
{
	const struct world *w = publish_load(&t->control->shared->world);
	struct record_key key = {.kind = RECORD_ZONE};
	struct buf text = {0};
	enum err e;

	if (t->asked == NULL) {
		t->prefix = mem_str("");
		return OK;
	}
	if (strncmp(t->asked, RECORD_KEY_PREFIX, strlen(RECORD_KEY_PREFIX)) == 0) {
		t->by_key = true;
		t->pattern = mem_str(t->asked);
		t->prefix = mem_strn(t->asked, strcspn(t->asked, "*?"));
		return OK;
	}
	if (strpbrk(t->asked, "*?") != NULL) {
		t->pattern = mem_str(t->asked);
		for (char *p = t->pattern; *p != '\0'; p++)
			*p = (char)(*p >= 'A' && *p <= 'Z' ? *p + ('a' - 'A') : *p);
		t->prefix = mem_str("");
		return OK;
	}
	if (name_parse(t->asked, strlen(t->asked), &name_root, &key.zone) == OK &&
	    is_zone(w, &key.zone)) {
		name_lower(key.zone.bytes, key.zone.bytes, key.zone.len);
		key.owner = key.zone;
		record_key_write(&key, &text);
		t->prefix = buf_take(&text);
		return OK;
	}
	e = recordkey_find(w, t->asked, "A", &t->prefix, &t->why);
	if (e == OK)
		strrchr(t->prefix, ':')[1] = '\0';
	return e;
}

static void
in_store_thread(struct trip *trip)
{
	struct list_trip *t = (struct list_trip *)(void *)trip;
	enum err e = read_asked(t);
	size_t len;

	if (e != OK) {
		finish(t, e, "");
		return;
	}
	len = strlen(t->prefix);
	if (t->after == NULL) {
		/* the last key before all that begin so */
		t->after = mem_str(t->prefix);
		if (len != 0)
			t->after[len - 1]--;
	}
	store_scan(t->control->store, t->after,
	    t->pattern == NULL ? t->limit + 1 : READ_ROWS, on_page, t);
}

static void
end_reply(struct list_trip *t)
{
	struct request *rq = t->trip.rq;

	if (rq->json) {
		json_set(request_data(rq), "records", t->records);
		json_set_str(request_data(rq), "after", t->more ? t->after : NULL);
		t->records = NULL;
	} else if (t->more && t->lines) {
		struct json *mark = json_object();

		json_set_str(mark, "after", t->after);
		json_write(mark, request_text(rq));
		buf_char(request_text(rq), '\n');
		json_free(mark);
	} else if (t->more) {
		buf_str(request_text(rq), "... and more: --after ");
		words_write(request_text(rq), t->after);
		buf_char(request_text(rq), '\n');
	}
}

static void
back_home(struct trip *trip)
{
	struct list_trip *t = (struct list_trip *)(void *)trip;

	if (t->e == OK) {
		end_reply(t);
		reply_ok(trip->rq);
	} else {
		reply_err(trip->rq, t->e, "%s", buf_text(&t->why));
	}
	json_free(t->records);
	buf_fini(&t->why);
	mem_free(t->asked);
	mem_free(t->prefix);
	mem_free(t->pattern);
	mem_free(t->after);
	mem_free(t);
}

void
verb_records_list(void *ctx, struct request *rq)
{
	struct control *c = ctx;
	bool lines = request_flag(rq, "--lines");
	const char *limit = NULL, *after = NULL;
	size_t most = 100;
	struct list_trip *t;

	if (request_option(rq, "--limit", &limit) != OK ||
	    request_option(rq, "--after", &after) != OK) {
		reply_usage(rq);
		return;
	}
	if (!request_check_args(rq, 0, 1))
		return;
	if (!request_number(rq, "--limit", limit, LIMIT_MAX, &most))
		return;
	t = mem_new(sizeof(*t));
	t->control = c;
	t->lines = lines;
	t->limit = most;
	t->asked = mem_str(rq->argc > 1 ? rq->argv[1] : NULL);
	t->after = mem_str(after);
	t->records = rq->json ? json_array() : NULL;
	t->trip = (struct trip){
	    .rq = rq, .home = c->loop, .there = in_store_thread, .back = back_home};
	trip_go(&t->trip, c->store_loop);
}
