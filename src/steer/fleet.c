/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/fleet.h"

#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "health/kept.h"

enum { TICK_MS = 500 };

struct fleet {
	struct loop *loop;
	struct board *board;
	struct fleet_hooks hooks;
	struct loop_timer *tick;
	struct fleet_contact contact;
	enum fleet_phase phase; /* as last seen */
	int64_t fresh_for_ms;
	struct quorum_tally *tally; /* NULL: nothing heard */
	uint64_t cast_sum; /* of the votes that went out */
	size_t doubted; /* in one turn */
};

/* ---- our votes ---- */

static void
add_vote(void *ctx, struct target *t)
{
	enum vote vote = vote_of(t->machine.state);
	struct buf key = {0}, text = {0};

	if (vote == VOTE_NONE || target_is_canary(t))
		return;
	kept_write_key(t, &key);
	buf_str(&text, vote == VOTE_UP ? "up" : "down");
	if (vote == VOTE_DOWN && t->reason[0] != '\0')
		buf_printf(&text, " %s", t->reason);
	quorum_votes_add(ctx, buf_text(&key), buf_text(&text));
	buf_fini(&key);
	buf_fini(&text);
}

struct sum {
	uint64_t value;
};

static void
add_state(void *ctx, struct target *t)
{
	struct sum *sum = ctx;

	sum->value = hash_mix(sum->value, (uint64_t)(uintptr_t)t);
	sum->value = hash_mix(sum->value, (uint64_t)vote_of(t->machine.state) + 1);
}

/* Who is blind sees nothing, and says nothing. */
static void
cast_votes(struct fleet *f)
{
	struct prober *p = board_prober(f->board);
	struct quorum_votes *votes;
	struct prober_stats stats;
	struct sum sum = {0};

	prober_get_stats(p, &stats);
	sum.value = stats.is_blind;
	if (!stats.is_blind)
		prober_each(p, add_state, &sum);
	if (sum.value == f->cast_sum)
		return;
	f->cast_sum = sum.value;
	votes = mem_new(sizeof(*votes));
	if (!stats.is_blind)
		prober_each(p, add_vote, votes);
	f->hooks.cast(f->hooks.ctx, votes);
}

/* ---- their words ---- */

static void
follow_one(void *ctx, struct target *t)
{
	struct fleet *f = ctx;
	const struct quorum_row *row;
	struct buf key = {0};

	if (target_is_canary(t))
		return;
	kept_write_key(t, &key);
	row = quorum_tally_find(f->tally, buf_text(&key));
	buf_fini(&key);
	t->votes_up = row == NULL ? 0 : row->up;
	t->votes_down = row == NULL ? 0 : row->down;
	t->doubt = 0;
	prober_say(board_prober(f->board), t, votes_count(t->votes_up, t->votes_down));
}

/* Once, when the fleet's words end. */
static void
doubt_one(void *ctx, struct target *t)
{
	struct fleet *f = ctx;

	if (t->word != FLEET_UP || health_is_healthy(t->machine.state) ||
	    mono_is_never(f->contact.lost) ||
	    mono_diff_ms(t->since, f->contact.lost) < -VOTES_LOSS_MS ||
	    mono_diff_ms(t->since, f->contact.lost) > VOTES_LOSS_MS)
		return;
	t->doubt = t->failures + t->check->fall;
	f->doubted++;
}

static void
decide_alone(void *ctx, struct target *t)
{
	struct fleet *f = ctx;

	if (t->failures >= t->doubt || health_is_healthy(t->machine.state))
		t->doubt = 0;
	t->votes_up = t->votes_down = 0;
	prober_say(board_prober(f->board), t, t->doubt != 0 ? FLEET_UP : FLEET_SILENT);
}

static void
change_phase(struct fleet *f, enum fleet_phase phase)
{
	if (phase == f->phase)
		return;
	log_notice(
	    "fleet is %s before=%s", fleet_phase_text(phase), fleet_phase_text(f->phase));
	f->phase = phase;
	if (phase != FLEET_ALONE)
		return;
	f->doubted = 0;
	prober_each(board_prober(f->board), doubt_one, f);
	if (f->doubted != 0)
		log_warning(
		    "fleet is lost, and what began to fail then is looked at a second "
		    "time targets=%zu",
		    f->doubted);
}

static void
turn(struct fleet *f)
{
	struct mono now = mono_now();

	change_phase(f, fleet_contact_phase(&f->contact, f->fresh_for_ms, now));
	if (f->contact.is_on)
		cast_votes(f);
	if (f->phase == FLEET_FOLLOWED)
		prober_each(board_prober(f->board), follow_one, f);
	else if (!fleet_contact_stands(&f->contact, f->fresh_for_ms, now))
		prober_each(board_prober(f->board), decide_alone, f);
}

static void
on_tick(void *ctx)
{
	struct fleet *f = ctx;

	turn(f);
	if (f->contact.is_on)
		loop_timer_set_ms(f->tick, TICK_MS);
}

void
fleet_hear(struct fleet *f, struct quorum_tally *tally)
{
	f->fresh_for_ms = tally->fresh_for_ms;
	fleet_contact_set(
	    &f->contact, tally->is_on, tally->is_heard, f->fresh_for_ms, mono_now());
	if (!tally->is_on)
		f->cast_sum = 0;
	quorum_tally_free(f->tally);
	f->tally = tally;
	on_tick(f);
}

struct fleet *
fleet_new(struct loop *loop, struct board *board, const struct fleet_hooks *hooks)
{
	struct fleet *f = mem_new(sizeof(*f));

	f->loop = loop;
	f->board = board;
	f->hooks = *hooks;
	f->tick = loop_timer_new(loop, on_tick, f);
	return f;
}

void
fleet_free(struct fleet *f)
{
	if (f == NULL)
		return;
	quorum_tally_free(f->tally);
	loop_timer_free(f->tick);
	mem_free(f);
}
