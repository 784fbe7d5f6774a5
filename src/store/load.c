/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/load.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "base/inhand.h"
#include "base/thread.h"
#include "store/feed.h"

/* A load is the work of two: one reads and checks rows, the other takes them. */
struct load {
	struct salvage *salvage;
	struct db **db;
	struct feed *feed;
	struct buf *why;
	enum err e;
	bool started; /* the thread */
};

static void
feed_row(void *ctx, const char *key, size_t key_len, struct fields *fields)
{
	feed_put(ctx, key, key_len, fields);
}

static void
load_rows(struct load *l)
{
	const char *path = l->salvage->path;

	inhand_take(INHAND_STATE, path, strlen(path), 0);
	l->e = salvage_load(l->salvage, l->db, l->why);
	inhand_drop(INHAND_STATE);
}

static void *
load_thread(void *ctx)
{
	struct load *l = ctx;

	thread_name("load");
	load_rows(l);
	feed_end(l->feed);
	return NULL;
}

static bool
start_load(pthread_t *thread, struct load *l)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	l->started = pthread_create(thread, NULL, load_thread, l) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return l->started;
}

enum err
load_all(struct salvage *s, struct db **db, struct buf *why)
{
	struct load l = {.salvage = s, .db = db, .feed = feed_new(), .why = why};
	db_row *fn = s->fn;
	void *ctx = s->ctx;
	struct disk_row *rows;
	size_t count;
	pthread_t thread;

	s->fn = feed_row;
	s->ctx = l.feed;
	if (start_load(&thread, &l)) {
		while (feed_take(l.feed, &rows, &count))
			for (size_t i = 0; i < count; i++)
				fn(ctx, rows[i].key, strlen(rows[i].key),
				    &rows[i].fields);
		pthread_join(thread, NULL);
	}
	s->fn = fn;
	s->ctx = ctx;
	if (!l.started)
		load_rows(&l);
	feed_free(l.feed);
	return l.e;
}
