/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "store/scribe_inside.h"

/* A server's reason for refusing writes, as far as it is of more than this one. */
static void
note(struct scribe *w, enum fault fault, const char *reason)
{
	if (fault == FAULT_NONE || fault == FAULT_DENIED || fault == FAULT_READ_ONLY ||
	    fault == FAULT_FULL || fault == FAULT_DISK || fault == FAULT_CLUSTER)
		w->hooks.refused(w->hooks.ctx, fault, reason);
}

static void
keep_error(struct scribe *w, enum fault fault, const char *reason)
{
	if (fault == FAULT_NONE || w->error != NULL)
		return;
	w->error = mem_str(reason);
	w->error_fault = fault;
}

/* All of it fails with the first error. */
static void
finish_refused(struct scribe *w)
{
	char *text = mem_printf("not written: %s", w->error);
	enum fault fault = w->error_fault;

	note(w, fault, w->error);
	scribe_finish(w, scribe_err_of_fault(fault), text);
	mem_free(text);
}

/* ---- EXEC ---- */

/* Another was faster with one of them: which, is not said. */
static void
try_again(struct scribe *w)
{
	for (struct op *op = w->group; op != NULL; op = op->next)
		op->tries++;
	if (w->group->tries < SCRIBE_TRIES)
		scribe_put_back(w);
	else
		scribe_finish(w, ERR_BUSY, "not written: others write it all the time");
}

static void
touch_row(
    void *ctx, const struct store_batch *b, size_t i, store_done *done, void *done_ctx)
{
	const struct disk_row *row = &b->rows[i];
	struct scribe *w = ctx;
	struct fields fields = {0};

	fields_copy(&fields, &row->fields);
	unseen_add(
	    &w->unseen, row->key, &fields, b->force ? STORE_FORCE : 0, done, done_ctx);
	w->hooks.touch(w->hooks.ctx, row->key, strlen(row->key));
}

/* It is done when our own replica has seen it. */
static void
hand_on(struct scribe *w, struct op *op)
{
	if (op->batch != NULL) {
		batch_each(op->batch, touch_row, w);
	} else {
		unseen_add(&w->unseen, op->key, op->is_delete ? NULL : &op->fields,
		    op->how, op->done, op->ctx);
		w->hooks.touch(w->hooks.ctx, op->key, op->key_len);
	}
}

static void
on_exec(void *ctx, const struct redis_reply *reply)
{
	struct scribe *w = ctx;
	struct op *group = w->group;
	char reason[256];

	w->watching = false;
	if (reply->kind == REDIS_NIL) {
		try_again(w);
		return;
	}
	/* errors while a transaction is gathered name the reason, EXEC's does not; then
	 * nothing is written, and each may still be good by itself */
	if (w->error != NULL && group->next != NULL) {
		scribe_put_back(w);
		return;
	}
	keep_error(w, link_check(reply, REDIS_ARRAY, reason, sizeof(reason)), reason);
	for (size_t i = 0; w->error == NULL && i < reply->count; i++)
		if (reply->list[i]->kind == REDIS_ERROR)
			keep_error(w,
			    fault_of_error(reply->list[i]->text, reason, sizeof(reason)),
			    reason);
	if (w->error != NULL) {
		finish_refused(w);
		return;
	}
	note(w, FAULT_NONE, "");
	w->group = NULL;
	w->sent = false;
	while (group != NULL) {
		struct op *next = group->next;

		hand_on(w, group);
		scribe_answer(group, OK, NULL);
		group = next;
	}
	scribe_run(w);
}

static void
on_queued(void *ctx, const struct redis_reply *reply)
{
	char reason[256];

	keep_error(ctx, link_check(reply, REDIS_TEXT, reason, sizeof(reason)), reason);
}

static void
ask_del(struct scribe *w, const char *key)
{
	const char *words[] = {"DEL", key};

	link_ask(w->link, on_queued, 2, words, NULL);
}

static void
ask_hset(struct scribe *w, const char *key, const struct fields *fields)
{
	size_t count = 2 + 2 * fields->count;
	const char **words = mem_array(count, sizeof(*words));
	size_t *lens = mem_array(count, sizeof(*lens));

	words[0] = "HSET";
	words[1] = key;
	for (size_t i = 0; i < fields->count; i++) {
		words[2 + 2 * i] = fields->list[i].name;
		words[3 + 2 * i] = fields->list[i].value;
	}
	for (size_t i = 0; i < count; i++)
		lens[i] =
		    i > 2 && i % 2 == 1 ? fields->list[i / 2 - 1].len : strlen(words[i]);
	link_ask(w->link, on_queued, count, words, lens);
	mem_free(words);
	mem_free(lens);
}

static void
ask_batch(struct scribe *w, const struct store_batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		if (b->refused[i] != NULL)
			continue;
		ask_del(w, b->rows[i].key);
		ask_hset(w, b->rows[i].key, &b->rows[i].fields);
	}
}

static void
write_group(struct scribe *w)
{
	link_ask(w->link, on_queued, 1, (const char *[]){"MULTI"}, NULL);
	for (const struct op *op = w->group; op != NULL; op = op->next) {
		if (op->batch != NULL)
			ask_batch(w, op->batch);
		else if (op->is_delete || (op->how & STORE_REPLACE))
			ask_del(w, op->key);
		if (op->batch == NULL && !op->is_delete)
			ask_hset(w, op->key, &op->fields);
	}
	w->sent = true;
	link_ask(w->link, on_exec, 1, (const char *[]){"EXEC"}, NULL);
}

/* ---- may they be written? ---- */

static void
on_nothing(void *ctx, const struct redis_reply *reply)
{
	(void)ctx;
	(void)reply;
}

/* An empty transaction forgets what is watched, as UNWATCH would, for which the user may
 * lack the permission. */
static void
forget(struct scribe *w)
{
	if (!w->watching)
		return;
	w->watching = false;
	link_ask(w->link, on_nothing, 1, (const char *[]){"MULTI"}, NULL);
	link_ask(w->link, on_nothing, 1, (const char *[]){"EXEC"}, NULL);
}

struct rows {
	struct disk_row *list; /* what is in them is borrowed */
	size_t count, cap;
};

static void
add_row(struct rows *rows, const char *key, const struct fields *fields)
{
	struct disk_row row = {.key = (char *)(uintptr_t)key};

	if (fields != NULL)
		row.fields = *fields;
	rows->list = mem_grow(rows->list, rows->count, &rows->cap, sizeof(*rows->list));
	rows->list[rows->count++] = row;
}

static void
add_deleted(void *ctx, const char *key)
{
	add_row(ctx, key, NULL);
}

/* What was deleted a moment ago, and the replica has not seen, is lost as well. */
MUST_CHECK static enum err
ask_guard(struct scribe *w, struct buf *why)
{
	struct rows rows = {0};
	struct buf loss = {0};
	enum err e;

	for (const struct op *op = w->group; op != NULL; op = op->next) {
		for (size_t i = 0; op->batch != NULL && i < op->batch->count; i++)
			if (op->batch->refused[i] == NULL)
				add_row(&rows, op->batch->rows[i].key,
				    &op->batch->rows[i].fields);
		if (op->batch == NULL)
			add_row(&rows, op->key, op->is_delete ? NULL : &op->merged);
	}
	unseen_each_deleted(&w->unseen, add_deleted, &rows);
	e = w->hooks.guard(w->hooks.ctx, rows.list, rows.count, &loss);
	if (e != OK)
		buf_printf(why, "%s; --force does it all the same", buf_text(&loss));
	buf_fini(&loss);
	mem_free(rows.list);
	return e;
}

static void
check_batch(struct scribe *w)
{
	struct store_batch *b = w->group->batch;
	struct buf why = {0};
	enum err e = w->hooks.check_batch(w->hooks.ctx, b, &why);

	if (e == OK && !b->force && b->refused_count != b->count)
		e = ask_guard(w, &why);
	if (e != OK || b->refused_count == b->count)
		scribe_finish(w, e, buf_text(&why));
	else
		write_group(w);
	buf_fini(&why);
}

/* Those that are refused leave the group. */
static struct op *
take_refused(struct scribe *w)
{
	struct op *refused = NULL, **end = &refused;

	for (struct op **at = &w->group; *at != NULL;) {
		struct op *op = *at;

		if (op->e == OK)
			op->e = w->hooks.check(w->hooks.ctx, op->key,
			    op->is_delete ? NULL : &op->merged, &op->why);
		if (op->e == OK) {
			at = &op->next;
			continue;
		}
		*at = op->next;
		*end = op;
		end = &op->next;
		op->next = NULL;
	}
	return refused;
}

static void
guard_group(struct scribe *w)
{
	struct buf why = {0};
	enum err e = OK;

	if (!(w->group->how & STORE_FORCE))
		e = ask_guard(w, &why);
	if (e == OK) {
		write_group(w);
	} else {
		forget(w);
		/* judged as a whole; what is refused so, is judged one by one */
		if (w->group->next != NULL)
			scribe_put_back(w);
		else
			scribe_finish(w, e, buf_text(&why));
	}
	buf_fini(&why);
}

static void
check_group(struct scribe *w)
{
	struct op *refused = take_refused(w);
	bool is_empty = w->group == NULL;

	if (is_empty)
		forget(w);
	else
		guard_group(w);
	/* an answer may bring the next group */
	while (refused != NULL) {
		struct op *next = refused->next;

		scribe_answer(refused, refused->e, buf_text(&refused->why));
		refused = next;
	}
	if (is_empty)
		scribe_run(w);
}

/* ---- what is there now ---- */

static bool
wants_old(const struct op *op)
{
	return op->is_delete || !(op->how & STORE_REPLACE);
}

static struct op *
next_to_read(struct op *op)
{
	while (op != NULL && !wants_old(op))
		op = op->next;
	return op;
}

/* The record as it would become; false: not one that could be. */
static bool
merge(struct op *op, const struct redis_reply *old)
{
	struct fields *out = &op->merged;

	for (size_t i = 0; i + 1 < old->count; i += 2) {
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
take_old(struct op *op, const struct redis_reply *reply)
{
	bool odd = reply->kind == REDIS_ERROR;

	if (op->is_delete && !odd && reply->count == 0) {
		op->e = ERR_MISSING;
		buf_str(&op->why, "there is no such record");
	} else if (!op->is_delete && odd) {
		op->e = ERR_DENIED;
		buf_str(&op->why, "what is there is not a hash; replace it or delete it");
	} else if (!op->is_delete && !merge(op, reply)) {
		op->e = ERR_DENIED;
		buf_str(
		    &op->why, "what is there can not be read; replace it or delete it");
	}
}

static void
on_old(void *ctx, const struct redis_reply *reply)
{
	struct scribe *w = ctx;
	struct op *op = w->reading;
	char reason[256];

	if (reply->kind != REDIS_ERROR || strncmp(reply->text, "WRONGTYPE", 9) != 0)
		keep_error(
		    w, link_check(reply, REDIS_ARRAY, reason, sizeof(reason)), reason);
	if (w->error == NULL)
		take_old(op, reply);
	w->reading = next_to_read(op->next);
	if (w->reading != NULL)
		return;
	if (w->error == NULL)
		check_group(w);
	else if (w->group->next != NULL) { /* one may lack a permission, and others not */
		forget(w);
		scribe_put_back(w);
	} else
		finish_refused(w);
}

static void
read_old(struct scribe *w, const struct op *op)
{
	link_ask(w->link, on_queued, 2, (const char *[]){"WATCH", op->key}, NULL);
	link_ask(w->link, on_old, 2, (const char *[]){"HGETALL", op->key}, NULL);
	w->watching = true;
}

void
scribe_begin_group(struct scribe *w)
{
	if (w->group->batch != NULL) {
		check_batch(w);
		return;
	}
	w->reading = next_to_read(w->group);
	for (struct op *op = w->group; op != NULL; op = op->next) {
		op->e = OK;
		buf_clear(&op->why);
		fields_fini(&op->merged);
		fields_copy(&op->merged, &op->fields);
		if (wants_old(op))
			read_old(w, op);
	}
	if (w->reading == NULL)
		check_group(w);
}
