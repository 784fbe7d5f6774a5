/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/scribe.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/scribe_inside.h"

/* What waits together is written together: one transaction, few round trips. */
enum { TICK_MS = 100, GROUP_MAX = 64 };

static void
op_free(struct op *op)
{
	mem_free(op->key);
	fields_fini(&op->fields);
	fields_fini(&op->merged);
	buf_fini(&op->why);
	mem_free(op);
}

/* why NULL: somebody else answers. */
void
scribe_answer(struct op *op, enum err e, const char *why)
{
	if (why != NULL && op->batch != NULL)
		op->batch->done(op->batch, e, why);
	else if (why != NULL)
		op->done(op->ctx, e, why);
	op_free(op);
}

/* The group is under way no more. */
static struct op *
take_group(struct scribe *w)
{
	struct op *group = w->group;

	w->group = w->reading = NULL;
	w->sent = false;
	mem_free(w->error);
	w->error = NULL;
	return group;
}

static void
answer_all(struct scribe *w, enum err e, const char *why)
{
	struct op *group = take_group(w);

	while (group != NULL) {
		struct op *next = group->next;

		scribe_answer(group, e, why);
		group = next;
	}
}

void
scribe_finish(struct scribe *w, enum err e, const char *why)
{
	answer_all(w, e, why);
	scribe_run(w);
}

void
scribe_put_back(struct scribe *w)
{
	struct op *group = take_group(w), *op = group;

	for (;; op = op->next) {
		op->alone = true;
		if (op->next == NULL)
			break;
	}
	op->next = w->queue;
	if (w->queue == NULL)
		w->last = &op->next;
	w->queue = group;
	scribe_run(w);
}

enum err
scribe_err_of_fault(enum fault fault)
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

	if (w->sent)
		snprintf(text, sizeof(text), "it is not known whether it was written: %s",
		    reason);
	else
		snprintf(text, sizeof(text), "not written: %s", reason);
	link_close(w->link);
	w->link = NULL;
	w->ready = w->watching = false;
	if (w->group == NULL)
		return;
	if (fault == FAULT_DENIED || fault == FAULT_CLUSTER || fault == FAULT_FULL)
		w->hooks.refused(w->hooks.ctx, fault, reason);
	scribe_finish(w, scribe_err_of_fault(fault), text);
}

static void
on_down(void *ctx, enum fault fault, const char *reason)
{
	fail(ctx, fault, reason);
}

/* ---- the connection ---- */

static void
on_ready(void *ctx)
{
	struct scribe *w = ctx;

	w->ready = true;
	if (w->group != NULL)
		scribe_begin_group(w);
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

static bool
is_before(const struct op *first, const struct op *op)
{
	for (; first != op; first = first->next)
		if (strcmp(first->key, op->key) == 0)
			return true;
	return false;
}

/*
 * The first of the queue, and those behind it that may go with it: each record once; what
 * is forced goes alone, so that nothing else is forced with it, and so does a batch.
 */
static void
cut_group(struct scribe *w)
{
	struct op *op = w->queue, **end = &w->queue;

	for (size_t n = 0; op != NULL && n < GROUP_MAX; n++, op = *end) {
		bool single =
		    op->alone || op->batch != NULL || (op->how & STORE_FORCE) != 0;

		if (n != 0 && (single || is_before(w->queue, op)))
			break;
		end = &op->next;
		if (single)
			break;
	}
	w->group = w->queue;
	w->queue = *end;
	*end = NULL;
	if (w->queue == NULL)
		w->last = &w->queue;
}

static void
start(struct scribe *w)
{
	cut_group(w);
	w->used = w->since = mono_now();
	loop_timer_set_ms(w->tick, TICK_MS);
	if (w->ready)
		scribe_begin_group(w);
	else if (w->link == NULL && !begin_connect(w))
		scribe_finish(w, ERR_CLOSED,
		    "not written: there is no connection to Redis; see `status`");
}

/* A loop and no recursion: a long queue may fail without ever waiting. */
void
scribe_run(struct scribe *w)
{
	if (w->pumping)
		return;
	w->pumping = true;
	while (w->queue != NULL && w->group == NULL)
		start(w);
	w->pumping = false;
}

static void
on_tick(void *ctx)
{
	struct scribe *w = ctx;
	struct mono now = mono_now();

	unseen_drop_late(&w->unseen, now);
	if (w->group != NULL && mono_diff_ms(now, w->since) > SCRIBE_WAIT_MS)
		fail(w, FAULT_SILENT, "Redis did not answer within 5 s");
	if (w->group == NULL && w->link != NULL &&
	    mono_diff_ms(now, w->used) > SCRIBE_IDLE_MS) {
		link_close(w->link);
		w->link = NULL;
		w->ready = w->watching = false;
	}
	if (w->group != NULL || !unseen_is_empty(&w->unseen) || w->link != NULL)
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
	w->pumping = true; /* begins no more */
	answer_all(w, ERR_CLOSED, "the server is stopping: it may not be written");
	while (w->queue != NULL) {
		cut_group(w);
		answer_all(w, ERR_CLOSED, "the server is stopping: not written");
	}
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
	scribe_run(w);
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

void
scribe_batch(struct scribe *w, struct store_batch *b)
{
	struct op *op = mem_new(sizeof(*op));

	op->batch = b;
	add(w, op, "", NULL, NULL);
}
