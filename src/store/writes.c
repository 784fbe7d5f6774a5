/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/writes.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/batch.h"

/* Of one transaction; who writes more at once waits no longer than for two. */
enum { GROUP_MAX = 64 };

struct write_op {
	struct write_op *next;
	struct writes *writes;
	enum err e; /* of reading what was there */
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

/* The first is through, and others of its group may follow. */
static void
end_first(struct writes *w, enum err e, const char *why)
{
	struct write_op *op = w->first;

	w->first = op->next;
	if (w->first == NULL)
		w->last = &w->first;
	if (op->batch != NULL)
		op->batch->done(op->batch, e, why);
	else
		op->done(op->ctx, e, why);
	mem_free(op->key);
	fields_fini(&op->fields);
	mem_free(op);
}

static void
finish(struct writes *w, enum err e, const char *why)
{
	end_first(w, e, why);
	w->running = false;
	pump(w);
}

static void
fail(struct writes *w, enum err e)
{
	char reason[256];

	disk_get_reason(w->disk, reason, sizeof(reason));
	finish(w, e, reason[0] != '\0' ? reason : err_text(e));
}

static void
see(struct writes *w, struct write_op *op)
{
	size_t len = strlen(op->key);

	if (op->is_delete)
		ledger_delete(w->ledger, op->key, len);
	else
		ledger_put(w->ledger, op->key, len, &op->fields, true);
	if (op->how & STORE_FORCE)
		ledger_force(w->ledger, op->key, len, w->ledger->now);
}

/* On disk: now they may be seen, and who wrote them is told. */
static void
on_written(void *ctx, enum err e)
{
	struct writes *w = ctx;
	struct write_op *op = w->first;
	char reason[256] = "";

	if (e != OK) {
		disk_get_reason(w->disk, reason, sizeof(reason));
		if (reason[0] == '\0')
			snprintf(reason, sizeof(reason), "%s", err_text(e));
	} else {
		w->ledger->now = mono_now();
		for (size_t i = 0; i < w->group; i++, op = op->next)
			see(w, op);
		w->flush(w->ctx);
	}
	while (w->group != 0) {
		w->group--;
		end_first(w, e, reason);
	}
	w->running = false;
	pump(w);
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

static struct disk_row
row_of(const struct write_op *op)
{
	struct disk_row row = {.key = mem_str(op->key)};

	if (!op->is_delete)
		fields_copy(&row.fields, &op->fields);
	return row;
}

/* How many of the group are good as things stand now: it ends before one that is not,
 * which what comes before it may yet make good. */
static size_t
check_group(struct writes *w, enum err *first_err, struct buf *why)
{
	struct write_op *op = w->first;
	size_t n = 0;

	for (; n < w->group; n++, op = op->next) {
		struct buf reason = {0};
		enum err e = op->e;

		if (e != OK)
			buf_str(&reason, err_text(e));
		else if (op->is_delete)
			e = index_find(&w->ledger->index, op->key, strlen(op->key)) ==
			            NULL
			        ? ERR_MISSING
			        : OK;
		else
			e = ledger_check(
			    w->ledger, op->key, strlen(op->key), &op->fields, &reason);
		if (e == ERR_MISSING && op->is_delete)
			buf_str(&reason, "there is no such record");
		if (e != OK && n == 0) {
			*first_err = e;
			buf_str(why, buf_text(&reason));
		}
		buf_fini(&reason);
		if (e != OK)
			break;
	}
	return n;
}

/* The guard judges the group as a whole; what it refuses so, it judges one by one. */
static void
write_group(struct writes *w)
{
	struct disk_row *rows;
	struct write_op *op = w->first;
	struct buf why = {0};
	enum err e = OK;

	w->group = check_group(w, &e, &why);
	if (w->group == 0) {
		finish(w, e, buf_text(&why));
		buf_fini(&why);
		return;
	}
	rows = mem_array(w->group, sizeof(*rows));
	for (size_t i = 0; i < w->group; i++, op = op->next)
		rows[i] = row_of(op);
	e = ask_guard(w, rows, w->group, &why);
	if (e != OK && w->group > 1) {
		while (w->group > 1) {
			w->group--;
			mem_free(rows[w->group].key);
			fields_fini(&rows[w->group].fields);
		}
		buf_clear(&why);
		e = ask_guard(w, rows, 1, &why);
	}
	if (e == OK) {
		disk_write(w->disk, rows, w->group, on_written, w);
	} else {
		batch_free_copy(rows, 1);
		finish(w, e, buf_text(&why));
	}
	buf_fini(&why);
}

/* The record as it was: fields that are not given stay. */
static void
on_read(void *ctx, enum err e, const char *key, const struct fields *fields)
{
	struct write_op *op = ctx;
	struct writes *w = op->writes;

	(void)key;
	op->e = e == ERR_MISSING ? OK : e;
	for (size_t i = 0; e == OK && i < fields->count; i++) {
		const struct field *f = &fields->list[i];

		if (fields_find(&op->fields, f->name) == NULL &&
		    fields_set(&op->fields, f->name, f->value, f->len) != OK)
			op->e = ERR_CORRUPT;
	}
	if (--w->reading == 0)
		write_group(w);
}

static bool
is_before(const struct write_op *first, const struct write_op *op)
{
	for (; first != op; first = first->next)
		if (strcmp(first->key, op->key) == 0)
			return true;
	return false;
}

/*
 * All that wait and do not touch the same record go together: one transaction, one wait
 * for the disk. One that is forced goes alone, so that nothing else is forced with it.
 */
static void
run_group(struct writes *w)
{
	struct write_op *op = w->first;

	for (w->group = 0; op != NULL && w->group < GROUP_MAX; op = op->next) {
		if (op->batch != NULL || is_before(w->first, op) ||
		    ((op->how & STORE_FORCE) && w->group != 0))
			break;
		op->e = OK;
		w->group++;
		if (op->how & STORE_FORCE)
			break;
	}
	w->reading = 1; /* we ourselves, until all are asked */
	op = w->first;
	for (size_t i = 0; i < w->group; i++, op = op->next) {
		if (op->is_delete || (op->how & STORE_REPLACE))
			continue;
		w->reading++;
		disk_read(w->disk, op->key, on_read, op);
	}
	if (--w->reading == 0)
		write_group(w);
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
	else
		run_group(w);
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
	op->writes = w;
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
