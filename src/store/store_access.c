/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/mem.h"
#include "store/batch.h"
#include "store/store_inside.h"

static bool
may_write(struct store *s, store_done *done, void *ctx)
{
	if (s->closing)
		done(ctx, ERR_CLOSED, "the server is stopping");
	else if (store_is_redis(s) && !s->cfg->store.writer.is_set)
		done(ctx, ERR_DENIED,
		    "the records are in Redis, and the configuration has no "
		    "store.writer: write them there (HSET, DEL)");
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
	else
		batch_set_each(b, s);
}
