/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log.h"
#include "base/mem.h"
#include "store/batch.h"
#include "store/store_inside.h"

static const char no_writer[] = "the records are in Redis, and the configuration has no "
                                "store.writer: write them there (HSET, DEL)";

static bool
has_writer(const struct store *s)
{
	return !store_is_redis(s) || s->cfg->store.writer.is_set;
}

static bool
may_write(struct store *s, store_done *done, void *ctx)
{
	if (s->closing)
		done(ctx, ERR_CLOSED, "the server is stopping");
	else if (!has_writer(s))
		done(ctx, ERR_DENIED, no_writer);
	else
		return true;
	return false;
}

void
store_set(struct store *s, const char *key, const struct fields *fields, unsigned how,
    store_done *done, void *ctx)
{
	if (!may_write(s, done, ctx))
		return;
	if (fields->count == 0)
		done(ctx, ERR_SYNTAX, "no fields were given");
	else if (store_is_redis(s))
		scribe_set(s->scribe, key, fields, how, done, ctx);
	else
		writes_set(&s->writes, key, fields, how, done, ctx);
}

void
store_delete(struct store *s, const char *key, unsigned how, store_done *done, void *ctx)
{
	if (!may_write(s, done, ctx))
		return;
	if (store_is_redis(s))
		scribe_delete(s->scribe, key, how, done, ctx);
	else
		writes_delete(&s->writes, key, how, done, ctx);
}

struct reading {
	store_got *got;
	void *ctx;
};

static void
on_read(void *ctx, enum err e, const char *key, const struct fields *fields)
{
	struct reading *r = ctx;

	r->got(r->ctx, e, key, fields,
	    e == OK ? "" : (e == ERR_MISSING ? "there is no such record" : err_text(e)));
	mem_free(r);
}

void
store_get(struct store *s, const char *key, store_got *got, void *ctx)
{
	struct reading *r = mem_new(sizeof(*r));

	r->got = got;
	r->ctx = ctx;
	disk_read(s->disk, key, on_read, r);
}

void
store_scan(struct store *s, const char *after, size_t count, disk_page *page, void *ctx)
{
	if (s->closing || !disk_is_on(s->disk))
		page(ctx, s->closing ? ERR_CLOSED : ERR_IO, NULL, 0);
	else
		disk_scan(s->disk, after, count, page, ctx);
}

void
store_write(struct store *s, struct store_batch *b)
{
	if (s->closing)
		b->done(b, ERR_CLOSED, "the server is stopping");
	else if (b->only_check || !store_is_redis(s))
		writes_batch(&s->writes, b);
	else if (!has_writer(s))
		b->done(b, ERR_DENIED, no_writer);
	else
		scribe_batch(s->scribe, b);
}

/* Small values, on their way from another thread. */

struct state_mail {
	struct mail mail; /* first */
	struct store *store;
	char *kind, *key, *value;
};

static void
put_state(struct mail *mail)
{
	struct state_mail *m = (struct state_mail *)(void *)mail;

	disk_state_put(m->store->disk, m->kind, m->key, m->value, NULL, NULL);
	mem_free(m->kind);
	mem_free(m->key);
	mem_free(m->value);
	mem_free(m);
}

void
store_state_put(struct store *s, const char *kind, const char *key, const char *value)
{
	struct state_mail *m = mem_new(sizeof(*m));

	m->mail.run = put_state;
	m->store = s;
	m->kind = mem_str(kind);
	m->key = mem_str(key);
	m->value = value == NULL ? NULL : mem_str(value);
	loop_post(s->loop, &m->mail);
}

void
store_state_save(struct store *s, const char *kind, const char *key, const char *value,
    disk_done *done, void *ctx)
{
	disk_state_put(s->disk, kind, key, value, done, ctx);
}

void
store_wait_for_disk(struct store *s)
{
	disk_wait(s->disk);
}

void
store_state_each(struct store *s, const char *kind,
    void (*fn)(void *ctx, const char *kind, const char *key, const char *value),
    void *ctx)
{
	if (disk_state_each(s->disk, kind, fn, ctx) == ERR_CORRUPT)
		log_error("store state cannot be read kind=%s", kind);
}
