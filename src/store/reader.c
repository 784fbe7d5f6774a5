/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/reader.h"

#include <stdio.h>
#include <string.h>

#include "store/link.h"

/* A page is one round trip and one piece of work for the loop. */
enum { PAGE_NAMES = 1000 };
enum { FIELDS_MAX = 4096, RECORD_LEN_MAX = 1 << 20 };

#define PAGE_NAMES_TEXT "1000"

/* ---- the connection ---- */

static void
fail(struct reader *r, const char *reason)
{
	r->hooks->on_down(r->ctx, reason);
}

static void
on_link_ready(void *ctx)
{
	struct reader *r = ctx;

	r->hooks->on_ready(r->ctx);
}

static void
on_link_down(void *ctx, const char *reason)
{
	fail(ctx, reason);
}

/* True when the reply was no good; then everything has ended. */
static bool
refused(struct reader *r, const struct redis_reply *reply, enum redis_kind wanted)
{
	char reason[256];

	if (!link_is_refused(reply, wanted, reason, sizeof(reason)))
		return false;
	fail(r, reason);
	return true;
}

static void
on_pong(void *ctx, const struct redis_reply *reply)
{
	struct reader *r = ctx;

	if (refused(r, reply, REDIS_TEXT))
		return;
	r->hooks->on_pong(r->ctx);
}

void
reader_ping(struct reader *r)
{
	link_ask(r->link, on_pong, 1, (const char *[]){"PING"}, NULL);
}

void
reader_open(struct reader *r, struct loop *loop, const struct config_store *cfg,
    const struct reader_hooks *hooks, void *ctx)
{
	struct link_hooks link_hooks = {on_link_ready, NULL, on_link_down, r};

	*r = (struct reader){.hooks = hooks, .ctx = ctx};
	r->link = link_open(loop, cfg, &cfg->login, &link_hooks);
}

void
reader_close(struct reader *r)
{
	link_close(r->link);
	replica_names_fini(&r->page);
	replica_names_fini(&r->missing);
	*r = (struct reader){0};
}

struct mono
reader_heard(const struct reader *r)
{
	return link_heard(r->link);
}

const char *
reader_run_id(const struct reader *r)
{
	return link_run_id(r->link);
}

/* ---- one record ---- */

/* What HGETALL says, as fields; NULL or why it can not be a record. */
static const char *
read_fields(const struct redis_reply *reply, struct fields *out)
{
	size_t octets = 0;

	if (reply->count > 2 * FIELDS_MAX)
		return "it has more than 4096 fields";
	for (size_t i = 0; i + 1 < reply->count; i += 2) {
		const struct redis_reply *name = reply->list[i];
		const struct redis_reply *value = reply->list[i + 1];

		if (name->kind != REDIS_TEXT || value->kind != REDIS_TEXT)
			return "it is not made of text";
		octets += name->len + value->len;
		if (octets > RECORD_LEN_MAX)
			return "it is larger than 1 MiB";
		if (strlen(name->text) != name->len ||
		    fields_set(out, name->text, value->text, value->len) != OK)
			return "it holds a NUL octet";
	}
	return NULL;
}

/* One HGETALL's reply. False: it has ended everything. */
static bool
take_row(
    struct reader *r, const struct replica_name *name, const struct redis_reply *reply)
{
	struct fields fields = {0};
	const char *why = "it is not a hash";

	if (reply->kind != REDIS_ERROR || strncmp(reply->text, "WRONGTYPE", 9) != 0) {
		if (refused(r, reply, REDIS_ARRAY))
			return false;
		why = read_fields(reply, &fields);
	}
	r->hooks->on_row(r->ctx, name->text, name->len, &fields, why);
	fields_fini(&fields);
	return true;
}

static void
ask_row(struct reader *r, const struct replica_name *name, redis_fn *fn)
{
	const char *words[] = {"HGETALL", name->text};
	const size_t lens[] = {7, name->len};

	link_ask(r->link, fn, 2, words, lens);
}

/* ---- the full read ---- */

static void
on_page_row(void *ctx, const struct redis_reply *reply);

static void
on_scan(void *ctx, const struct redis_reply *reply);

static void
ask_page(struct reader *r)
{
	r->page_at = 0;
	for (size_t i = 0; i < r->page.count; i++)
		ask_row(r, &r->page.list[i], on_page_row);
}

static void
ask_scan(struct reader *r)
{
	const char *words[] = {
	    "SCAN", r->cursor, "MATCH", RECORD_KEY_PREFIX "*", "COUNT", PAGE_NAMES_TEXT};

	link_ask(r->link, on_scan, 6, words, NULL);
}

/* The next names that the full read did not see. */
static void
read_missing(struct reader *r)
{
	replica_names_fini(&r->page);
	while (r->missing_at < r->missing.count && r->page.count < PAGE_NAMES) {
		const struct replica_name *n = &r->missing.list[r->missing_at++];

		replica_names_add(&r->page, n->text, n->len);
	}
	if (r->page.count != 0) {
		ask_page(r);
		return;
	}
	replica_names_fini(&r->missing);
	r->hooks->on_loaded(r->ctx);
}

static void
end_page(struct reader *r)
{
	r->hooks->on_page(r->ctx);
	if (r->scan_over)
		read_missing(r);
	else if (strcmp(r->cursor, "0") == 0) {
		r->scan_over = true;
		r->missing_at = 0;
		r->hooks->on_sweep(r->ctx, &r->missing);
		read_missing(r);
	}
}

static void
on_page_row(void *ctx, const struct redis_reply *reply)
{
	struct reader *r = ctx;

	if (!take_row(r, &r->page.list[r->page_at], reply))
		return;
	if (++r->page_at == r->page.count)
		end_page(r);
}

static void
on_scan(void *ctx, const struct redis_reply *reply)
{
	struct reader *r = ctx;
	const struct redis_reply *names;

	if (refused(r, reply, REDIS_ARRAY))
		return;
	if (reply->count != 2 || reply->list[0]->kind != REDIS_TEXT ||
	    reply->list[1]->kind != REDIS_ARRAY) {
		fail(r, "SCAN was answered in an unexpected form");
		return;
	}
	snprintf(r->cursor, sizeof(r->cursor), "%s", reply->list[0]->text);
	names = reply->list[1];
	replica_names_fini(&r->page);
	for (size_t i = 0; i < names->count; i++)
		if (names->list[i]->kind == REDIS_TEXT)
			replica_names_add(
			    &r->page, names->list[i]->text, names->list[i]->len);
	ask_page(r);
	if (strcmp(r->cursor, "0") != 0)
		ask_scan(r); /* its answer comes behind the page's rows */
	else if (r->page.count == 0)
		end_page(r);
}

void
reader_load(struct reader *r)
{
	r->scan_over = false;
	snprintf(r->cursor, sizeof(r->cursor), "0");
	ask_scan(r);
}

/* ---- names in one transaction ---- */

static void
on_queued(void *ctx, const struct redis_reply *reply)
{
	(void)refused(ctx, reply, REDIS_TEXT);
}

static void
on_exec(void *ctx, const struct redis_reply *reply)
{
	struct reader *r = ctx;

	if (refused(r, reply, REDIS_ARRAY))
		return;
	if (reply->count != r->page.count) {
		fail(r, "EXEC was answered in an unexpected form");
		return;
	}
	for (size_t i = 0; i < reply->count; i++)
		if (!take_row(r, &r->page.list[i], reply->list[i]))
			return;
	r->hooks->on_read(r->ctx);
}

void
reader_read(struct reader *r, struct replica_names *names)
{
	replica_names_fini(&r->page);
	r->page = *names;
	*names = (struct replica_names){0};
	link_ask(r->link, on_queued, 1, (const char *[]){"MULTI"}, NULL);
	for (size_t i = 0; i < r->page.count; i++)
		ask_row(r, &r->page.list[i], on_queued);
	link_ask(r->link, on_exec, 1, (const char *[]){"EXEC"}, NULL);
}
