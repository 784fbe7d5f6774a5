/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/reader.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"

/* A page is one round trip and one piece of work for the loop. */
enum { PAGE_NAMES = 1000 };
enum { FIELDS_MAX = 4096, RECORD_LEN_MAX = 1 << 20 };

/* ---- the connection ---- */

static void
fail(struct reader *r, enum fault fault, const char *reason)
{
	r->hooks->on_down(r->ctx, fault, reason);
}

static void
on_link_ready(void *ctx)
{
	struct reader *r = ctx;

	r->hooks->on_ready(r->ctx);
}

static void
on_link_down(void *ctx, enum fault fault, const char *reason)
{
	fail(ctx, fault, reason);
}

/* True when the reply was no good; then everything has ended. */
static bool
refused(struct reader *r, const struct redis_reply *reply, enum redis_kind wanted)
{
	char reason[256];
	enum fault fault = link_check(reply, wanted, reason, sizeof(reason));

	if (fault == FAULT_NONE)
		return false;
	fail(r, fault, reason);
	return true;
}

static void
on_pong(void *ctx, const struct redis_reply *reply)
{
	struct reader *r = ctx;
	char reason[256] = "";
	struct role role;

	if (link_refuses_writes(reply))
		(void)fault_of_error(reply->text, reason, sizeof(reason));
	else if (refused(r, reply, REDIS_TEXT))
		return;
	r->hooks->on_refused(r->ctx, reason);
	role_unknown(&role);
	r->hooks->on_role(r->ctx, &role);
}

static void
on_role(void *ctx, const struct redis_reply *reply)
{
	struct reader *r = ctx;
	struct role role;

	if (reply->kind == REDIS_ERROR && strncmp(reply->text, "NOPERM ", 7) == 0) {
		log_notice(
		    "store user may not ask for ROLE effect=\"a replica that is out "
		    "of touch with its master is not noticed\"");
		r->no_role = true;
		reader_ask_role(r);
		return;
	}
	if (refused(r, reply, REDIS_ARRAY))
		return;
	if (role_read(reply, &role) != OK)
		fail(r, FAULT_PROTOCOL, "ROLE was answered in an unexpected form");
	else
		r->hooks->on_role(r->ctx, &role);
}

void
reader_ask_role(struct reader *r)
{
	if (r->no_role)
		link_ask(r->link, on_pong, 1, (const char *[]){"PING"}, NULL);
	else
		link_ask(r->link, on_role, 1, (const char *[]){"ROLE"}, NULL);
}

static void
on_again(void *ctx);

void
reader_open(struct reader *r, struct loop *loop, const struct link_to *to,
    const struct reader_hooks *hooks, void *ctx)
{
	struct link_hooks link_hooks = {on_link_ready, NULL, on_link_down, r};

	*r = (struct reader){.hooks = hooks, .ctx = ctx};
	r->again = loop_timer_new(loop, on_again, r);
	r->link = link_open(loop, to, &link_hooks);
}

void
reader_close(struct reader *r)
{
	link_close(r->link);
	loop_timer_free(r->again);
	replica_names_fini(&r->page);
	replica_names_fini(&r->round);
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

static const char too_large[] = "it is larger than 1 MiB";

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

		/* store/sieve.h */
		if (name->kind == REDIS_NIL || value->kind == REDIS_NIL)
			return too_large;
		if (name->kind != REDIS_TEXT || value->kind != REDIS_TEXT)
			return "it is not made of text";
		octets += name->len + value->len;
		if (octets > RECORD_LEN_MAX)
			return too_large;
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

	if (reply->kind == REDIS_NIL) {
		why = too_large; /* store/sieve.h */
	} else if (reply->kind != REDIS_ERROR ||
	           strncmp(reply->text, "WRONGTYPE", 9) != 0) {
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
ask_names(struct reader *r, const char *cursor, unsigned count, redis_fn *fn)
{
	char number[16];
	const char *words[] = {
	    "SCAN", cursor, "MATCH", RECORD_KEY_PREFIX "*", "COUNT", number};

	snprintf(number, sizeof(number), "%u", count);
	link_ask(r->link, fn, 6, words, NULL);
}

static void
ask_scan(struct reader *r)
{
	ask_names(r, r->cursor, PAGE_NAMES, on_scan);
}

/* Takes SCAN's answer apart; false: it has ended everything. */
static bool
take_names(struct reader *r, const struct redis_reply *reply, char cursor[24],
    struct replica_names *out)
{
	const struct redis_reply *names;

	if (refused(r, reply, REDIS_ARRAY))
		return false;
	if (reply->count != 2 || reply->list[0]->kind != REDIS_TEXT ||
	    reply->list[0]->len >= 24 || reply->list[1]->kind != REDIS_ARRAY) {
		fail(r, FAULT_PROTOCOL, "SCAN was answered in an unexpected form");
		return false;
	}
	snprintf(cursor, 24, "%s", reply->list[0]->text);
	names = reply->list[1];
	replica_names_fini(out);
	for (size_t i = 0; i < names->count; i++)
		if (names->list[i]->kind == REDIS_TEXT)
			replica_names_add(out, names->list[i]->text, names->list[i]->len);
	return true;
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
on_again(void *ctx)
{
	read_missing(ctx);
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
		loop_timer_set_ms(r->again, r->missing.count != 0 ? r->look_again_ms : 0);
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

	if (!take_names(r, reply, r->cursor, &r->page))
		return;
	ask_page(r);
	if (strcmp(r->cursor, "0") != 0)
		ask_scan(r); /* its answer comes behind the page's rows */
	else if (r->page.count == 0)
		end_page(r);
}

void
reader_load(struct reader *r, int64_t look_again_ms)
{
	r->look_again_ms = look_again_ms;
	loop_timer_clear(r->again);
	r->scan_over = false;
	snprintf(r->cursor, sizeof(r->cursor), "0");
	ask_scan(r);
}

/* ---- a page of names alone ---- */

static void
on_names(void *ctx, const struct redis_reply *reply)
{
	struct replica_names names = {0};
	struct reader *r = ctx;

	if (take_names(r, reply, r->scan_cursor, &names))
		r->hooks->on_names(r->ctx, &names, strcmp(r->scan_cursor, "0") == 0);
	replica_names_fini(&names);
}

void
reader_scan(struct reader *r, bool first, unsigned count)
{
	if (first)
		snprintf(r->scan_cursor, sizeof(r->scan_cursor), "0");
	ask_names(r, r->scan_cursor, count, on_names);
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
	if (reply->count != r->round.count) {
		fail(r, FAULT_PROTOCOL, "EXEC was answered in an unexpected form");
		return;
	}
	for (size_t i = 0; i < reply->count; i++)
		if (!take_row(r, &r->round.list[i], reply->list[i]))
			return;
	r->hooks->on_read(r->ctx);
}

void
reader_read(struct reader *r, struct replica_names *names)
{
	replica_names_fini(&r->round);
	r->round = *names;
	*names = (struct replica_names){0};
	link_ask(r->link, on_queued, 1, (const char *[]){"MULTI"}, NULL);
	for (size_t i = 0; i < r->round.count; i++)
		ask_row(r, &r->round.list[i], on_queued);
	link_ask(r->link, on_exec, 1, (const char *[]){"EXEC"}, NULL);
}
