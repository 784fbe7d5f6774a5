/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/scribe.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/unseen.h"

enum { TICK_MS = 100 };

struct op {
	struct op *next;
	bool is_delete;
	unsigned how; /* STORE_REPLACE, STORE_FORCE */
	char *key;
	size_t key_len;
	struct fields fields;
	store_done *done;
	void *ctx;
	struct mono since; /* when it began to be written */
	unsigned tries;
};

struct scribe {
	struct loop *loop;
	const struct config_store *cfg;
	struct scribe_hooks hooks;
	struct loop_timer *tick;
	struct link *link; /* NULL: not open */
	bool ready;
	struct mono used;
	struct op *queue, **last;
	bool running; /* the queue's first is being written */
	bool sent; /* its EXEC is on the way */
	char *error; /* what MULTI's commands were answered, the first of these */
	enum fault error_fault;
	struct unseen unseen;
	bool pumping;
};

static void
run(struct scribe *w);

static void
op_free(struct op *op)
{
	mem_free(op->key);
	fields_fini(&op->fields);
	mem_free(op);
}

static void
answer(struct op *op, enum err e, const char *why)
{
	op->done(op->ctx, e, why);
	op_free(op);
}

/* The first of the queue leaves it. */
static struct op *
take_first(struct scribe *w)
{
	struct op *op = w->queue;

	w->queue = op->next;
	if (w->queue == NULL)
		w->last = &w->queue;
	w->running = w->sent = false;
	mem_free(w->error);
	w->error = NULL;
	return op;
}

static void
finish(struct scribe *w, enum err e, const char *why)
{
	answer(take_first(w), e, why);
	run(w);
}

static enum err
err_of_fault(enum fault fault)
{
	switch (fault) {
	case FAULT_DENIED:
	case FAULT_READ_ONLY:
	case FAULT_CLUSTER:
		return ERR_DENIED;
	case FAULT_UNREACHABLE:
	case FAULT_LOST:
	case FAULT_SILENT:
		return ERR_CLOSED;
	case FAULT_LOADING:
	case FAULT_MASTER_DOWN:
		return ERR_BUSY;
	default:
		return ERR_IO;
	}
}

/* The connection is of no use any more. */
static void
fail(struct scribe *w, enum fault fault, const char *reason)
{
	char text[400];

	if (w->running && w->sent)
		snprintf(text, sizeof(text), "it is not known whether it was written: %s",
		    reason);
	else
		snprintf(text, sizeof(text), "not written: %s", reason);
	link_close(w->link);
	w->link = NULL;
	w->ready = false;
	if (w->running)
		finish(w, err_of_fault(fault), text);
}

static void
on_down(void *ctx, enum fault fault, const char *reason)
{
	fail(ctx, fault, reason);
}

/* ---- one write ---- */

static void
on_exec(void *ctx, const struct redis_reply *reply)
{
	struct scribe *w = ctx;
	struct op *op = w->queue;
	char reason[256], text[300];
	enum fault fault = FAULT_NONE;

	if (reply->kind == REDIS_NIL) { /* WATCH: somebody else was faster */
		w->running = w->sent = false;
		if (++op->tries < SCRIBE_TRIES) {
			run(w);
			return;
		}
		w->running = true;
		finish(w, ERR_BUSY, "not written: others write it all the time");
		return;
	}
	if (w->error != NULL) {
		fault = w->error_fault;
		snprintf(reason, sizeof(reason), "%s", w->error);
	} else {
		fault = link_check(reply, REDIS_ARRAY, reason, sizeof(reason));
	}
	for (size_t i = 0; fault == FAULT_NONE && i < reply->count; i++)
		if (reply->list[i]->kind == REDIS_ERROR)
			fault =
			    fault_of_error(reply->list[i]->text, reason, sizeof(reason));
	if (fault != FAULT_NONE) {
		snprintf(text, sizeof(text), "not written: %s", reason);
		finish(w, err_of_fault(fault), text);
		return;
	}
	op = take_first(w);
	unseen_add(&w->unseen, op->key, op->is_delete ? NULL : &op->fields, op->how,
	    op->done, op->ctx);
	w->hooks.touch(w->hooks.ctx, op->key, op->key_len);
	op_free(op);
	run(w);
}

/* Errors while a transaction is gathered name the reason, EXEC's does not. */
static void
on_queued(void *ctx, const struct redis_reply *reply)
{
	struct scribe *w = ctx;
	char reason[256];
	enum fault fault = link_check(reply, REDIS_TEXT, reason, sizeof(reason));

	if (fault == FAULT_NONE || w->error != NULL)
		return;
	w->error = mem_str(reason);
	w->error_fault = fault;
}

static void
ask_del(struct scribe *w, const struct op *op)
{
	const char *words[] = {"DEL", op->key};
	const size_t lens[] = {3, op->key_len};

	link_ask(w->link, on_queued, 2, words, lens);
}

static void
ask_hset(struct scribe *w, const struct op *op)
{
	size_t count = 2 + 2 * op->fields.count;
	const char **words = mem_array(count, sizeof(*words));
	size_t *lens = mem_array(count, sizeof(*lens));

	words[0] = "HSET";
	lens[0] = 4;
	words[1] = op->key;
	lens[1] = op->key_len;
	for (size_t i = 0; i < op->fields.count; i++) {
		const struct field *f = &op->fields.list[i];

		words[2 + 2 * i] = f->name;
		lens[2 + 2 * i] = strlen(f->name);
		words[3 + 2 * i] = f->value;
		lens[3 + 2 * i] = f->len;
	}
	link_ask(w->link, on_queued, count, words, lens);
	mem_free(words);
	mem_free(lens);
}

static void
write_it(struct scribe *w)
{
	const struct op *op = w->queue;

	link_ask(w->link, on_queued, 1, (const char *[]){"MULTI"}, NULL);
	if (op->is_delete || (op->how & STORE_REPLACE))
		ask_del(w, op);
	if (!op->is_delete)
		ask_hset(w, op);
	link_ask(w->link, on_exec, 1, (const char *[]){"EXEC"}, NULL);
	w->sent = true;
}

/* The record as it would become; false: not one that could be. */
static bool
merge(const struct op *op, const struct redis_reply *old, struct fields *out)
{
	fields_copy(out, &op->fields);
	for (size_t i = 0; !(op->how & STORE_REPLACE) && i + 1 < old->count; i += 2) {
		const struct redis_reply *name = old->list[i], *value = old->list[i + 1];

		if (name->kind != REDIS_TEXT || value->kind != REDIS_TEXT)
			return false;
		if (fields_find(out, name->text) == NULL &&
		    fields_set(out, name->text, value->text, value->len) != OK)
			return false;
	}
	return true;
}

static void
on_nothing(void *ctx, const struct redis_reply *reply)
{
	(void)ctx;
	(void)reply;
}

static void
refuse(struct scribe *w, enum err e, const char *why)
{
	/* an empty transaction forgets what is watched, as UNWATCH would, for which the
	 * user may lack the permission */
	link_ask(w->link, on_nothing, 1, (const char *[]){"MULTI"}, NULL);
	link_ask(w->link, on_nothing, 1, (const char *[]){"EXEC"}, NULL);
	finish(w, e, why);
}

static void
on_old(void *ctx, const struct redis_reply *reply)
{
	struct scribe *w = ctx;
	const struct op *op = w->queue;
	bool odd =
	    reply->kind == REDIS_ERROR && strncmp(reply->text, "WRONGTYPE", 9) == 0;
	struct fields merged = {0};
	struct buf why = {0};
	char reason[256];
	enum fault fault;
	enum err e = OK;

	if (w->error == NULL && !odd) {
		fault = link_check(reply, REDIS_ARRAY, reason, sizeof(reason));
		if (fault != FAULT_NONE) {
			w->error = mem_str(reason);
			w->error_fault = fault;
		}
	}
	if (w->error != NULL) {
		buf_printf(&why, "not written: %s", w->error);
		finish(w, err_of_fault(w->error_fault), buf_text(&why));
		buf_fini(&why);
		return;
	}
	if (op->is_delete && !odd && reply->count == 0) {
		e = ERR_MISSING;
		buf_str(&why, "there is no such record");
	} else if (!op->is_delete && odd && !(op->how & STORE_REPLACE)) {
		e = ERR_DENIED;
		buf_str(&why, "what is there is not a hash; replace it or delete it");
	} else if (!op->is_delete && !merge(op, reply, &merged)) {
		e = ERR_DENIED;
		buf_str(&why, "what is there can not be read; replace it or delete it");
	} else {
		e = w->hooks.check(
		    w->hooks.ctx, op->key, op->is_delete ? NULL : &merged, op->how, &why);
	}
	fields_fini(&merged);
	if (e == OK)
		write_it(w);
	else
		refuse(w, e, buf_text(&why));
	buf_fini(&why);
}

static void
read_old(struct scribe *w)
{
	const struct op *op = w->queue;
	const char *watch[] = {"WATCH", op->key}, *read[] = {"HGETALL", op->key};
	const size_t lens[] = {5, op->key_len}, read_lens[] = {7, op->key_len};

	link_ask(w->link, on_queued, 2, watch, lens);
	link_ask(w->link, on_old, 2, read, read_lens);
}

/* ---- the connection ---- */

static void
on_ready(void *ctx)
{
	struct scribe *w = ctx;

	w->ready = true;
	if (w->running)
		read_old(w);
}

static bool
begin_connect(struct scribe *w)
{
	struct link_hooks hooks = {on_ready, NULL, on_down, w};
	struct link_to to;

	link_to_server(&to, w->cfg, &w->cfg->writer);
	if (!w->hooks.find(w->hooks.ctx, &to.address))
		return false;
	w->link = link_open(w->loop, &to, &hooks);
	return true;
}

/* Begins with the first of the queue. */
static void
start(struct scribe *w)
{
	w->running = true;
	w->used = mono_now();
	if (w->queue->tries == 0)
		w->queue->since = w->used;
	loop_timer_set_ms(w->tick, TICK_MS);
	if (w->ready)
		read_old(w);
	else if (w->link == NULL && !begin_connect(w))
		finish(w, ERR_CLOSED,
		    "not written: there is no connection to Redis; see `status`");
}

/* A loop and no recursion: a long queue may fail without ever waiting. */
static void
run(struct scribe *w)
{
	if (w->pumping)
		return;
	w->pumping = true;
	while (w->queue != NULL && !w->running)
		start(w);
	w->pumping = false;
}

static void
on_tick(void *ctx)
{
	struct scribe *w = ctx;
	struct mono now = mono_now();

	unseen_drop_late(&w->unseen, now);
	if (w->running && mono_diff_ms(now, w->queue->since) > SCRIBE_WAIT_MS)
		fail(w, FAULT_SILENT, "Redis did not answer within 5 s");
	if (!w->running && w->link != NULL &&
	    mono_diff_ms(now, w->used) > SCRIBE_IDLE_MS) {
		link_close(w->link);
		w->link = NULL;
		w->ready = false;
	}
	if (w->running || w->unseen.first != NULL || w->link != NULL)
		loop_timer_set_ms(w->tick, TICK_MS);
}

/* ---- life ---- */

struct scribe *
scribe_new(
    struct loop *loop, const struct config_store *cfg, const struct scribe_hooks *hooks)
{
	struct scribe *w = mem_new(sizeof(*w));

	w->loop = loop;
	w->cfg = cfg;
	w->hooks = *hooks;
	w->last = &w->queue;
	w->tick = loop_timer_new(loop, on_tick, w);
	return w;
}

void
scribe_free(struct scribe *w)
{
	if (w == NULL)
		return;
	link_close(w->link);
	w->link = NULL;
	w->ready = false;
	while (w->queue != NULL)
		answer(take_first(w), ERR_CLOSED,
		    "the server is stopping: it may not be written");
	unseen_fini(&w->unseen);
	loop_timer_free(w->tick);
	mem_free(w);
}

unsigned
scribe_saw(struct scribe *w, const char *key, size_t len, const struct fields *fields,
    const char *why)
{
	return unseen_saw(&w->unseen, key, len, fields, why);
}

void
scribe_flushed(struct scribe *w)
{
	unseen_flushed(&w->unseen);
}

void
scribe_live(struct scribe *w)
{
	unseen_each(&w->unseen, w->hooks.touch, w->hooks.ctx);
}

void
scribe_reconfigure(struct scribe *w, const struct config_store *cfg)
{
	w->cfg = cfg;
	if (w->link != NULL)
		fail(w, FAULT_CHANGED, "the configuration has changed; try again");
}

static void
add(struct scribe *w, struct op *op, const char *key, store_done *done, void *ctx)
{
	op->key = mem_str(key);
	op->key_len = strlen(key);
	op->done = done;
	op->ctx = ctx;
	*w->last = op;
	w->last = &op->next;
	run(w);
}

void
scribe_set(struct scribe *w, const char *key, const struct fields *fields, unsigned how,
    store_done *done, void *ctx)
{
	struct op *op = mem_new(sizeof(*op));

	op->how = how;
	fields_copy(&op->fields, fields);
	add(w, op, key, done, ctx);
}

void
scribe_delete(
    struct scribe *w, const char *key, unsigned how, store_done *done, void *ctx)
{
	struct op *op = mem_new(sizeof(*op));

	op->is_delete = true;
	op->how = how;
	add(w, op, key, done, ctx);
}
