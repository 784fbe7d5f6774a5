/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/writes.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/batch.h"

struct write_op {
	struct write_op *next;
	bool is_delete;
	unsigned how; /* STORE_REPLACE, STORE_FORCE */
	char *key;
	struct fields fields;
	struct store_batch *batch; /* NULL: one record */
	store_done *done;
	void *ctx;
};

static void
pump(struct writes *w);

void
writes_init(struct writes *w, struct disk *disk, struct ledger *ledger,
    void (*flush)(void *ctx), void *ctx)
{
	memset(w, 0, sizeof(*w));
	w->disk = disk;
	w->ledger = ledger;
	w->flush = flush;
	w->ctx = ctx;
	w->last = &w->first;
}

/* The first is through. */
static void
finish(struct writes *w, enum err e, const char *why)
{
	struct write_op *op = w->first;

	w->first = op->next;
	if (w->first == NULL)
		w->last = &w->first;
	w->running = false;
	if (op->batch != NULL)
		op->batch->done(op->batch, e, why);
	else
		op->done(op->ctx, e, why);
	mem_free(op->key);
	fields_fini(&op->fields);
	mem_free(op);
	pump(w);
}

static void
fail(struct writes *w, enum err e)
{
	char reason[256];

	disk_get_reason(w->disk, reason, sizeof(reason));
	finish(w, e, reason[0] != '\0' ? reason : err_text(e));
}

/* On disk: now it may be seen. */
static void
on_written(void *ctx, enum err e)
{
	struct writes *w = ctx;
	struct write_op *op = w->first;
	size_t len = strlen(op->key);

	if (e != OK) {
		fail(w, e);
		return;
	}
	w->ledger->now = mono_now();
	if (op->is_delete)
		ledger_delete(w->ledger, op->key, len);
	else
		ledger_put(w->ledger, op->key, len, &op->fields, true);
	if (op->how & STORE_FORCE)
		ledger_force(w->ledger, op->key, len, w->ledger->now);
	w->flush(w->ctx);
	finish(w, OK, "");
}

MUST_CHECK static enum err
ask_guard(struct writes *w, const struct disk_row *rows, size_t count, struct buf *why)
{
	struct buf loss = {0};
	enum err e = OK;

	if (!(w->first->how & STORE_FORCE))
		e = ledger_guard(w->ledger, rows, count, mono_now(), &loss);
	if (e != OK)
		buf_printf(why, "%s; --force does it all the same", buf_text(&loss));
	buf_fini(&loss);
	return e;
}

static void
write_op(struct writes *w)
{
	struct write_op *op = w->first;
	struct disk_row *row;
	struct buf why = {0};
	enum err e = OK;

	if (!op->is_delete)
		e = ledger_check(w->ledger, op->key, strlen(op->key), &op->fields, &why);
	row = mem_new(sizeof(*row));
	row->key = mem_str(op->key);
	if (!op->is_delete)
		fields_copy(&row->fields, &op->fields);
	if (e == OK)
		e = ask_guard(w, row, 1, &why);
	if (e != OK) {
		fields_fini(&row->fields);
		mem_free(row->key);
		mem_free(row);
		finish(w, e, buf_text(&why));
		buf_fini(&why);
		return;
	}
	buf_fini(&why);
	disk_write(w->disk, row, 1, on_written, w);
}

/* The record as it was: fields that are not given stay. */
static void
on_read(void *ctx, enum err e, const char *key, const struct fields *fields)
{
	struct writes *w = ctx;
	struct write_op *op = w->first;

	(void)key;
	if (e != OK && e != ERR_MISSING) {
		fail(w, e);
		return;
	}
	for (size_t i = 0; e == OK && i < fields->count; i++) {
		const struct field *f = &fields->list[i];

		if (fields_find(&op->fields, f->name) == NULL &&
		    fields_set(&op->fields, f->name, f->value, f->len) != OK)
			e = ERR_CORRUPT;
	}
	if (e == ERR_CORRUPT)
		fail(w, e);
	else
		write_op(w);
}

static void
on_batch_written(void *ctx, enum err e)
{
	struct writes *w = ctx;
	struct store_batch *b = w->first->batch;

	if (e != OK) {
		fail(w, e);
		return;
	}
	w->ledger->now = mono_now();
	for (size_t i = 0; i < b->count; i++) {
		const char *key = b->rows[i].key;

		if (b->refused[i] != NULL)
			continue;
		ledger_put(w->ledger, key, strlen(key), &b->rows[i].fields, true);
		if (w->first->how & STORE_FORCE)
			ledger_force(w->ledger, key, strlen(key), w->ledger->now);
	}
	w->flush(w->ctx);
	finish(w, OK, "");
}

static void
run_batch(struct writes *w)
{
	struct store_batch *b = w->first->batch;
	struct buf why = {0};
	struct disk_row *rows;
	size_t count;
	enum err e = batch_check(b, w->ledger, &why);

	if (e != OK || b->only_check || b->refused_count == b->count) {
		finish(w, e, buf_text(&why));
	} else if (!disk_is_on(w->disk)) {
		fail(w, ERR_IO);
	} else {
		rows = batch_copy_good(b, &count);
		e = ask_guard(w, rows, count, &why);
		if (e == OK) {
			disk_write(w->disk, rows, count, on_batch_written, w);
		} else {
			batch_free_copy(rows, count);
			finish(w, e, buf_text(&why));
		}
	}
	buf_fini(&why);
}

static void
run(struct writes *w)
{
	struct write_op *op = w->first;

	w->running = true;
	if (op->batch != NULL)
		run_batch(w);
	else if (!disk_is_on(w->disk))
		fail(w, ERR_IO);
	else if (op->is_delete &&
	         index_find(&w->ledger->index, op->key, strlen(op->key)) == NULL)
		finish(w, ERR_MISSING, "there is no such record");
	else if (op->is_delete || (op->how & STORE_REPLACE))
		write_op(w);
	else
		disk_read(w->disk, op->key, on_read, w);
}

/* A loop and no recursion: a long queue may fail without ever waiting. */
static void
pump(struct writes *w)
{
	if (w->pumping)
		return;
	w->pumping = true;
	while (w->first != NULL && !w->running && !w->closed)
		run(w);
	w->pumping = false;
}

void
writes_close(struct writes *w)
{
	w->closed = true;
}

void
writes_fini(struct writes *w)
{
	w->closed = true;
	while (w->first != NULL)
		finish(w, ERR_CLOSED, "the server is stopping");
}

static void
add(struct writes *w, struct write_op *op)
{
	*w->last = op;
	w->last = &op->next;
	pump(w);
}

void
writes_set(struct writes *w, const char *key, const struct fields *fields, unsigned how,
    store_done *done, void *ctx)
{
	struct write_op *op = mem_new(sizeof(*op));

	op->how = how;
	op->key = mem_str(key);
	fields_copy(&op->fields, fields);
	op->done = done;
	op->ctx = ctx;
	add(w, op);
}

void
writes_delete(
    struct writes *w, const char *key, unsigned how, store_done *done, void *ctx)
{
	struct write_op *op = mem_new(sizeof(*op));

	op->is_delete = true;
	op->how = how;
	op->key = mem_str(key);
	op->done = done;
	op->ctx = ctx;
	add(w, op);
}

void
writes_batch(struct writes *w, struct store_batch *b)
{
	struct write_op *op = mem_new(sizeof(*op));

	op->batch = b;
	op->how = b->force ? STORE_FORCE : 0;
	add(w, op);
}
