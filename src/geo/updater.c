/* SPDX-License-Identifier: BSD-2-Clause */
#include "geo/updater.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/event.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "geo/updatedue.h"
#include "geo/updatejob.h"

enum { STATE_MAX = 1 << 20, LOUD_AFTER = 3 };

struct updater {
	struct loop *loop;
	updater_fn *fn;
	void *ctx;
	struct fetch *fetch;
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t news;
	bool stop;
	struct updatejob **jobs;
	size_t count;
	char *state_path; /* NULL: nothing is configured yet */
	/* the offer that is out */
	struct mail mail;
	struct updater_offer offer;
	bool is_answered;
	char *refusal; /* NULL: it was taken */
};

static struct updatejob *
next_job(const struct updater *u)
{
	struct updatejob *first = NULL;

	for (size_t i = 0; i < u->count; i++)
		if (first == NULL || mono_diff_ms(u->jobs[i]->due, first->due) < 0)
			first = u->jobs[i];
	return first;
}

static void
wait_until(struct updater *u, struct mono t)
{
	struct timespec at = {
	    .tv_sec = (time_t)(t.ms / 1000), .tv_nsec = (long)(t.ms % 1000) * 1000000};

	pthread_cond_timedwait(&u->news, &u->lock, &at);
}

/* ---- what is kept ---- */

static char *
write_state(const struct updater *u, struct buf *out)
{
	struct json *all = json_object();

	for (size_t i = 0; i < u->count; i++)
		json_set(all, u->jobs[i]->cfg.file, updatejob_save(u->jobs[i]));
	json_write(all, out);
	json_free(all);
	return mem_str(u->state_path);
}

static void
save_state(struct updater *u)
{
	struct buf text = {0}, why = {0};
	char *path;

	pthread_mutex_lock(&u->lock);
	path = write_state(u, &text);
	pthread_mutex_unlock(&u->lock);
	if (file_replace(path, text.data, text.len, &why) != OK)
		log_warning("state of geo updates not kept: %s", buf_text(&why));
	mem_free(path);
	buf_fini(&text);
	buf_fini(&why);
}

static struct json *
read_state(const char *path)
{
	struct json *all = NULL;
	struct buf why = {0};
	char *data;
	size_t len;

	if (access(path, F_OK) == 0 &&
	    file_read(path, STATE_MAX, &data, &len, &why) == OK) {
		if (json_parse(data, len, &all, &why) != OK)
			all = NULL;
		mem_free(data);
	}
	if (all != NULL && !json_is_object(all)) {
		json_free(all);
		all = NULL;
	}
	buf_fini(&why);
	return all;
}

/* ---- the thread ---- */

static void
on_offer_mail(struct mail *mail)
{
	struct updater *u =
	    (struct updater *)(void *)((char *)mail - offsetof(struct updater, mail));

	u->fn(u->ctx, &u->offer);
}

/* ERR_DENIED: the reason is in `why`; ERR_CLOSED: the end came first. */
MUST_CHECK static enum err
offer(struct updater *u, const char *fresh, const char *file, struct buf *why)
{
	enum err e = OK;

	pthread_mutex_lock(&u->lock);
	u->offer = (struct updater_offer){.fresh = fresh, .file = file};
	u->is_answered = false;
	mem_free(u->refusal);
	u->refusal = NULL;
	if (!u->stop) {
		u->mail.run = on_offer_mail;
		loop_post(u->loop, &u->mail);
	}
	while (!u->is_answered && !u->stop)
		pthread_cond_wait(&u->news, &u->lock);
	if (!u->is_answered) {
		e = ERR_CLOSED;
	} else if (u->refusal != NULL) {
		buf_str(why, u->refusal);
		e = ERR_DENIED;
	}
	pthread_mutex_unlock(&u->lock);
	return e;
}

static void
note_failure(struct updatejob *j, const char *why)
{
	mem_free(j->why);
	j->why = mem_str(why);
}

static void
tell_failure(const struct updatejob *j, const char *why)
{
	char origin[FETCH_ORIGIN_MAX], *subject = mem_printf("update %s", j->cfg.file);

	fetch_origin(j->cfg.url, origin);
	log_warning("geo update failed file=%s from=%s reason=\"%s\" failures=%u",
	    j->cfg.file, origin, why, j->failures);
	if (j->failures >= LOUD_AFTER)
		event_bad(EVENT_GEO, EVENT_WARNING, subject,
		    "%u downloads in a row have failed: %s", j->failures, why);
	mem_free(subject);
}

static void
tell_good(const struct updatejob *j, bool is_new)
{
	char origin[FETCH_ORIGIN_MAX], *subject = mem_printf("update %s", j->cfg.file);

	fetch_origin(j->cfg.url, origin);
	if (is_new)
		log_notice("geo update taken file=%s from=%s", j->cfg.file, origin);
	else
		log_info("geo update: nothing new file=%s from=%s", j->cfg.file, origin);
	event_good(EVENT_GEO, subject, "downloads succeed again");
	mem_free(subject);
}

static void
end_failed(struct updater *u, struct updatejob *j, int64_t retry_after_s, const char *why)
{
	pthread_mutex_lock(&u->lock);
	j->failures++;
	note_failure(j, why);
	updatedue_after_failure(j, retry_after_s);
	pthread_mutex_unlock(&u->lock);
	tell_failure(j, why);
}

/* It is as the server has it, and no good: another one will come some day. */
static void
end_refused(struct updater *u, struct updatejob *j, const char *fresh, const char *why)
{
	char *aside = updatejob_path(j, ".refused");

	if (rename(fresh, aside) != 0)
		unlink(fresh);
	pthread_mutex_lock(&u->lock);
	j->asked_s = wall_now_s();
	j->failures++;
	note_failure(j, why);
	updatedue_again(j);
	pthread_mutex_unlock(&u->lock);
	log_error(
	    "geo update refused file=%s reason=\"%s\" kept=%s", j->cfg.file, why, aside);
	mem_free(aside);
}

static void
end_good(struct updater *u, struct updatejob *j, bool is_new)
{
	pthread_mutex_lock(&u->lock);
	j->asked_s = wall_now_s();
	if (is_new) {
		j->taken_s = j->asked_s;
		mem_free(j->why);
		j->why = NULL;
	}
	j->failures = 0;
	updatedue_again(j);
	pthread_mutex_unlock(&u->lock);
	tell_good(j, is_new);
}

static void
end_new(struct updater *u, struct updatejob *j, const char *fresh)
{
	struct buf why = {0};
	enum err e = offer(u, fresh, j->cfg.file, &why);

	if (e == OK) {
		end_good(u, j, true);
	} else if (e == ERR_CLOSED) {
		/* nobody has looked at it: the next process fetches it again */
		unlink(fresh);
		updatejob_forget(j);
	} else {
		end_refused(u, j, fresh, buf_text(&why));
	}
	buf_fini(&why);
}

static void
run_job(struct updater *u, struct updatejob *j)
{
	char *fresh = updatejob_path(j, ".unpacked");
	struct buf why = {0};
	int64_t retry_after_s;

	switch (updatejob_run(j, u->fetch, &retry_after_s, &why)) {
	case UPDATEJOB_SAME:
		end_good(u, j, false);
		break;
	case UPDATEJOB_NEW:
		end_new(u, j, fresh);
		break;
	case UPDATEJOB_FAILED:
		end_failed(u, j, retry_after_s, buf_text(&why));
		break;
	}
	save_state(u);
	mem_free(fresh);
	buf_fini(&why);
}

static void *
run_thread(void *ctx)
{
	struct updater *u = ctx;

	thread_name("geo");
	pthread_mutex_lock(&u->lock);
	while (!u->stop) {
		struct updatejob *j = next_job(u);

		if (j == NULL) {
			pthread_cond_wait(&u->news, &u->lock);
			continue;
		}
		if (mono_diff_ms(j->due, mono_now()) > 0) {
			wait_until(u, j->due);
			continue;
		}
		j->is_running = true;
		pthread_mutex_unlock(&u->lock);
		run_job(u, j);
		pthread_mutex_lock(&u->lock);
		j->is_running = false;
		j->runs++;
		if (j->is_gone)
			updatejob_free(j);
	}
	pthread_mutex_unlock(&u->lock);
	return NULL;
}

/* ---- the control thread ---- */

struct updater *
updater_new(struct loop *loop, updater_fn *fn, void *ctx)
{
	struct updater *u = mem_new(sizeof(*u));
	pthread_condattr_t attr;

	u->loop = loop;
	u->fn = fn;
	u->ctx = ctx;
	pthread_mutex_init(&u->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&u->news, &attr);
	pthread_condattr_destroy(&attr);
	if (fetch_new(&u->fetch) != OK) {
		u->fetch = NULL;
		log_error("geo files are not fetched: libcurl does not begin");
	} else if (pthread_create(&u->thread, NULL, run_thread, u) != 0) {
		log_error("geo files are not fetched: cannot start a thread");
	} else {
		u->has_thread = true;
	}
	return u;
}

void
updater_free(struct updater *u)
{
	if (u == NULL)
		return;
	pthread_mutex_lock(&u->lock);
	u->stop = true;
	pthread_cond_broadcast(&u->news);
	pthread_mutex_unlock(&u->lock);
	if (u->fetch != NULL)
		fetch_cancel(u->fetch);
	if (u->has_thread) {
		/* an offer may be on its way to us */
		while (pthread_tryjoin_np(u->thread, NULL) == EBUSY) {
			loop_drain(u->loop);
			usleep(2000);
		}
		/* that of which nobody awaited the answer any more */
		loop_drain(u->loop);
	}
	fetch_free(u->fetch);
	for (size_t i = 0; i < u->count; i++)
		updatejob_free(u->jobs[i]);
	mem_free(u->jobs);
	mem_free(u->state_path);
	mem_free(u->refusal);
	pthread_cond_destroy(&u->news);
	pthread_mutex_destroy(&u->lock);
	mem_free(u);
}

static bool
is_same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
is_same_update(const struct config_geo_update *a, const struct config_geo_update *b)
{
	return is_same(a->url, b->url) && is_same(a->file, b->file) &&
	       is_same(a->licence_key_file, b->licence_key_file) &&
	       is_same(a->account, b->account) && is_same(a->sha256, b->sha256) &&
	       is_same(a->sha256_url, b->sha256_url) && is_same(a->ca_file, b->ca_file) &&
	       a->every_ms == b->every_ms && a->retry_ms == b->retry_ms &&
	       a->timeout_ms == b->timeout_ms && a->max_mib == b->max_mib;
}

/* Takes an unchanged job out of the list; NULL: there is none. */
static struct updatejob *
take_same(struct updater *u, const struct config_geo_update *cfg)
{
	for (size_t i = 0; i < u->count; i++) {
		struct updatejob *j = u->jobs[i];

		if (j == NULL || !is_same_update(&j->cfg, cfg))
			continue;
		u->jobs[i] = NULL;
		return j;
	}
	return NULL;
}

static struct updatejob *
new_job(const struct config_geo_update *cfg, const struct json *state)
{
	struct updatejob *j = updatejob_new(cfg);
	const struct json *own = state != NULL ? json_get(state, cfg->file) : NULL;

	if (own != NULL && json_is_object(own))
		updatejob_load(j, own);
	updatedue_first(j);
	return j;
}

void
updater_configure(struct updater *u, const struct config_geo *cfg, const char *state_dir)
{
	struct updatejob **jobs = mem_array(cfg->update_count, sizeof(*jobs));
	char *path = mem_printf("%s/geo-update", state_dir);
	struct json *state = read_state(path);

	pthread_mutex_lock(&u->lock);
	for (size_t i = 0; i < cfg->update_count; i++) {
		jobs[i] = take_same(u, &cfg->updates[i]);
		if (jobs[i] == NULL)
			jobs[i] = new_job(&cfg->updates[i], state);
	}
	for (size_t i = 0; i < u->count; i++) {
		struct updatejob *j = u->jobs[i];

		if (j != NULL && j->is_running)
			j->is_gone = true;
		else if (j != NULL)
			updatejob_free(j);
	}
	mem_free(u->jobs);
	mem_free(u->state_path);
	u->jobs = jobs;
	u->count = cfg->update_count;
	u->state_path = path;
	pthread_cond_broadcast(&u->news);
	pthread_mutex_unlock(&u->lock);
	json_free(state);
}

void
updater_answer(struct updater *u, struct updater_offer *o, const char *why)
{
	(void)o;
	pthread_mutex_lock(&u->lock);
	u->is_answered = true;
	mem_free(u->refusal);
	u->refusal = why != NULL ? mem_str(why) : NULL;
	pthread_cond_broadcast(&u->news);
	pthread_mutex_unlock(&u->lock);
}

size_t
updater_hurry(struct updater *u, const char *file)
{
	size_t count = 0;

	pthread_mutex_lock(&u->lock);
	for (size_t i = 0; i < u->count; i++) {
		if (file != NULL && strcmp(u->jobs[i]->cfg.file, file) != 0)
			continue;
		updatedue_set(u->jobs[i], 0);
		count++;
	}
	pthread_cond_broadcast(&u->news);
	pthread_mutex_unlock(&u->lock);
	return count;
}

void
updater_each(struct updater *u, updater_state_fn *fn, void *ctx)
{
	pthread_mutex_lock(&u->lock);
	for (size_t i = 0; i < u->count; i++) {
		const struct updatejob *j = u->jobs[i];
		struct updater_state s = {
		    .url = j->cfg.url,
		    .file = j->cfg.file,
		    .asked_s = j->asked_s,
		    .taken_s = j->taken_s,
		    .next_s = j->due_s,
		    .failures = j->failures,
		    .why = j->why != NULL ? j->why : "",
		    .runs = j->runs,
		    .is_running = j->is_running,
		};

		fn(ctx, &s);
	}
	pthread_mutex_unlock(&u->lock);
}
