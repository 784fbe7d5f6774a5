/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "control/recordkey.h"
#include "control/trip.h"
#include "control/verbs.h"

enum action { ACTION_GET, ACTION_SET, ACTION_DELETE };

struct records_trip {
	struct trip trip; /* first */
	struct control *control;
	enum action action;
	char *key; /* given or found */
	char *name, *type; /* given instead of a key */
	struct fields fields;
	unsigned how; /* STORE_REPLACE, STORE_FORCE */
	enum err e;
	struct buf why;
};

/* A write that nobody would ever see is refused. */
static enum err
check_visible(struct records_trip *r)
{
	const char *hidden =
	    recordkey_hidden(publish_load(&r->control->shared->world), r->key);

	if (hidden == NULL)
		return OK;
	buf_printf(&r->why, "%s would not be served: %s", r->key, hidden);
	return ERR_DENIED;
}

static void
finish(struct records_trip *r, enum err e, const char *why)
{
	r->e = e;
	if (why != NULL)
		buf_str(&r->why, why);
	trip_home(&r->trip);
}

static void
on_done(void *ctx, enum err e, const char *why)
{
	finish(ctx, e, why);
}

static void
on_got(
    void *ctx, enum err e, const char *key, const struct fields *fields, const char *why)
{
	struct records_trip *r = ctx;
	struct json *j;

	if (e == OK) {
		j = json_object();
		buf_printf(request_text(r->trip.rq), "%s\n", key);
		for (size_t i = 0; i < fields->count; i++) {
			const struct field *f = &fields->list[i];

			json_set_str(j, f->name, f->value);
			for (const char *p = f->value, *end; p != NULL; p = end) {
				size_t len;

				end = strchr(p, '\n');
				len = end != NULL ? (size_t)(end++ - p) : strlen(p);
				buf_printf(request_text(r->trip.rq), "    %-12s %.*s\n",
				    p == f->value ? f->name : "", (int)len, p);
			}
		}
		json_set_str(request_data(r->trip.rq), "key", key);
		json_set(request_data(r->trip.rq), "fields", j);
	}
	finish(r, e, why);
}

static void
in_store_thread(struct trip *t)
{
	struct records_trip *r = (struct records_trip *)(void *)t;
	struct store *s = r->control->store;
	enum err e = OK;

	if (r->key == NULL)
		e = recordkey_find(publish_load(&r->control->shared->world), r->name,
		    r->type, &r->key, &r->why);
	if (e == OK && r->action == ACTION_SET)
		e = check_visible(r);
	if (e != OK) {
		finish(r, e, NULL);
		return;
	}
	switch (r->action) {
	case ACTION_GET:
		store_get(s, r->key, on_got, r);
		break;
	case ACTION_SET:
		store_set(s, r->key, &r->fields, r->how, on_done, r);
		break;
	case ACTION_DELETE:
		store_delete(s, r->key, r->how, on_done, r);
		break;
	}
}

static void
back_home(struct trip *t)
{
	struct records_trip *r = (struct records_trip *)(void *)t;

	if (r->e == OK && r->action != ACTION_GET) {
		const char *did = r->action == ACTION_SET ? "set" : "deleted";

		log_notice("record %s key=\"%s\" by=\"%s\"", did, r->key, t->rq->who);
		buf_printf(request_text(t->rq), "%s %s\n", did, r->key);
		json_set_str(request_data(t->rq), "key", r->key);
	}
	if (r->e == OK)
		reply_ok(t->rq);
	else
		reply_err(t->rq, r->e, "%s", buf_text(&r->why));
	fields_fini(&r->fields);
	buf_fini(&r->why);
	mem_free(r->key);
	mem_free(r->name);
	mem_free(r->type);
	mem_free(r);
}

/* FIELD=VALUE words from argv[at] on. */
static enum err
take_fields(struct records_trip *r, struct request *rq, int at)
{
	for (int i = at; i < rq->argc; i++) {
		const char *equals = strchr(rq->argv[i], '=');
		enum err e = ERR_SYNTAX;
		char *name;

		if (equals != NULL && equals != rq->argv[i]) {
			name = mem_strn(rq->argv[i], (size_t)(equals - rq->argv[i]));
			e = fields_set(&r->fields, name, equals + 1, strlen(equals + 1));
			mem_free(name);
		}
		if (e != OK) {
			buf_printf(&r->why, "\"%s\" is no FIELD=VALUE", rq->argv[i]);
			return e;
		}
	}
	return OK;
}

static void
begin(struct control *c, struct request *rq, enum action action)
{
	struct records_trip *r = mem_new(sizeof(*r));
	bool by_key = rq->argc > 1 && strncmp(rq->argv[1], RECORD_KEY_PREFIX, 4) == 0;
	int given = by_key ? 1 : 2;

	r->control = c;
	r->action = action;
	if (action == ACTION_SET && request_flag(rq, "--replace"))
		r->how |= STORE_REPLACE;
	if (action != ACTION_GET && request_flag(rq, "--force"))
		r->how |= STORE_FORCE;
	if (!request_check_args(rq, action == ACTION_SET ? given + 1 : given,
	        action == ACTION_SET ? 1000 : given)) {
		mem_free(r);
		return;
	}
	if (by_key) {
		r->key = mem_str(rq->argv[1]);
	} else {
		r->name = mem_str(rq->argv[1]);
		r->type = mem_str(rq->argv[2]);
	}
	r->trip = (struct trip){
	    .rq = rq,
	    .home = c->loop,
	    .there = in_store_thread,
	    .back = back_home,
	};
	r->e = take_fields(r, rq, given + 1);
	if (r->e != OK)
		back_home(&r->trip);
	else
		trip_go(&r->trip, c->store_loop);
}

void
verb_records_get(void *ctx, struct request *rq)
{
	begin(ctx, rq, ACTION_GET);
}

void
verb_records_set(void *ctx, struct request *rq)
{
	begin(ctx, rq, ACTION_SET);
}

void
verb_records_delete(void *ctx, struct request *rq)
{
	begin(ctx, rq, ACTION_DELETE);
}
