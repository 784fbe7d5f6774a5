/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/follow.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/backoff.h"
#include "store/pair.h"
#include "store/rescan.h"
#include "store/sentinel.h"

/* A connection that lasted so long was a good one: the pauses begin anew. */
enum { GOOD_MS = 5000, POLL_LOOK_MS = 1000 };

struct follow {
	struct loop *loop;
	const struct config_store *cfg;
	struct follow_hooks hooks;
	struct loop_timer *retry;
	struct loop_timer *resync;
	struct loop_timer *poll;
	struct sentinel *sentinel; /* NULL: the address is configured */
	bool asking; /* the Sentinels are */
	enum follow_state state;
	struct link_to to;
	struct pair pair;
	struct role role;
	bool reading; /* a full read is under way */
	struct mono live; /* since when it is */
	unsigned attempts;
	uint64_t sign; /* which pong is the replica's sign; 0: none awaited */
	struct replica replica;
	struct rescan rescan;
};

static void
pump(struct follow *f);

static void
set_state(struct follow *f, enum follow_state state, enum fault fault, const char *reason)
{
	if (state == FOLLOW_LIVE && f->state != FOLLOW_LIVE)
		f->live = mono_now();
	f->state = state;
	f->hooks.on_state(f->hooks.ctx, state, fault, reason);
}

static void
forget(struct follow *f)
{
	pair_close(&f->pair);
	f->reading = false;
	f->sign = 0;
	memset(&f->role, 0, sizeof(f->role));
	replica_fini(&f->replica);
	rescan_stop(&f->rescan);
	loop_timer_clear(f->resync);
	loop_timer_clear(f->poll);
}

static void
fail(struct follow *f, enum fault fault, const char *reason)
{
	char text[256];

	snprintf(text, sizeof(text), "%s", reason);
	if (f->state == FOLLOW_LIVE && mono_diff_ms(mono_now(), f->live) >= GOOD_MS)
		f->attempts = 0;
	forget(f);
	f->asking = false;
	loop_timer_set_ms(f->retry,
	    backoff_ms(f->attempts++, fault_pause_max_ms(fault), backoff_dice()));
	set_state(f, FOLLOW_DOWN, fault, text);
}

static void
on_down(void *ctx, enum fault fault, const char *reason)
{
	fail(ctx, fault, reason);
}

/* ---- the full read ---- */

static void
begin_read(struct follow *f)
{
	loop_timer_clear(f->resync);
	loop_timer_clear(f->poll);
	rescan_stop(&f->rescan);
	f->reading = true;
	f->sign = 0;
	replica_fini(&f->replica); /* what was named so far is read anyway */
	f->hooks.on_begin(f->hooks.ctx);
	/* polling goes on beside what is live, and looks again, for it hears of no HSET
	 */
	if (!f->cfg->poll || f->state != FOLLOW_LIVE)
		set_state(f, FOLLOW_LOADING, FAULT_NONE, "");
	reader_load(&f->pair.d, f->cfg->poll ? POLL_LOOK_MS : 0);
}

static void
on_loaded(void *ctx)
{
	struct follow *f = ctx;

	f->reading = false;
	/* contact first: what is live has never a moment in which it is stale */
	if (f->role.is_current)
		f->hooks.on_contact(f->hooks.ctx);
	if (f->cfg->poll)
		loop_timer_set_ms(f->poll, f->cfg->poll_ms);
	else
		rescan_rest(&f->rescan, f->cfg->rescan_ms);
	set_state(f, FOLLOW_LIVE, FAULT_NONE, "");
	pump(f);
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

static void
resync(void *ctx)
{
	struct follow *f = ctx;

	if (f->state != FOLLOW_LIVE)
		return;
	replica_flushed(&f->replica);
	pump(f);
}

/* ---- live ---- */

static void
read_round(struct follow *f)
{
	struct replica_names names;

	replica_take(&f->replica, &names);
	reader_read(&f->pair.d, &names);
}

static void
on_read(void *ctx)
{
	struct follow *f = ctx;

	replica_was_read(&f->replica);
	pump(f);
}

static void
ask_sign(struct follow *f)
{
	if (f->cfg->poll) { /* nobody who could give one */
		replica_got_sign(&f->replica, mono_now());
		return;
	}
	caller_ping(&f->pair.s);
	f->sign = f->pair.s.pings;
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
			ask_sign(f);
			break;
		case REPLICA_EMIT:
			f->hooks.on_flush(f->hooks.ctx);
			replica_was_emitted(&f->replica);
			break;
		case REPLICA_RESYNC:
			/* answers to what is under way would be taken for others */
			if (f->reading ||
			    (f->replica.asked && f->replica.state == REPLICA_READING))
				return;
			begin_read(f);
			break;
		}
	}
}

static void
on_name(void *ctx, const char *name, size_t len)
{
	struct follow *f = ctx;

	replica_named(&f->replica, name, len);
}

static void
on_flushed(void *ctx)
{
	struct follow *f = ctx;

	replica_flushed(&f->replica);
}

static void
on_called(void *ctx)
{
	struct follow *f = ctx;

	replica_called(&f->replica);
	pump(f);
}

static void
on_pong(void *ctx)
{
	struct follow *f = ctx;

	if (f->sign == 0 || f->pair.s.pongs < f->sign)
		return;
	f->sign = 0;
	replica_got_sign(&f->replica, mono_now());
	pump(f);
}

static void
on_refused(void *ctx, const char *reason)
{
	struct follow *f = ctx;

	f->hooks.on_refused(f->hooks.ctx, reason);
}

/* ---- the slow read beside it ---- */

static void
rescan_begin(void *ctx)
{
	struct follow *f = ctx;

	f->hooks.on_rescan(f->hooks.ctx);
}

static void
rescan_end(void *ctx)
{
	struct follow *f = ctx;

	/* as after any full read */
	set_state(f, FOLLOW_LIVE, FAULT_NONE, "");
}

static const struct rescan_hooks rescan_hooks = {
    .begin = rescan_begin,
    .go = on_called,
    .sweep = on_sweep,
    .end = rescan_end,
};

static void
on_names(void *ctx, const struct replica_names *names, bool over)
{
	struct follow *f = ctx;

	rescan_took(&f->rescan, names, over);
}

/* ---- who the server is ---- */

static void
on_s_ready(void *ctx)
{
	struct follow *f = ctx;

	pair_s_ready(&f->pair);
}

static void
on_d_ready(void *ctx)
{
	struct follow *f = ctx;

	pair_d_ready(&f->pair);
}

static void
on_role(void *ctx, const struct role *role)
{
	struct follow *f = ctx;
	struct role old = f->role;

	if (f->sentinel != NULL && role->kind == ROLE_REPLICA) {
		fail(f, FAULT_ROLE,
		    "the server that the Sentinels named as the master is a replica");
		return;
	}
	f->role = *role;
	if (strcmp(old.text, role->text) != 0)
		f->hooks.on_source(f->hooks.ctx, role->text);
	if (pair_heard_role(&f->pair)) {
		begin_read(f);
		return;
	}
	/* a replica that was filled anew announces nothing of what it got */
	if (old.kind != role->kind || (role->is_current && !old.is_current))
		resync(f);
	if (f->state == FOLLOW_LIVE && role->is_current)
		f->hooks.on_contact(f->hooks.ctx);
}

/* ---- connecting ---- */

static const struct pair_hooks pair_hooks = {
    .on_down = on_down,
    .s =
        {
            .on_ready = on_s_ready,
            .on_down = on_down,
            .on_name = on_name,
            .on_flushed = on_flushed,
            .on_called = on_called,
            .on_pong = on_pong,
            .on_refused = on_refused,
        },
    .d =
        {
            .on_ready = on_d_ready,
            .on_down = on_down,
            .on_row = on_row,
            .on_page = on_page,
            .on_sweep = on_sweep,
            .on_loaded = on_loaded,
            .on_read = on_read,
            .on_role = on_role,
            .on_names = on_names,
            .on_refused = on_refused,
        },
};

static void
begin_connect(struct follow *f)
{
	f->asking = false;
	pair_open(&f->pair, &f->to, f->cfg->poll);
}

static void
on_retry(void *ctx)
{
	struct follow *f = ctx;

	pair_begin(&f->pair);
	f->asking = f->sentinel != NULL;
	if (f->asking)
		sentinel_ask(f->sentinel);
	else
		begin_connect(f);
}

static void
on_master(void *ctx, const struct ip_port *address)
{
	struct follow *f = ctx;
	bool same = ip_equal(&f->to.address.ip, &address->ip) &&
	            f->to.address.port == address->port;

	/* known, or not the time yet */
	if (same && !f->asking)
		return;
	forget(f);
	if (f->state != FOLLOW_DOWN)
		set_state(f, FOLLOW_DOWN, FAULT_LOST, "the master has changed");
	loop_timer_clear(f->retry);
	f->to.address = *address;
	pair_begin(&f->pair);
	begin_connect(f);
}

static void
set_config(struct follow *f, const struct config_store *cfg)
{
	struct sentinel_hooks hooks = {on_master, on_down, f};

	f->cfg = cfg;
	link_to_server(&f->to, cfg, &cfg->login);
	sentinel_free(f->sentinel);
	f->sentinel = NULL;
	if (cfg->sentinel_count != 0)
		f->sentinel = sentinel_new(f->loop, cfg, &hooks);
}

struct follow *
follow_new(
    struct loop *loop, const struct config_store *cfg, const struct follow_hooks *hooks)
{
	struct follow *f = mem_new(sizeof(*f));

	f->loop = loop;
	f->hooks = *hooks;
	pair_init(&f->pair, loop, &pair_hooks, f);
	f->retry = loop_timer_new(loop, on_retry, f);
	f->resync = loop_timer_new(loop, resync, f);
	f->poll = loop_timer_new(loop, resync, f);
	rescan_init(&f->rescan, loop, &f->pair.d, &f->replica, &rescan_hooks, f);
	set_config(f, cfg);
	return f;
}

void
follow_free(struct follow *f)
{
	if (f == NULL)
		return;
	forget(f);
	sentinel_free(f->sentinel);
	rescan_fini(&f->rescan);
	pair_fini(&f->pair);
	loop_timer_free(f->retry);
	loop_timer_free(f->resync);
	loop_timer_free(f->poll);
	mem_free(f);
}

void
follow_start(struct follow *f)
{
	on_retry(f);
}

void
follow_reconfigure(struct follow *f, const struct config_store *cfg)
{
	bool same = config_store_is_same(f->cfg, cfg);
	struct ip_port address = f->to.address;

	set_config(f, cfg);
	/* a login that is under way reads the old configuration, which goes away */
	if (same && (f->state != FOLLOW_DOWN || !(f->pair.open || f->asking))) {
		f->to.address = address;
		if (f->sentinel != NULL && f->state != FOLLOW_DOWN)
			sentinel_ask(f->sentinel);
		return;
	}
	f->attempts = 0;
	fail(f, FAULT_CHANGED, "the configuration has changed");
}

void
follow_resync_in(struct follow *f, int64_t ms)
{
	loop_timer_set_ms(f->resync, ms);
}

void
follow_touch(struct follow *f, const char *key, size_t len)
{
	if (f->state != FOLLOW_LIVE)
		return;
	replica_named(&f->replica, key, len);
	pump(f);
}

bool
follow_get_address(const struct follow *f, struct ip_port *out)
{
	*out = f->to.address;
	return f->state == FOLLOW_LIVE;
}

void
follow_write_address(const struct follow *f, char *out, size_t size)
{
	link_write_to(&f->to, f->sentinel != NULL ? f->cfg->master : NULL, out, size);
}
