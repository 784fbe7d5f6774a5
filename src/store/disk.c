/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/disk.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/db.h"

/* A replica's rows wait this long for company, so a kill loses less than a second. */
enum { GATHER_MS = 500, GATHER_ROWS = 20000 };

enum job_kind { JOB_WRITE, JOB_META, JOB_READ, JOB_SCAN };

struct job {
	struct mail mail; /* first: the way back */
	struct job *next;
	enum job_kind kind;
	enum err e;
	struct disk_row *rows; /* written, or the page that was read */
	size_t count;
	size_t cap;
	char *key; /* of READ and META; of SCAN, where to go on */
	char *value;
	struct fields fields;
	size_t max;
	disk_done *done;
	disk_got *got;
	disk_page *page;
	void *ctx;
};

struct disk {
	struct db *db; /* NULL: off */
	struct loop *loop;
	enum disk_mode mode;
	char *path;
	pthread_t thread;
	bool running;
	bool closed; /* only the store thread looks */
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake;
	struct job *first, **last;
	size_t waiting_rows;
	bool urgent; /* somebody waits for an answer */
	bool stop;
	char reason[256];
};

static void
set_reason(struct disk *d, const char *text)
{
	bool is_new;

	pthread_mutex_lock(&d->lock);
	is_new = strcmp(d->reason, text) != 0;
	snprintf(d->reason, sizeof(d->reason), "%s", text);
	pthread_mutex_unlock(&d->lock);
	if (is_new && *text != '\0')
		log_error("store disk cannot be written reason=\"%s\"", text);
	else if (is_new)
		log_notice("store disk is written again");
}

void
disk_get_reason(struct disk *d, char *out, size_t size)
{
	pthread_mutex_lock(&d->lock);
	snprintf(out, size, "%s", d->reason);
	pthread_mutex_unlock(&d->lock);
}

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
job_free(struct job *j)
{
	free_rows(j->rows, j->count);
	mem_free(j->key);
	mem_free(j->value);
	fields_fini(&j->fields);
	mem_free(j);
}

/* In the loop: tells who asked, and frees. */
static void
job_reply(struct mail *mail)
{
	struct job *j = (struct job *)mail;

	if (j->done != NULL)
		j->done(j->ctx, j->e);
	if (j->got != NULL)
		j->got(j->ctx, j->e, j->key, j->e == OK ? &j->fields : NULL);
	if (j->page != NULL)
		j->page(j->ctx, j->e, j->rows, j->e == OK ? j->count : 0);
	job_free(j);
}

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
write_rows(struct disk *d, const struct job *first, size_t count)
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
			e = db_put(d->db, list[i].row->key, &list[i].row->fields);
	mem_free(list);
	return e;
}

MUST_CHECK static enum err
write_batch(struct disk *d, const struct job *first, size_t count)
{
	enum err e = db_begin(d->db);

	if (e != OK)
		return e;
	e = write_rows(d, first, count);
	for (const struct job *j = first; e == OK && j != NULL; j = j->next)
		if (j->kind == JOB_META)
			e = db_meta_put(d->db, j->key, j->value);
	if (e == OK)
		return db_commit(d->db);
	db_rollback(d->db);
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
read_page(struct disk *d, struct job *j)
{
	do {
		mem_free(j->value);
		j->value = NULL;
		j->e = db_each(d->db, j->key, j->max, keep_row, j);
		if (j->value != NULL) {
			mem_free(j->key);
			j->key = j->value;
			j->value = mem_str(j->key);
		}
	} while (j->e == OK && j->count == 0 && j->value != NULL);
}

/* All jobs up to the first that reads are one transaction. */
static void
run_jobs(struct disk *d, struct job *first)
{
	while (first != NULL) {
		struct job *reader = first, **end = &first;
		size_t rows = 0;
		enum err e = OK;

		while (reader != NULL && reader->kind <= JOB_META) {
			rows += reader->count;
			end = &reader->next;
			reader = reader->next;
		}
		*end = NULL;
		if (first != NULL) {
			e = write_batch(d, first, rows);
			set_reason(d, e == OK ? "" : db_reason(d->db));
		}
		while (first != NULL) {
			struct job *next = first->next;

			first->e = e;
			loop_post(d->loop, &first->mail);
			first = next;
		}
		if (reader == NULL)
			return;
		first = reader->next;
		if (reader->kind == JOB_READ)
			reader->e = db_get(d->db, reader->key, &reader->fields);
		else
			read_page(d, reader);
		loop_post(d->loop, &reader->mail);
	}
}

/* With the lock: waits until there is something to do; false at the end. */
static bool
wait_for_jobs(struct disk *d)
{
	struct timespec until;

	while (d->first == NULL && !d->stop)
		pthread_cond_wait(&d->wake, &d->lock);
	if (d->mode == DISK_EMBEDDED)
		return d->first != NULL;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += GATHER_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	while (!d->stop && !d->urgent && d->waiting_rows < GATHER_ROWS)
		if (pthread_cond_timedwait(&d->wake, &d->lock, &until) == ETIMEDOUT)
			break;
	return d->first != NULL;
}

static void *
disk_thread(void *arg)
{
	struct disk *d = arg;

	pthread_mutex_lock(&d->lock);
	while (wait_for_jobs(d)) {
		struct job *first = d->first;

		d->first = NULL;
		d->last = &d->first;
		d->waiting_rows = 0;
		d->urgent = false;
		pthread_mutex_unlock(&d->lock);
		run_jobs(d, first);
		pthread_mutex_lock(&d->lock);
	}
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

/* Begun with the first job, so that loading needs no thread. */
static bool
start_thread(struct disk *d)
{
	sigset_t all, old;

	if (d->running)
		return true;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are the control loop's */
	d->running = pthread_create(&d->thread, NULL, disk_thread, d) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return d->running;
}

static struct job *
job_new(enum job_kind kind, void *ctx)
{
	struct job *j = mem_new(sizeof(*j));

	j->kind = kind;
	j->ctx = ctx;
	j->mail.run = job_reply;
	return j;
}

static void
push(struct disk *d, struct job *j)
{
	if (d->db == NULL || d->closed || !start_thread(d)) {
		j->e = d->closed ? ERR_CLOSED : ERR_IO;
		loop_post(d->loop, &j->mail);
		return;
	}
	pthread_mutex_lock(&d->lock);
	*d->last = j;
	d->last = &j->next;
	d->waiting_rows += j->count;
	if (j->kind >= JOB_READ)
		d->urgent = true;
	pthread_cond_signal(&d->wake);
	pthread_mutex_unlock(&d->lock);
}

/* Renames the database and what belongs to it; a leftover of the name is replaced. */
static void
rename_damaged(const char *path, struct buf *why)
{
	static const char *const suffixes[] = {"-wal", "-shm", ""};
	int64_t now = wall_now_s();

	for (size_t i = 0; i < 3; i++) {
		char *from = mem_printf("%s%s", path, suffixes[i]);
		char *to =
		    mem_printf("%s.damaged-%lld%s", path, (long long)now, suffixes[i]);

		if (rename(from, to) == 0 && suffixes[i][0] == '\0')
			buf_printf(why, "; it was set aside as %s", to);
		mem_free(from);
		mem_free(to);
	}
}

static void
open_db(struct disk *d, struct buf *why)
{
	bool full = d->mode == DISK_EMBEDDED;
	enum err e = db_open(d->path, full, &d->db, why);

	if (e == ERR_CORRUPT) {
		rename_damaged(d->path, why);
		e = db_open(d->path, full, &d->db, why);
	}
	if (e != OK)
		d->db = NULL;
}

void
disk_open(const char *state_dir, enum disk_mode mode, struct loop *loop,
    struct disk **out, struct buf *why)
{
	struct disk *d = mem_new(sizeof(*d));
	pthread_condattr_t attr;
	struct buf reason = {0};

	d->mode = mode;
	d->loop = loop;
	d->last = &d->first;
	/* each mode has its own file: a replica must never pass for the store itself */
	d->path = mem_printf(
	    "%s/%s.db", state_dir, mode == DISK_EMBEDDED ? "records" : "replica");
	pthread_mutex_init(&d->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&d->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (file_make_dir(state_dir, &reason) == OK)
		open_db(d, &reason);
	if (reason.len != 0) {
		log_error("store disk trouble reason=\"%s\"", buf_text(&reason));
		snprintf(d->reason, sizeof(d->reason), "%s", buf_text(&reason));
		buf_str(why, buf_text(&reason));
	}
	buf_fini(&reason);
	*out = d;
}

void
disk_close(struct disk *d)
{
	if (d == NULL)
		return;
	if (d->running) {
		pthread_mutex_lock(&d->lock);
		d->stop = true;
		pthread_cond_signal(&d->wake);
		pthread_mutex_unlock(&d->lock);
		pthread_join(d->thread, NULL);
	}
	d->closed = true;
	loop_drain(d->loop); /* the last replies */
	loop_drain(d->loop); /* and what was asked in them, which is refused */
	assert(d->first == NULL);
	db_close(d->db);
	pthread_cond_destroy(&d->wake);
	pthread_mutex_destroy(&d->lock);
	mem_free(d->path);
	mem_free(d);
}

bool
disk_is_on(const struct disk *d)
{
	return d->db != NULL;
}

struct loading {
	void (*fn)(void *ctx, const char *key, size_t key_len, struct fields *fields);
	void *ctx;
	char **bad;
	size_t bad_count, bad_cap;
	struct db *copy_to; /* salvage: good rows go here too */
	enum err copy_err;
};

static void
load_row(void *ctx, const char *key, size_t key_len, struct fields *fields)
{
	struct loading *l = ctx;

	if (fields == NULL) {
		log_error("store row is damaged key=%.200s", key);
		l->bad = mem_grow(l->bad, l->bad_count, &l->bad_cap, sizeof(*l->bad));
		l->bad[l->bad_count++] = mem_strn(key, key_len);
		return;
	}
	if (l->copy_to != NULL && l->copy_err == OK)
		l->copy_err = db_put(l->copy_to, key, fields);
	if (l->fn != NULL)
		l->fn(l->ctx, key, key_len, fields);
}

/*
 * A page in the middle of the file can not be read. What is readable before it was
 * handed over already; now it is copied into a new file, and the old one set aside.
 */
static void
salvage(struct disk *d, struct loading *l)
{
	struct buf why = {0};
	char *fresh = mem_printf("%s.new", d->path);
	struct loading copy = {0};

	log_error(
	    "store database is damaged path=%s reason=\"%s\"", d->path, db_reason(d->db));
	buf_str(&why, "the database is damaged");
	unlink(fresh);
	if (db_open(fresh, true, &copy.copy_to, &why) == OK &&
	    db_begin(copy.copy_to) == OK) {
		if (db_each(d->db, "", SIZE_MAX, load_row, &copy) == OK)
			log_notice("store database could be read at the second try");
		if (copy.copy_err != OK || db_commit(copy.copy_to) != OK)
			buf_str(&why, "; what could be read could not be copied");
	}
	l->bad_count = 0; /* they are in the file that is set aside */
	db_close(copy.copy_to);
	db_close(d->db);
	d->db = NULL;
	rename_damaged(d->path, &why);
	if (rename(fresh, d->path) != 0)
		buf_str(&why, "; no new one could be put in its place");
	open_db(d, &why);
	snprintf(d->reason, sizeof(d->reason), "%s", buf_text(&why));
	for (size_t i = 0; i < copy.bad_count; i++)
		mem_free(copy.bad[i]);
	mem_free(copy.bad);
	mem_free(fresh);
	buf_fini(&why);
}

enum err
disk_load(struct disk *d,
    void (*fn)(void *ctx, const char *key, size_t key_len, struct fields *fields),
    void *ctx, size_t *damaged)
{
	struct loading l = {.fn = fn, .ctx = ctx};
	size_t bad_count;
	enum err e;

	assert(!d->running);
	if (d->db == NULL)
		return ERR_IO;
	e = db_each(d->db, "", SIZE_MAX, load_row, &l);
	bad_count = l.bad_count;
	if (e == ERR_CORRUPT)
		salvage(d, &l);
	for (size_t i = 0; i < bad_count; i++) {
		if (i < l.bad_count && d->db != NULL &&
		    db_set_aside(d->db, l.bad[i], strlen(l.bad[i])) != OK)
			log_error(
			    "store row cannot be set aside key=%.200s reason=\"%s\"",
			    l.bad[i], db_reason(d->db));
		mem_free(l.bad[i]);
	}
	mem_free(l.bad);
	*damaged = bad_count;
	return e;
}

enum err
disk_meta_get(struct disk *d, const char *name, char **value)
{
	assert(!d->running);
	return d->db == NULL ? ERR_MISSING : db_meta_get(d->db, name, value);
}

void
disk_meta_put(struct disk *d, const char *name, const char *value)
{
	struct job *j = job_new(JOB_META, NULL);

	j->key = mem_str(name);
	j->value = mem_str(value);
	push(d, j);
}

void
disk_write(
    struct disk *d, struct disk_row *rows, size_t count, disk_done *done, void *ctx)
{
	struct job *j = job_new(JOB_WRITE, ctx);

	j->rows = rows;
	j->count = count;
	j->done = done;
	push(d, j);
}

void
disk_read(struct disk *d, const char *key, disk_got *got, void *ctx)
{
	struct job *j = job_new(JOB_READ, ctx);

	j->key = mem_str(key);
	j->got = got;
	push(d, j);
}

void
disk_scan(struct disk *d, const char *after, size_t count, disk_page *page, void *ctx)
{
	struct job *j = job_new(JOB_SCAN, ctx);

	j->key = mem_str(after);
	j->max = count;
	j->page = page;
	push(d, j);
}
