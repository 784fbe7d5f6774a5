/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/follow.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/link.h"
#include "store/reader.h"

/*
 * TICK and BEAT together keep the time from a loss to its report under 4 s: TCP itself
 * does not notice that an idle peer has gone.
 */
enum { TICK_MS = 250, BEAT_MS = 1000, SILENCE_MS = 2500, CONNECT_MS = 5000 };
enum { RETRY_FIRST_MS = 100, RETRY_MAX_MS = 5000, RETRY_LEAST_MS = 10 };

#define CHANNEL "__redis__:invalidate"

struct follow {
	struct loop *loop;
	const struct config_store *cfg;
	struct follow_hooks hooks;
	struct loop_timer *tick;
	struct loop_timer *retry;
	struct loop_timer *resync;
	enum follow_state state;
	struct link *s; /* NULL: neither is open */
	struct reader d;
	bool s_ready, d_ready;
	struct mono opened; /* when connecting began */
	struct mono beat; /* when we last asked both for a sign of life */
	unsigned attempts;
	uint64_t pings, pongs; /* on S */
	uint64_t sign; /* which pong is the replica's sign; 0: none awaited */
	struct replica replica;
};

static void
pump(struct follow *f);

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
	reader_close(&f->d);
	f->s = NULL;
	f->s_ready = false;
	f->d_ready = false;
	f->pings = f->pongs = f->sign = 0;
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

	if (!link_is_refused(reply, wanted, reason, sizeof(reason)))
		return false;
	fail(f, reason);
	return true;
}

static void
on_loaded(void *ctx)
{
	struct follow *f = ctx;

	f->attempts = 0;
	/* contact first: what is live has never a moment in which it is stale */
	f->hooks.on_contact(f->hooks.ctx);
	set_state(f, FOLLOW_LIVE, "");
	pump(f);
}

static void
begin_read(struct follow *f)
{
	loop_timer_clear(f->resync);
	replica_fini(&f->replica); /* what was named so far is read anyway */
	f->sign = 0;
	f->hooks.on_begin(f->hooks.ctx);
	set_state(f, FOLLOW_LOADING, "");
	reader_load(&f->d);
}

/* Live. */

static void
read_round(struct follow *f)
{
	struct replica_names names;

	replica_take(&f->replica, &names);
	reader_read(&f->d, &names);
}

static void
on_read(void *ctx)
{
	struct follow *f = ctx;

	replica_was_read(&f->replica);
	pump(f);
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
	if (strcmp(link_run_id(f->s), reader_run_id(&f->d)) != 0) {
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
on_pong(void *ctx)
{
	struct follow *f = ctx;

	if (f->state == FOLLOW_LIVE)
		f->hooks.on_contact(f->hooks.ctx);
}

static void
on_row(void *ctx, const char *key, size_t len, struct fields *fields, const char *why)
{
	struct follow *f = ctx;

	f->hooks.on_row(f->hooks.ctx, key, len, fields, why);
}

static void
on_page(void *ctx)
{
	struct follow *f = ctx;

	f->hooks.on_flush(f->hooks.ctx);
}

static void
on_sweep(void *ctx, struct replica_names *missing)
{
	struct follow *f = ctx;

	f->hooks.on_sweep(f->hooks.ctx, missing);
}

static const struct reader_hooks reader_hooks = {
    .on_ready = on_d_ready,
    .on_down = on_down,
    .on_row = on_row,
    .on_page = on_page,
    .on_sweep = on_sweep,
    .on_loaded = on_loaded,
    .on_read = on_read,
    .on_pong = on_pong,
};

static bool
is_silent(struct mono heard, struct mono now)
{
	return mono_diff_ms(now, heard) > SILENCE_MS;
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
	} else if (is_silent(link_heard(f->s), now) ||
	           is_silent(reader_heard(&f->d), now)) {
		fail(f, "the server has been silent for 2.5 s");
		return;
	} else if (mono_diff_ms(now, f->beat) >= BEAT_MS) {
		f->beat = now;
		ping_s(f);
		reader_ping(&f->d);
	}
	loop_timer_set_ms(f->tick, TICK_MS);
}

static void
on_retry(void *ctx)
{
	struct follow *f = ctx;
	struct link_hooks s = {on_s_ready, on_push, on_down, f};

	f->opened = mono_now();
	f->s = link_open(f->loop, f->cfg, &f->cfg->login, &s);
	reader_open(&f->d, f->loop, f->cfg, &reader_hooks, f);
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
