/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/job.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---- asking and answering ---- */

static void
free_rows(struct disk_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		mem_free(rows[i].key);
		fields_fini(&rows[i].fields);
	}
	mem_free(rows);
}

static void
free_job(struct job *j)
{
	free_rows(j->rows, j->count);
	mem_free(j->state_kind);
	mem_free(j->key);
	mem_free(j->value);
	fields_fini(&j->fields);
	mem_free(j);
}

/* In the loop: tells who asked, and frees. */
static void
reply(struct mail *mail)
{
	struct job *j = (struct job *)mail;

	if (j->done != NULL)
		j->done(j->ctx, j->e);
	if (j->got != NULL)
		j->got(j->ctx, j->e, j->key, j->e == OK ? &j->fields : NULL);
	if (j->page != NULL)
		j->page(j->ctx, j->e, j->rows, j->e == OK ? j->count : 0);
	free_job(j);
}

struct job *
job_new(enum job_kind kind, void *ctx)
{
	struct job *j = mem_new(sizeof(*j));

	j->kind = kind;
	j->ctx = ctx;
	j->mail.run = reply;
	return j;
}

bool
job_is_read(const struct job *j)
{
	return j->kind >= JOB_READ;
}

/* ---- in the disk thread ---- */

struct ordered {
	const struct disk_row *row;
	size_t order;
};

static int
compare_ordered(const void *pa, const void *pb)
{
	const struct ordered *a = pa, *b = pb;
	int d = strcmp(a->row->key, b->row->key);

	return d != 0 ? d : (a->order > b->order) - (a->order < b->order);
}

/* Sorted by key, which SQLite takes ten times faster; of one key the last counts. */
MUST_CHECK static enum err
write_rows(struct db *db, const struct job *first, size_t count)
{
	struct ordered *list = mem_array(count + 1, sizeof(*list));
	size_t n = 0;
	enum err e = OK;

	for (const struct job *j = first; j != NULL; j = j->next)
		for (size_t i = 0; j->kind == JOB_WRITE && i < j->count; i++, n++)
			list[n] = (struct ordered){&j->rows[i], n};
	qsort(list, n, sizeof(*list), compare_ordered);
	for (size_t i = 0; e == OK && i < n; i++)
		if (i + 1 == n || strcmp(list[i].row->key, list[i + 1].row->key) != 0)
			e = db_put(db, list[i].row->key, &list[i].row->fields);
	mem_free(list);
	return e;
}

MUST_CHECK static enum err
write_batch(struct db *db, const struct job *first, size_t count)
{
	enum err e = db_begin(db);

	if (e != OK)
		return e;
	e = write_rows(db, first, count);
	for (const struct job *j = first; e == OK && j != NULL; j = j->next)
		if (j->kind == JOB_META)
			e = db_meta_put(db, j->key, j->value);
		else if (j->kind == JOB_STATE)
			e = db_state_put(db, j->state_kind, j->key, j->value);
	if (e == OK)
		return db_commit(db);
	db_rollback(db);
	return e;
}

static void
keep_row(void *ctx, const char *key, size_t key_len, struct fields *fields)
{
	struct job *j = ctx;

	/* where the next page begins, also when this row is damaged */
	mem_free(j->value);
	j->value = mem_strn(key, key_len);
	if (fields == NULL)
		return;
	j->rows = mem_grow(j->rows, j->count, &j->cap, sizeof(*j->rows));
	j->rows[j->count].key = mem_strn(key, key_len);
	j->rows[j->count++].fields = *fields;
	memset(fields, 0, sizeof(*fields));
}

/* A page of damaged rows alone would look like the end, so it goes on behind it. */
static void
read_page(struct db *db, struct job *j)
{
	do {
		mem_free(j->value);
		j->value = NULL;
		j->e = db_each(
		    db, &(struct db_range){.after = j->key, .max = j->max}, keep_row, j);
		if (j->value != NULL) {
			mem_free(j->key);
			j->key = j->value;
			j->value = mem_str(j->key);
		}
	} while (j->e == OK && j->count == 0 && j->value != NULL);
}

void
job_run_all(
    struct job *first, struct db *db, struct loop *loop, job_written *written, void *ctx)
{
	while (first != NULL) {
		struct job *reader = first, **end = &first;
		size_t rows = 0;
		enum err e = OK;

		while (reader != NULL && !job_is_read(reader)) {
			rows += reader->count;
			end = &reader->next;
			reader = reader->next;
		}
		*end = NULL;
		if (first != NULL) {
			e = write_batch(db, first, rows);
			written(ctx, e);
		}
		while (first != NULL) {
			struct job *next = first->next;

			first->e = e;
			loop_post(loop, &first->mail);
			first = next;
		}
		if (reader == NULL)
			return;
		first = reader->next;
		if (reader->kind == JOB_READ)
			reader->e = db_get(db, reader->key, &reader->fields);
		else
			read_page(db, reader);
		loop_post(loop, &reader->mail);
	}
}
