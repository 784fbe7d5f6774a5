/* SPDX-License-Identifier: BSD-2-Clause */
#include "server_inside.h"
#include "steer/loss.h"

/* ---- the store: in its thread ---- */

static void
on_changes(void *ctx, struct store_change *changes, size_t count)
{
	struct server *s = ctx;

	keeper_change(s->keeper, changes, count);
}

static void
on_status(void *ctx, const struct store_status *status)
{
	struct server *s = ctx;
	const struct world *w = atomic_load(&s->shared.world);
	/* before the first world nothing else runs yet */
	const struct parts *parts = w != NULL ? w->parts : s->control.parts;
	uint32_t ttl = parts->config->store.stale_ttl;

	if (status->sync == STORE_FRESH)
		ttl = 0;
	else if (status->expired)
		ttl = STALE_EXPIRED;
	atomic_store(&s->shared.stale_ttl, ttl);
}

static void
hear_tally(struct mail *mail)
{
	struct quorum_tally *tally = (struct quorum_tally *)(void *)mail;
	struct server *s = tally->ctx;

	fleet_hear(s->fleet, tally);
}

static void
on_tally(void *ctx, struct quorum_tally *tally)
{
	struct server *s = ctx;

	tally->ctx = s;
	tally->mail.run = hear_tally;
	loop_post(s->board_loop, &tally->mail);
}

/* In the store thread, which alone replaces the world. */
static size_t
count_below(void *ctx, const struct name *zone, const struct name *owner)
{
	const struct server *s = ctx;
	const struct world *w = publish_load(&s->shared.world);

	return w == NULL ? 0 : loss_count_below(w, zone, owner);
}

struct store_hooks
joins_store(struct server *s)
{
	return (struct store_hooks){
	    .on_changes = on_changes,
	    .on_status = on_status,
	    .count_below = count_below,
	    .on_tally = on_tally,
	    .ctx = s,
	};
}

/* ---- board, orders and fleet: in the probe thread, or before it runs ---- */

/* In the probe thread, or before it runs. */
static void
on_adopt(void *ctx, struct pool *p)
{
	struct server *s = ctx;

	orders_apply(s->orders, p);
}

static void
on_first_round_mail(struct mail *mail)
{
	struct server *s =
	    (struct server *)(void *)((char *)mail -
	                              offsetof(struct server, first_round));

	server_listen(s);
}

static void
on_first_round(void *ctx)
{
	struct server *s = ctx;

	s->first_round.run = on_first_round_mail;
	loop_post(s->loop, &s->first_round);
}

/* In the probe thread. */
static void
on_keep(void *ctx, const char *kind, const char *key, const char *value)
{
	const struct server *s = ctx;

	/* at the end all targets go, and their states stay */
	if (s->store != NULL)
		store_state_put(s->store, kind, key, value);
}

struct board_hooks
joins_board(struct server *s)
{
	return (struct board_hooks){
	    .on_adopt = on_adopt,
	    .on_first_round = on_first_round,
	    .on_keep = on_keep,
	    .ctx = s,
	};
}

static void
keep_override(void *ctx, const char *pattern, const char *line)
{
	struct server *s = ctx;

	store_state_put(s->store, "override", pattern, line);
}

struct orders_hooks
joins_orders(struct server *s)
{
	return (struct orders_hooks){.keep = keep_override, .ctx = s};
}

/* In the probe thread. */
static void
cast_votes(void *ctx, struct quorum_votes *votes)
{
	struct server *s = ctx;

	if (s->store != NULL)
		store_cast(s->store, votes);
	else
		quorum_votes_free(votes);
}

struct fleet_hooks
joins_fleet(struct server *s)
{
	return (struct fleet_hooks){.cast = cast_votes, .ctx = s};
}

/* ---- what control asks of folders of its own rank ---- */

static void
sum_counters(void *ctx, uint64_t sums[COUNT_COUNTERS])
{
	const struct server *s = ctx;

	workers_sum(&s->workers, sums);
}

static bool
last_limited(void *ctx, struct control_limited *out)
{
	const struct server *s = ctx;

	out->is_limiting = s->limitlog.is_limiting;
	return workers_last_limited(&s->workers, &out->prefix, &out->at);
}

static void
get_load(void *ctx, struct control_load *out)
{
	const struct server *s = ctx;
	const struct overload *o = &s->overload;

	*out = (struct control_load){
	    .is_overloaded = o->is_overloaded,
	    .since_s = o->begun_wall_s,
	    .times = o->times,
	    .dropped = o->dropped,
	};
}

static enum err
explain_for_control(void *ctx, const struct explain_request *rq, struct buf *why)
{
	struct server *s = ctx;
	struct explain_question q = {
	    .name = rq->name, .type = rq->type, .client = rq->client};

	return explain(&s->shared, s->explain_reader, &q, rq->data, rq->text, why);
}

static void
stop(void *ctx)
{
	struct server *s = ctx;

	loop_stop(s->loop);
}

void
joins_control(struct server *s, struct control *c)
{
	c->sum_counters = sum_counters;
	c->last_limited = last_limited;
	c->get_load = get_load;
	c->explain = explain_for_control;
	c->stop = stop;
	c->ctx = s;
}
