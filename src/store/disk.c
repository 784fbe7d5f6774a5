/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/disk.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/file.h"
#include "base/inhand.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/niceness.h"
#include "base/thread.h"
#include "store/db.h"
#include "store/job.h"
#include "store/load.h"
#include "store/salvage.h"
#include "store/unsaved.h"

/* A replica's rows wait this long for company, so a kill loses less than a second. */
enum { GATHER_MS = 500, GATHER_ROWS = 20000 };

struct disk {
	struct db *db; /* NULL: off */
	struct loop *loop;
	enum disk_mode mode;
	char *folder, *path;
	bool read_only; /* only loaded from: closed then */
	pthread_t thread;
	bool running;
	bool closed; /* only the store thread looks */
	struct unsaved unsaved; /* and touches this */
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake, idle;
	struct job *first, **last;
	size_t waiting_rows;
	bool urgent; /* somebody waits for an answer */
	bool writing;
	bool stop;
	char reason[256];
	char found[256]; /* what was wrong with the file when it was opened */
};

static void
tell_people(const char *reason)
{
	if (*reason != '\0')
		event_bad(EVENT_STATE, EVENT_CRITICAL, "store disk",
		    "what changes is not on disk: %s", reason);
	else
		event_good(EVENT_STATE, "store disk", "it is written again");
}

static void
set_reason(struct disk *d, const char *text)
{
	bool is_new;

	pthread_mutex_lock(&d->lock);
	is_new = strcmp(d->reason, text) != 0;
	snprintf(d->reason, sizeof(d->reason), "%s", text);
	pthread_mutex_unlock(&d->lock);
	if (is_new)
		tell_people(text);
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

bool
disk_is_well(struct disk *d)
{
	char reason[sizeof(d->reason)];

	disk_get_reason(d, reason, sizeof(reason));
	return reason[0] == '\0';
}

static void
on_written(void *ctx, enum err e)
{
	struct disk *d = ctx;

	set_reason(d, e == OK ? "" : db_reason(d->db));
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

	thread_name("disk");
	if (d->mode != DISK_EMBEDDED) /* there, who writes waits for it */
		niceness_add(NICENESS_BULK);
	pthread_mutex_lock(&d->lock);
	while (wait_for_jobs(d)) {
		struct job *first = d->first;

		d->first = NULL;
		d->last = &d->first;
		d->waiting_rows = 0;
		d->urgent = false;
		d->writing = true;
		pthread_mutex_unlock(&d->lock);
		job_run_all(first, d->db, d->loop, on_written, d);
		pthread_mutex_lock(&d->lock);
		d->writing = false;
		pthread_cond_broadcast(&d->idle);
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

static void
push(struct disk *d, struct job *j)
{
	if (!disk_is_on(d) || d->closed || !start_thread(d)) {
		j->e = d->closed ? ERR_CLOSED : ERR_IO;
		loop_post(d->loop, &j->mail);
		return;
	}
	pthread_mutex_lock(&d->lock);
	*d->last = j;
	d->last = &j->next;
	d->waiting_rows += j->count;
	if (job_is_read(j) || j->urgent)
		d->urgent = true;
	pthread_cond_signal(&d->wake);
	pthread_mutex_unlock(&d->lock);
}

static enum db_mode
db_mode(const struct disk *d)
{
	if (d->read_only)
		return DB_READ;
	return d->mode == DISK_EMBEDDED ? DB_SYNC_FULL : DB_SYNC_NORMAL;
}

static void
open_db(struct disk *d, struct buf *reason)
{
	d->read_only = false;
	d->db = NULL;
	if (file_make_dir(d->folder, reason) != OK)
		return;
	if (inhand_is_quarantined(INHAND_STATE, d->path, strlen(d->path), 0)) {
		buf_printf(
		    reason, "%s: the server died while it read this file", d->path);
		salvage_set_aside(d->path, reason);
		/* what is there from now on is another file */
		(void)inhand_is_quarantined(INHAND_STATE, d->path, strlen(d->path), 1);
	}
	inhand_take(INHAND_STATE, d->path, strlen(d->path), 0);
	salvage_open(d->path, db_mode(d), &d->db, &d->read_only, reason);
	inhand_drop(INHAND_STATE);
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
	d->folder = mem_str(state_dir);
	d->path = mem_printf(
	    "%s/%s.db", state_dir, mode == DISK_EMBEDDED ? "records" : "replica");
	pthread_mutex_init(&d->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&d->wake, &attr);
	pthread_cond_init(&d->idle, &attr);
	pthread_condattr_destroy(&attr);
	open_db(d, &reason);
	if (reason.len != 0) {
		log_error("store disk trouble reason=\"%s\"", buf_text(&reason));
		snprintf(d->found, sizeof(d->found), "%s", buf_text(&reason));
		if (!disk_is_on(d)) {
			tell_people(d->found);
			snprintf(d->reason, sizeof(d->reason), "%s", d->found);
		}
		buf_str(why, buf_text(&reason));
	}
	buf_fini(&reason);
	*out = d;
}

void
disk_wait(struct disk *d)
{
	pthread_mutex_lock(&d->lock);
	while (d->first != NULL || d->writing) {
		d->urgent = true;
		pthread_cond_signal(&d->wake);
		pthread_cond_wait(&d->idle, &d->lock);
	}
	pthread_mutex_unlock(&d->lock);
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
	pthread_cond_destroy(&d->idle);
	pthread_mutex_destroy(&d->lock);
	unsaved_fini(&d->unsaved);
	mem_free(d->folder);
	mem_free(d->path);
	mem_free(d);
}

bool
disk_is_on(const struct disk *d)
{
	return d->db != NULL && !d->read_only;
}

size_t
disk_count(const struct disk *d)
{
	enum { ROW_LEAST = 32 };
	const struct tally *t = d->db != NULL ? db_tally(d->db) : NULL;
	struct stat st;
	uint64_t n = 0;

	if (t == NULL || stat(d->path, &st) != 0)
		return 0;
	for (size_t i = 0; i < t->size; i++)
		n += t->list[i].zone != NULL ? t->list[i].records : 0;
	return n < (uint64_t)st.st_size / ROW_LEAST ? (size_t)n
	                                            : (size_t)st.st_size / ROW_LEAST;
}

enum err
disk_load(struct disk *d,
    void (*fn)(void *ctx, const char *key, size_t key_len, struct fields *fields),
    void *ctx, struct disk_health *health)
{
	struct salvage s = {.path = d->path, .mode = db_mode(d), .fn = fn, .ctx = ctx};
	struct buf why = {0}, all = {0};
	enum err e;

	assert(!d->running);
	memset(health, 0, sizeof(*health));
	if (d->db == NULL)
		return ERR_IO;
	e = load_all(&s, &d->db, &why);
	if (d->db != NULL && s.read_only)
		d->read_only = true;
	health->damaged = s.damaged;
	health->lost = s.lost;
	buf_printf(&all, "%s%s%s", d->found,
	    d->found[0] != '\0' && why.len != 0 ? "; " : "", buf_text(&why));
	snprintf(health->reason, sizeof(health->reason), "%s", buf_text(&all));
	buf_fini(&all);
	if (!disk_is_on(d) && why.len != 0)
		snprintf(d->reason, sizeof(d->reason), "%s", buf_text(&why));
	buf_fini(&why);
	return e;
}

enum err
disk_reopen(struct disk *d,
    void (*fn)(void *ctx, const char *key, size_t key_len, struct fields *fields),
    void *ctx, struct disk_health *health)
{
	struct buf reason = {0};
	enum err e = ERR_IO;

	assert(!disk_is_on(d) && !d->running);
	db_close(d->db);
	open_db(d, &reason);
	snprintf(d->found, sizeof(d->found), "%s", buf_text(&reason));
	if (disk_is_on(d))
		e = disk_load(d, fn, ctx, health);
	buf_fini(&reason);
	if (!disk_is_on(d))
		return ERR_IO;
	set_reason(d, "");
	return e;
}

enum err
disk_meta_get(struct disk *d, const char *name, char **value)
{
	assert(!d->running);
	return d->db == NULL ? ERR_MISSING : db_meta_get(d->db, name, value);
}

enum err
disk_meta_each(struct disk *d, const char *prefix,
    void (*fn)(void *ctx, const char *name, const char *value), void *ctx)
{
	assert(!d->running);
	return d->db == NULL ? ERR_MISSING : db_meta_each(d->db, prefix, fn, ctx);
}

/* What could not be written waits for disk_retry(), unless there is a newer one. */
static void
on_small(void *ctx, enum err e)
{
	struct small *s = ctx;
	struct disk *d = s->owner;

	if (s->done != NULL)
		s->done(s->ctx, e);
	s->done = NULL;
	if (e == OK) {
		unsaved_drop(&d->unsaved, s);
		small_free(s);
	} else {
		unsaved_put(&d->unsaved, s);
	}
}

static void
put_small(struct disk *d, struct small *s)
{
	struct job *j = job_new(s->kind == NULL ? JOB_META : JOB_STATE, s);

	s->owner = d;
	unsaved_drop(&d->unsaved, s);
	j->state_kind = s->kind == NULL ? NULL : mem_str(s->kind);
	j->key = mem_str(s->key);
	j->value = s->value == NULL ? NULL : mem_str(s->value);
	j->done = on_small;
	j->urgent = s->done != NULL;
	push(d, j);
}

void
disk_meta_put(struct disk *d, const char *name, const char *value)
{
	put_small(d, small_new(NULL, name, value));
}

enum err
disk_state_each(struct disk *d, const char *kind,
    void (*fn)(void *ctx, const char *kind, const char *key, const char *value),
    void *ctx)
{
	assert(!d->running);
	return d->db == NULL ? ERR_MISSING : db_state_each(d->db, kind, fn, ctx);
}

void
disk_state_put(struct disk *d, const char *kind, const char *key, const char *value,
    disk_done *done, void *ctx)
{
	struct small *s = small_new(kind, key, value);

	s->done = done;
	s->ctx = ctx;
	put_small(d, s);
}

void
disk_retry(struct disk *d)
{
	struct unsaved again = d->unsaved;
	struct small *s;

	char now[WALL_TEXT_MAX];

	if (!disk_is_on(d))
		return;
	/* something is to be written, to see whether it can be */
	if (again.count == 0 && !disk_is_well(d)) {
		wall_write(wall_now_s(), now);
		disk_meta_put(d, "tried", now);
	}
	d->unsaved = (struct unsaved){0};
	while ((s = unsaved_take(&again)) != NULL)
		put_small(d, s);
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
