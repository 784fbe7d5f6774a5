/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/follow.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/link.h"

/*
 * TICK and BEAT together keep the time from a loss to its report under 4 s: TCP itself
 * does not notice that an idle peer has gone.
 */
enum { TICK_MS = 250, BEAT_MS = 1000, SILENCE_MS = 2500, CONNECT_MS = 5000 };
enum { RETRY_FIRST_MS = 100, RETRY_MAX_MS = 5000, RETRY_LEAST_MS = 10 };
/* A page is one round trip and one piece of work for the loop. */
enum { PAGE_NAMES = 1000 };
enum { FIELDS_MAX = 4096, RECORD_LEN_MAX = 1 << 20 };

#define PAGE_NAMES_TEXT "1000"
#define CHANNEL "__redis__:invalidate"

struct follow {
	struct loop *loop;
	const struct config_store *cfg;
	struct follow_hooks hooks;
	struct loop_timer *tick;
	struct loop_timer *retry;
	struct loop_timer *resync;
	enum follow_state state;
	struct link *s, *d;
	bool s_ready, d_ready;
	struct mono opened; /* when connecting began */
	struct mono beat; /* when we last asked both for a sign of life */
	unsigned attempts;
	uint64_t pings, pongs; /* on S */
	uint64_t sign; /* which pong is the replica's sign; 0: none awaited */
	struct replica replica;
	struct replica_names page; /* being read, in this order */
	size_t page_at;
	struct replica_names missing; /* by name, page by page */
	size_t missing_at;
	bool scan_over;
	char cursor[24];
};

static void
pump(struct follow *f);
static void
begin_read(struct follow *f);

static void
set_state(struct follow *f, enum follow_state state, const char *reason)
{
	f->state = state;
	f->hooks.on_state(f->hooks.ctx, state, reason);
}

static void
forget(struct follow *f)
{
	link_close(f->s);
	link_close(f->d);
	f->s = NULL;
	f->d = NULL;
	f->s_ready = false;
	f->d_ready = false;
	f->pings = f->pongs = f->sign = 0;
	f->page_at = f->missing_at = 0;
	replica_names_fini(&f->page);
	replica_names_fini(&f->missing);
	replica_fini(&f->replica);
	loop_timer_clear(f->tick);
	loop_timer_clear(f->resync);
}

/* Full jitter: after an outage all nodes come back, but not in step. */
static int64_t
pause_ms(unsigned attempts)
{
	int64_t most = RETRY_FIRST_MS;
	uint32_t dice;

	for (; attempts != 0 && most < RETRY_MAX_MS; attempts--)
		most *= 2;
	if (most > RETRY_MAX_MS)
		most = RETRY_MAX_MS;
	if (getrandom(&dice, sizeof(dice), GRND_NONBLOCK) != sizeof(dice))
		dice = (uint32_t)mono_now().ms;
	return RETRY_LEAST_MS + (int64_t)(dice % (uint32_t)most);
}

static void
fail(struct follow *f, const char *reason)
{
	char text[256];

	snprintf(text, sizeof(text), "%s", reason);
	forget(f);
	loop_timer_set_ms(f->retry, pause_ms(f->attempts++));
	set_state(f, FOLLOW_DOWN, text);
}

static void
on_down(void *ctx, const char *reason)
{
	fail(ctx, reason);
}

/* True when the reply was no good; then everything has ended. */
static bool
refused(struct follow *f, const struct redis_reply *reply, enum redis_kind wanted)
{
	char reason[256];

	if (reply->kind == wanted)
		return false;
	if (reply->kind == REDIS_ERROR)
		link_explain(reply->text, reason, sizeof(reason));
	else
		snprintf(reason, sizeof(reason), "an answer of an unexpected kind");
	fail(f, reason);
	return true;
}

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
    struct follow *f, const struct replica_name *name, const struct redis_reply *reply)
{
	struct fields fields = {0};
	const char *why = "it is not a hash";

	if (reply->kind != REDIS_ERROR || strncmp(reply->text, "WRONGTYPE", 9) != 0) {
		if (refused(f, reply, REDIS_ARRAY))
			return false;
		why = read_fields(reply, &fields);
	}
	f->hooks.on_row(f->hooks.ctx, name->text, name->len, &fields, why);
	fields_fini(&fields);
	return true;
}

static void
ask_row(struct follow *f, const struct replica_name *name, redis_fn *fn)
{
	const char *words[] = {"HGETALL", name->text};
	const size_t lens[] = {7, name->len};

	link_ask(f->d, fn, 2, words, lens);
}

/* The full read. */

static void
on_page_row(void *ctx, const struct redis_reply *reply);

static void
on_scan(void *ctx, const struct redis_reply *reply);

static void
ask_page(struct follow *f)
{
	f->page_at = 0;
	for (size_t i = 0; i < f->page.count; i++)
		ask_row(f, &f->page.list[i], on_page_row);
}

static void
ask_scan(struct follow *f)
{
	const char *words[] = {
	    "SCAN", f->cursor, "MATCH", RECORD_KEY_PREFIX "*", "COUNT", PAGE_NAMES_TEXT};

	link_ask(f->d, on_scan, 6, words, NULL);
}

static void
become_live(struct follow *f)
{
	f->attempts = 0;
	/* contact first: what is live has never a moment in which it is stale */
	f->hooks.on_contact(f->hooks.ctx);
	set_state(f, FOLLOW_LIVE, "");
	pump(f);
}

/* The next names that the full read did not see. */
static void
read_missing(struct follow *f)
{
	replica_names_fini(&f->page);
	while (f->missing_at < f->missing.count && f->page.count < PAGE_NAMES) {
		const struct replica_name *n = &f->missing.list[f->missing_at++];

		replica_names_add(&f->page, n->text, n->len);
	}
	if (f->page.count != 0) {
		ask_page(f);
		return;
	}
	replica_names_fini(&f->missing);
	become_live(f);
}

static void
end_page(struct follow *f)
{
	f->hooks.on_flush(f->hooks.ctx);
	if (f->scan_over)
		read_missing(f);
	else if (strcmp(f->cursor, "0") == 0) {
		f->scan_over = true;
		f->missing_at = 0;
		f->hooks.on_sweep(f->hooks.ctx, &f->missing);
		read_missing(f);
	}
}

static void
on_page_row(void *ctx, const struct redis_reply *reply)
{
	struct follow *f = ctx;

	if (!take_row(f, &f->page.list[f->page_at], reply))
		return;
	if (++f->page_at == f->page.count)
		end_page(f);
}

static void
on_scan(void *ctx, const struct redis_reply *reply)
{
	struct follow *f = ctx;
	const struct redis_reply *names;

	if (refused(f, reply, REDIS_ARRAY))
		return;
	if (reply->count != 2 || reply->list[0]->kind != REDIS_TEXT ||
	    reply->list[1]->kind != REDIS_ARRAY) {
		fail(f, "SCAN was answered in an unexpected form");
		return;
	}
	snprintf(f->cursor, sizeof(f->cursor), "%s", reply->list[0]->text);
	names = reply->list[1];
	replica_names_fini(&f->page);
	for (size_t i = 0; i < names->count; i++)
		if (names->list[i]->kind == REDIS_TEXT)
			replica_names_add(
			    &f->page, names->list[i]->text, names->list[i]->len);
	ask_page(f);
	if (strcmp(f->cursor, "0") != 0)
		ask_scan(f); /* its answer comes behind the page's rows */
	else if (f->page.count == 0)
		end_page(f);
}

static void
begin_read(struct follow *f)
{
	loop_timer_clear(f->resync);
	replica_fini(&f->replica); /* what was named so far is read anyway */
	f->sign = 0;
	f->scan_over = false;
	snprintf(f->cursor, sizeof(f->cursor), "0");
	f->hooks.on_begin(f->hooks.ctx);
	set_state(f, FOLLOW_LOADING, "");
	ask_scan(f);
}

/* Live. */

static void
on_queued(void *ctx, const struct redis_reply *reply)
{
	(void)refused(ctx, reply, REDIS_TEXT);
}

static void
on_exec(void *ctx, const struct redis_reply *reply)
{
	struct follow *f = ctx;

	if (refused(f, reply, REDIS_ARRAY))
		return;
	if (reply->count != f->page.count) {
		fail(f, "EXEC was answered in an unexpected form");
		return;
	}
	for (size_t i = 0; i < reply->count; i++)
		if (!take_row(f, &f->page.list[i], reply->list[i]))
			return;
	replica_was_read(&f->replica);
	pump(f);
}

static void
read_round(struct follow *f)
{
	replica_names_fini(&f->page);
	replica_take(&f->replica, &f->page);
	link_ask(f->d, on_queued, 1, (const char *[]){"MULTI"}, NULL);
	for (size_t i = 0; i < f->page.count; i++)
		ask_row(f, &f->page.list[i], on_queued);
	link_ask(f->d, on_exec, 1, (const char *[]){"EXEC"}, NULL);
}

static void
ping_s(struct follow *f)
{
	f->pings++;
	link_ask(f->s, NULL, 1, (const char *[]){"PING"}, NULL);
}

/* Does what the replica wants next, until an answer has to be waited for. */
static void
pump(struct follow *f)
{
	while (f->state == FOLLOW_LIVE) {
		switch (replica_next(&f->replica, mono_now())) {
		case REPLICA_WAIT:
			return;
		case REPLICA_READ:
			read_round(f);
			break;
		case REPLICA_SIGN:
			ping_s(f);
			f->sign = f->pings;
			break;
		case REPLICA_EMIT:
			f->hooks.on_flush(f->hooks.ctx);
			replica_was_emitted(&f->replica);
			break;
		case REPLICA_RESYNC:
			/* answers to what is under way would be taken for others */
			if (f->replica.asked && f->replica.state == REPLICA_READING)
				return;
			begin_read(f);
			return;
		}
	}
}

static void
on_invalidate(struct follow *f, const struct redis_reply *names)
{
	if (names->kind == REDIS_NIL)
		replica_flushed(&f->replica); /* FLUSHALL, FLUSHDB */
	for (size_t i = 0; names->kind == REDIS_ARRAY && i < names->count; i++)
		if (names->list[i]->kind == REDIS_TEXT)
			replica_named(
			    &f->replica, names->list[i]->text, names->list[i]->len);
	pump(f);
}

static void
try_begin(struct follow *f)
{
	if (!f->s_ready || !f->d_ready)
		return;
	/* between the two a failover may have moved the name or address */
	if (strcmp(link_run_id(f->s), link_run_id(f->d)) != 0) {
		fail(f, "the two connections reached two servers");
		return;
	}
	f->beat = mono_now();
	begin_read(f);
}

/* S is a subscriber: all it says, but for the answers before that, comes here. */
static void
on_push(void *ctx, const struct redis_reply *reply)
{
	struct follow *f = ctx;
	const char *what;

	if (reply->kind != REDIS_ARRAY || reply->count < 2 ||
	    reply->list[0]->kind != REDIS_TEXT) {
		fail(f, "a message of an unexpected form");
		return;
	}
	what = reply->list[0]->text;
	if (strcmp(what, "message") == 0 && reply->count == 3) {
		on_invalidate(f, reply->list[2]);
	} else if (strcmp(what, "subscribe") == 0) {
		f->s_ready = true;
		try_begin(f);
	} else if (strcmp(what, "pong") == 0) {
		f->pongs++;
		if (f->sign != 0 && f->pongs >= f->sign) {
			f->sign = 0;
			replica_got_sign(&f->replica, mono_now());
			pump(f);
		}
	}
}

static void
on_tracking(void *ctx, const struct redis_reply *reply)
{
	(void)refused(ctx, reply, REDIS_TEXT);
}

static void
on_client_id(void *ctx, const struct redis_reply *reply)
{
	struct follow *f = ctx;
	char id[24];
	const char *words[] = {"CLIENT", "TRACKING", "ON", "REDIRECT", id, "BCAST",
	    "PREFIX", RECORD_KEY_PREFIX};

	if (refused(f, reply, REDIS_INTEGER))
		return;
	snprintf(id, sizeof(id), "%lld", (long long)reply->integer);
	link_ask(f->s, on_tracking, 8, words, NULL);
	link_ask(f->s, NULL, 2, (const char *[]){"SUBSCRIBE", CHANNEL}, NULL);
}

static void
on_s_ready(void *ctx)
{
	struct follow *f = ctx;

	link_ask(f->s, on_client_id, 2, (const char *[]){"CLIENT", "ID"}, NULL);
}

static void
on_d_ready(void *ctx)
{
	struct follow *f = ctx;

	f->d_ready = true;
	try_begin(f);
}

static void
on_pong(void *ctx, const struct redis_reply *reply)
{
	struct follow *f = ctx;

	if (refused(f, reply, REDIS_TEXT))
		return;
	if (f->state == FOLLOW_LIVE)
		f->hooks.on_contact(f->hooks.ctx);
}

static bool
is_silent(const struct link *l, struct mono now)
{
	return mono_diff_ms(now, link_heard(l)) > SILENCE_MS;
}

static void
on_tick(void *ctx)
{
	struct follow *f = ctx;
	struct mono now = mono_now();

	if (f->state == FOLLOW_DOWN) {
		if (mono_diff_ms(now, f->opened) > CONNECT_MS) {
			fail(f, "connecting took longer than 5 s");
			return;
		}
	} else if (is_silent(f->s, now) || is_silent(f->d, now)) {
		fail(f, "the server has been silent for 2.5 s");
		return;
	} else if (mono_diff_ms(now, f->beat) >= BEAT_MS) {
		f->beat = now;
		ping_s(f);
		link_ask(f->d, on_pong, 1, (const char *[]){"PING"}, NULL);
	}
	loop_timer_set_ms(f->tick, TICK_MS);
}

static void
on_retry(void *ctx)
{
	struct follow *f = ctx;
	struct link_hooks s = {on_s_ready, on_push, on_down, f};
	struct link_hooks d = {on_d_ready, NULL, on_down, f};

	f->opened = mono_now();
	f->s = link_open(f->loop, f->cfg, &f->cfg->login, &s);
	f->d = link_open(f->loop, f->cfg, &f->cfg->login, &d);
	loop_timer_set_ms(f->tick, TICK_MS);
}

static void
on_resync(void *ctx)
{
	struct follow *f = ctx;

	if (f->state != FOLLOW_LIVE)
		return;
	replica_flushed(&f->replica);
	pump(f);
}

struct follow *
follow_new(
    struct loop *loop, const struct config_store *cfg, const struct follow_hooks *hooks)
{
	struct follow *f = mem_new(sizeof(*f));

	f->loop = loop;
	f->cfg = cfg;
	f->hooks = *hooks;
	f->tick = loop_timer_new(loop, on_tick, f);
	f->retry = loop_timer_new(loop, on_retry, f);
	f->resync = loop_timer_new(loop, on_resync, f);
	return f;
}

void
follow_free(struct follow *f)
{
	if (f == NULL)
		return;
	forget(f);
	loop_timer_free(f->tick);
	loop_timer_free(f->retry);
	loop_timer_free(f->resync);
	mem_free(f);
}

void
follow_start(struct follow *f)
{
	on_retry(f);
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

void
follow_reconfigure(struct follow *f, const struct config_store *cfg)
{
	const struct config_store *old = f->cfg;
	bool same = ip_equal(&old->address.ip, &cfg->address.ip) &&
	            old->address.port == cfg->address.port &&
	            same_text(old->unix_path, cfg->unix_path) &&
	            same_text(old->login.user, cfg->login.user) &&
	            same_text(old->login.password, cfg->login.password) &&
	            old->database == cfg->database;

	f->cfg = cfg;
	/* a login that is under way reads the old configuration, which goes away */
	if (same && (f->state != FOLLOW_DOWN || f->s == NULL))
		return;
	f->attempts = 0;
	fail(f, "the configuration has changed");
}

void
follow_resync_in(struct follow *f, int64_t ms)
{
	loop_timer_set_ms(f->resync, ms);
}
