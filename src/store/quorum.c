/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/quorum.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/log.h"
#include "base/mem.h"
#include "health/votes.h"
#include "store/backoff.h"
#include "store/ballots.h"
#include "store/link.h"

#define NODES_KEY "sextant:nodes"
#define WRITER_FIELD "!node" /* no target: their names begin with a check's */

/* A vote that has changed is written after so long, so that others go with it. */
enum { SOON_MS = 100, NODES_MAX = 1000 };
/* Votes that are counted in one round; what one node writes must not fill our memory. */
enum { ROWS_MAX = 1 << 22 };
/* Seconds that Redis may tell, so that they can be counted in milliseconds. */
#define TIME_MAX_S INT64_C(253402300799)

struct quorum {
	struct loop *loop;
	const struct config *cfg;
	struct quorum_hooks hooks;
	struct loop_timer *timer;
	struct link *link; /* NULL: not open */
	bool ready;
	bool asking; /* a round is under way */
	char id[24]; /* of this process */
	bool has_written;
	bool is_twin;
	bool is_odd; /* a node's votes could not be read, and that was told */
	struct mono twin; /* when one of our name was seen last */
	char *key; /* of our votes */
	struct quorum_votes *votes; /* NULL: none yet */
	struct quorum_tally *tally; /* of this round */
	size_t waiting; /* nodes whose votes are on the way */
	size_t voters; /* of this round so far */
	unsigned few; /* rounds in a row with too few voters for any target to go down */
	struct quorum_status status;
};

/* Fewer than two can vote nothing down. A round or two of that are a start. */
static void
tell_voters(struct quorum *q, size_t voters)
{
	enum { FEW_ROUNDS = 5 };

	if (voters >= 2) {
		if (q->few >= FEW_ROUNDS)
			event_good(EVENT_FLEET, "votes", "%zu nodes vote", voters);
		q->few = 0;
	} else if (q->few < FEW_ROUNDS && ++q->few == FEW_ROUNDS) {
		log_warning(
		    "quorum has too few votes nodes=%zu effect=\"no target can go "
		    "down\"",
		    voters);
		event_bad(EVENT_FLEET, EVENT_WARNING, "votes",
		    "fewer than two nodes vote: no target can go down");
	}
}

static void
end_round(struct quorum *q, int64_t next_ms)
{
	q->asking = false;
	loop_timer_set_ms(q->timer, next_ms);
}

static void
fail(struct quorum *q, const char *reason)
{
	if (q->status.is_heard || strcmp(q->status.reason, reason) != 0) {
		log_warning("quorum is not heard reason=\"%s\"", reason);
		event_bad(EVENT_FLEET, EVENT_WARNING, "quorum",
		    "the other nodes are not heard: %s", reason);
	}
	snprintf(q->status.reason, sizeof(q->status.reason), "%s", reason);
	q->status.is_heard = false;
	q->status.nodes = 0;
	/* who hears nobody comes to decide by himself */
	if (q->few != 0)
		event_good(EVENT_FLEET, "votes", "the other nodes are not heard");
	q->few = 0;
	link_close(q->link);
	q->link = NULL;
	q->ready = false;
	quorum_tally_free(q->tally);
	q->tally = NULL;
	q->hooks.on_tally(q->hooks.ctx, quorum_tally_new(q->cfg));
	end_round(q, VOTES_INTERVAL_MS);
}

static void
on_down(void *ctx, enum fault fault, const char *reason)
{
	char text[256];

	(void)fault;
	snprintf(text, sizeof(text), "%s", reason);
	fail(ctx, text);
}

/* True when the reply was no good, and the round has ended. */
static bool
refused(struct quorum *q, const struct redis_reply *reply, enum redis_kind wanted)
{
	char reason[256];

	if (link_check(reply, wanted, reason, sizeof(reason)) == FAULT_NONE)
		return false;
	fail(q, reason);
	return true;
}

/* ---- reading ---- */

static void
finish(struct quorum *q)
{
	struct quorum_tally *t = q->tally;

	if (!q->status.is_heard) {
		log_notice("quorum is heard nodes=%zu", q->voters);
		event_good(EVENT_FLEET, "quorum", "%zu nodes vote", q->voters);
	} else if (q->status.nodes != q->voters) {
		log_notice("quorum nodes=%zu before=%zu", q->voters, q->status.nodes);
	}
	tell_voters(q, q->voters);
	q->status.is_heard = true;
	q->status.nodes = q->voters;
	q->status.reason[0] = '\0';
	q->tally = NULL;
	t->is_heard = true;
	ballots_sum(t);
	q->hooks.on_tally(q->hooks.ctx, t);
	end_round(q, VOTES_INTERVAL_MS);
}

/* One that is another up to a NUL would be counted in its place, once more. */
static bool
is_word(const struct redis_reply *reply)
{
	return reply->kind == REDIS_TEXT && strlen(reply->text) == reply->len;
}

/* What one node, or a stranger, has written there must not silence the others. */
static bool
is_no_hash(const struct redis_reply *reply)
{
	return reply->kind == REDIS_ERROR && strncmp(reply->text, "WRONGTYPE", 9) == 0;
}

static void
tell_odd(struct quorum *q, const char *why)
{
	if (!q->is_odd)
		log_warning("quorum some votes are not read reason=\"%.200s\"", why);
	q->is_odd = true;
}

static void
on_votes(void *ctx, const struct redis_reply *reply)
{
	struct quorum *q = ctx;
	size_t before = q->tally->count;

	if (is_no_hash(reply))
		tell_odd(q, reply->text);
	else if (refused(q, reply, REDIS_ARRAY))
		return;
	for (size_t i = 0; i + 1 < reply->count && q->tally->count < ROWS_MAX; i += 2)
		if (is_word(reply->list[i]) && is_word(reply->list[i + 1]))
			ballots_take(
			    q->tally, reply->list[i]->text, reply->list[i + 1]->text);
	if (q->tally->count == ROWS_MAX)
		tell_odd(q, "there are too many");
	q->voters += q->tally->count != before;
	if (--q->waiting == 0)
		finish(q);
}

static char *
votes_key(const char *node)
{
	return mem_printf("sextant:votes:{%s}", node);
}

static void
on_nodes(void *ctx, const struct redis_reply *reply)
{
	struct quorum *q = ctx;
	size_t count = reply->count < NODES_MAX ? reply->count : NODES_MAX;

	if (refused(q, reply, REDIS_ARRAY))
		return;
	q->tally = quorum_tally_new(q->cfg);
	q->voters = q->waiting = 0;
	for (size_t i = 0; i < count; i++) {
		char *key;

		if (!is_word(reply->list[i]))
			continue;
		key = votes_key(reply->list[i]->text);
		q->waiting++;
		link_ask(q->link, on_votes, 2, (const char *[]){"HGETALL", key}, NULL);
		mem_free(key);
	}
	if (q->waiting == 0)
		finish(q);
}

static void
on_number(void *ctx, const struct redis_reply *reply)
{
	(void)refused(ctx, reply, REDIS_INTEGER);
}

/* Redis' own clock says who has been here within three intervals. */
static void
on_time(void *ctx, const struct redis_reply *reply)
{
	struct quorum *q = ctx;
	char score[24], old[24], ahead[24], most[24];
	int64_t now_ms;

	if (refused(q, reply, REDIS_ARRAY))
		return;
	if (reply->count != 2 || reply->list[0]->kind != REDIS_TEXT ||
	    reply->list[1]->kind != REDIS_TEXT) {
		fail(q, "TIME was answered in an unexpected form");
		return;
	}
	now_ms = strtoll(reply->list[0]->text, NULL, 10);
	if (now_ms < 0 || now_ms > TIME_MAX_S) {
		fail(q, "TIME was answered with no time");
		return;
	}
	now_ms = now_ms * 1000 + strtoll(reply->list[1]->text, NULL, 10) % 1000000 / 1000;
	snprintf(score, sizeof(score), "%" PRId64, now_ms);
	snprintf(old, sizeof(old), "%" PRId64, now_ms - VOTES_FRESH_MS);
	snprintf(ahead, sizeof(ahead), "(%" PRId64, now_ms + VOTES_FRESH_MS);
	link_ask(q->link, on_number, 4,
	    (const char *[]){"ZADD", NODES_KEY, score, q->cfg->server.identity}, NULL);
	link_ask(q->link, on_number, 4,
	    (const char *[]){"ZREMRANGEBYSCORE", NODES_KEY, "-inf", old}, NULL);
	/* of a master with another clock, or of nobody: they would stay for ever */
	link_ask(q->link, on_number, 4,
	    (const char *[]){"ZREMRANGEBYSCORE", NODES_KEY, ahead, "+inf"}, NULL);
	/* those who were here last */
	snprintf(most, sizeof(most), "-%d", NODES_MAX);
	link_ask(q->link, on_nodes, 4, (const char *[]){"ZRANGE", NODES_KEY, most, "-1"},
	    NULL);
}

/* ---- writing ---- */

/* Who finds another's word in the place of his own, has a twin. */
static void
look_for_twin(struct quorum *q, const struct redis_reply *was)
{
	struct mono now = mono_now();
	bool is_twin;

	if (q->has_written && was->kind == REDIS_TEXT && strcmp(was->text, q->id) != 0)
		q->twin = now;
	q->has_written = true;
	is_twin =
	    !mono_is_never(q->twin) && mono_diff_ms(now, q->twin) <= 2 * VOTES_FRESH_MS;
	if (is_twin && !q->is_twin) {
		log_error("quorum another node has our name name=\"%s\" effect=\"neither "
		          "votes\"",
		    q->cfg->server.identity);
		event_bad(EVENT_FLEET, EVENT_WARNING, "name",
		    "another node is called %s, so neither votes",
		    q->cfg->server.identity);
	} else if (q->is_twin && !is_twin) {
		log_notice("quorum no other node has our name any more name=\"%s\"",
		    q->cfg->server.identity);
		event_good(EVENT_FLEET, "name", "no other node has our name any more");
	}
	q->is_twin = q->status.is_twin = is_twin;
}

static void
on_exec(void *ctx, const struct redis_reply *reply)
{
	struct quorum *q = ctx;

	if (refused(q, reply, REDIS_ARRAY))
		return;
	if (reply->count == 0) {
		fail(q, "EXEC was answered in an unexpected form");
		return;
	}
	look_for_twin(q, reply->list[0]);
}

static void
on_queued(void *ctx, const struct redis_reply *reply)
{
	(void)refused(ctx, reply, REDIS_TEXT);
}

static void
ask_votes(struct quorum *q)
{
	size_t votes = q->votes == NULL || q->is_twin ? 0 : q->votes->count;
	const char **words = mem_array(4 + votes, sizeof(*words));

	words[0] = "HSET";
	words[1] = q->key;
	words[2] = WRITER_FIELD;
	words[3] = q->id;
	for (size_t i = 0; i < votes; i++)
		words[4 + i] = q->votes->words[i];
	link_ask(q->link, on_queued, 4 + votes, words, NULL);
	mem_free(words);
}

static void
ask_round(struct quorum *q)
{
	char expiry[16];

	snprintf(expiry, sizeof(expiry), "%d", VOTES_FRESH_MS);
	link_ask(q->link, on_queued, 1, (const char *[]){"MULTI"}, NULL);
	link_ask(
	    q->link, on_queued, 3, (const char *[]){"HGET", q->key, WRITER_FIELD}, NULL);
	link_ask(q->link, on_queued, 2, (const char *[]){"DEL", q->key}, NULL);
	ask_votes(q);
	link_ask(
	    q->link, on_queued, 3, (const char *[]){"PEXPIRE", q->key, expiry}, NULL);
	link_ask(q->link, on_exec, 1, (const char *[]){"EXEC"}, NULL);
	link_ask(q->link, on_time, 1, (const char *[]){"TIME"}, NULL);
}

/* ---- the connection ---- */

static void
on_ready(void *ctx)
{
	struct quorum *q = ctx;

	q->ready = true;
	ask_round(q);
}

static void
begin_round(struct quorum *q)
{
	struct link_hooks hooks = {on_ready, NULL, on_down, q};
	struct link_to to;

	link_to_server(&to, &q->cfg->store, &q->cfg->store.writer);
	/* a server that the replica has lost is left too: a failover moves both */
	if (!q->hooks.find(q->hooks.ctx, &to.address)) {
		fail(q, "there is no connection to Redis");
		return;
	}
	q->asking = true;
	loop_timer_set_ms(q->timer, VOTES_INTERVAL_MS);
	if (q->ready)
		ask_round(q);
	else
		q->link = link_open(q->loop, &to, &hooks);
}

static void
on_timer(void *ctx)
{
	struct quorum *q = ctx;

	if (q->asking)
		fail(q, "Redis did not answer within a second");
	else
		begin_round(q);
}

/* ---- life ---- */

struct quorum *
quorum_new(struct loop *loop, const struct config *cfg, const struct quorum_hooks *hooks)
{
	struct quorum *q = mem_new(sizeof(*q));

	q->loop = loop;
	q->cfg = cfg;
	q->hooks = *hooks;
	q->key = votes_key(cfg->server.identity);
	snprintf(q->id, sizeof(q->id), "%08x%08x", backoff_dice(), backoff_dice());
	q->timer = loop_timer_new(loop, on_timer, q);
	snprintf(q->status.reason, sizeof(q->status.reason), "not tried yet");
	loop_timer_set_ms(q->timer, SOON_MS);
	return q;
}

void
quorum_free(struct quorum *q)
{
	if (q == NULL)
		return;
	link_close(q->link);
	loop_timer_free(q->timer);
	quorum_votes_free(q->votes);
	quorum_tally_free(q->tally);
	mem_free(q->key);
	mem_free(q);
}

void
quorum_reconfigure(struct quorum *q, const struct config *cfg)
{
	q->cfg = cfg;
	mem_free(q->key);
	q->key = votes_key(cfg->server.identity);
	q->has_written = false;
	link_close(q->link);
	q->link = NULL;
	q->ready = false;
	quorum_tally_free(q->tally);
	q->tally = NULL;
	end_round(q, SOON_MS);
}

void
quorum_cast(struct quorum *q, struct quorum_votes *votes)
{
	quorum_votes_free(q->votes);
	q->votes = votes;
	/* the rest of a failed connection's pause is not cut short */
	if (!q->asking && q->ready)
		loop_timer_set_ms(q->timer, SOON_MS);
}

void
quorum_get_status(const struct quorum *q, struct quorum_status *out)
{
	*out = q->status;
	out->is_on = true;
}
