/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/board.h"

#include <assert.h>
#include <string.h>

#include "base/event.h"
#include "base/log.h"
#include "base/mem.h"
#include "steer/choice.h"
#include "steer/due.h"
#include "steer/ladder.h"
#include "steer/moves.h"
#include "steer/outage.h"
#include "steer/users.h"

enum { RECLAIM_MS = 20 };

/* A pool in the board's list. */
struct seat {
	struct due_item due; /* first, so that one can be cast to the other */
	struct seat *prev, *next;
	struct pool *pool;
	struct outage outage;
	struct use *uses;
	size_t unprobed; /* endpoints that found no room among the store's targets */
};

struct board {
	struct loop *loop;
	struct prober *prober;
	struct limbo limbo;
	struct loop_timer *reclaim;
	struct seat first; /* ring */
	struct due due;
	struct moves moves;
	uint8_t standings[POOL_ENDPOINTS_MAX]; /* of the pool that is being looked at */
	uint16_t room[POOL_ENDPOINTS_MAX];
	struct board_hooks hooks;
	struct placing placing;
	size_t of_store; /* targets that pools of the store use */
	size_t unprobed; /* endpoints of theirs beyond store.max_targets */
	size_t told_unprobed;
};

static void
retire(struct board *b, void *object, void (*free_fn)(void *))
{
	if (object == NULL)
		return;
	limbo_retire(&b->limbo, object, free_fn);
	loop_timer_set_ms(b->reclaim, RECLAIM_MS);
}

static void
on_reclaim(void *ctx)
{
	struct board *b = ctx;

	if (limbo_reclaim(&b->limbo) != 0)
		loop_timer_set_ms(b->reclaim, RECLAIM_MS);
}

/* Does a target that came back have to prove itself first? */
static bool
is_held(const struct target *t)
{
	return target_is_held(t);
}

/* The best that is known of any of its targets: a name is up where one of its addresses
 * is. */
static uint8_t
state_of(const struct endpoint *e)
{
	static const uint8_t rank[] = {
	    [HEALTH_DOWN] = 0,
	    [HEALTH_RECOVERING] = 1,
	    [HEALTH_UNKNOWN] = 2,
	    [HEALTH_SUSPECT] = 3,
	    [HEALTH_UP] = 4,
	};
	enum health_state best;

	if (e->target_count == 0)
		return HEALTH_UP;
	best = target_state(e->targets[0]);
	for (unsigned i = 1; i < e->target_count; i++) {
		enum health_state s = target_state(e->targets[i]);

		if (rank[s] > rank[best])
			best = s;
	}
	return (uint8_t)best;
}

/* What the ladder is told of an endpoint: of its targets the best one, unless an operator
 * says something. The one place where that is decided. */
enum standing
board_standing(const struct endpoint *e, enum override override)
{
	enum standing best = standing_of(HEALTH_DOWN, false, override);

	if (e->target_count == 0)
		best = standing_of(HEALTH_UP, false, override);
	for (unsigned i = 0; i < e->target_count; i++) {
		const struct target *t = e->targets[i];
		enum standing s = standing_of(target_state(t), is_held(t), override);

		if (s < best)
			best = s;
	}
	return best;
}

/* The earliest moment at which an endpoint's verdict or override may change what is
 * served. */
static struct mono
pending_of(const struct endpoint *e)
{
	struct mono min = e->override_until;

	if (e->override != OVERRIDE_AUTO)
		return min; /* what is measured changes nothing */
	for (unsigned i = 0; i < e->target_count; i++) {
		struct mono t = target_pending(e->targets[i]);

		if (!mono_is_never(t) && (mono_is_never(min) || t.ms < min.ms))
			min = t;
	}
	return min;
}

/*
 * Pending changes count on the used rung and the ones before it; on all of them when no
 * rung is sufficient, for then any endpoint that comes back may be the best there is.
 */
static struct mono
pending_of_pick(const struct pool *p, const struct ladder *l, const struct pick *pick,
    unsigned family)
{
	size_t rungs = l->count;
	struct mono min = {0};

	if (pick->kind == PICK_NO_FAMILY)
		return min; /* no verdict changes that */
	if (pick->sufficient)
		rungs = ladder_split_end(l, (unsigned)pick->rung);
	for (size_t r = 0; r < rungs && r < l->count; r++) {
		for (unsigned i = 0; i < l->rungs[r].count; i++) {
			const struct endpoint *e =
			    &p->endpoints[p->order[l->rungs[r].first + i]];
			struct mono t;

			if (!p->is_names && e->family != family)
				continue;
			t = pending_of(e);
			if (!mono_is_never(t) && (mono_is_never(min) || t.ms < min.ms))
				min = t;
		}
	}
	return min;
}

struct choice *
board_suppose(const struct pool *p, size_t ladder, unsigned family,
    const uint8_t *standings, uint16_t *room)
{
	struct pick pick = {.endpoints = room};

	ladder_pick(p, (unsigned)ladder, family, standings, &pick);
	return choice_make(p, (unsigned)ladder, family, standings, &pick,
	    pending_of_pick(p, &p->ladders[ladder], &pick, family));
}

static void
refresh_cell(struct board *b, struct pool *p, size_t ladder, unsigned family)
{
	_Atomic(struct choice *) *cell = &p->cells[ladder * FAMILY_COUNT + family];
	struct choice *old = atomic_load_explicit(cell, memory_order_relaxed);
	struct choice *new = board_suppose(p, ladder, family, b->standings, b->room);

	if (old != NULL && choice_equal(old, new)) {
		choice_free(new);
		return;
	}
	publish_swap(cell, new);
	moves_log(&b->moves, p, ladder, family, old, new);
	retire(b, old, choice_free);
}

static void
refresh(struct board *b, struct pool *p)
{
	for (size_t i = 0; i < p->endpoint_count; i++) {
		struct endpoint *e = &p->endpoints[i];

		e->state = state_of(e);
		e->standing = (uint8_t)board_standing(e, (enum override)e->override);
		b->standings[i] = e->standing;
	}
	for (size_t l = 0; l <= p->region_count; l++)
		for (unsigned f = 0; f < FAMILY_COUNT; f++)
			refresh_cell(b, p, l, f);
	outage_look(&((struct seat *)p->users)->outage, p);
}

void
board_refresh(struct board *b, struct pool *p)
{
	due_remove(&((struct seat *)p->users)->due);
	refresh(b, p);
	if (!b->due.is_running)
		moves_end(&b->moves);
}

static void
on_due(void *ctx, struct due_item *item)
{
	refresh(ctx, ((struct seat *)item)->pool);
}

static void
on_all_done(void *ctx)
{
	struct board *b = ctx;

	moves_end(&b->moves);
}

/*
 * While a target is confirmed, every probe moves the moment at which it may change. As
 * long as that is so near that the TTL is the pools' ttl_min anyway, nobody is served
 * anything else.
 */
static bool
is_all_the_same(struct users *u, const struct target *t)
{
	struct told was = u->told;
	int64_t near_ms = mono_now().ms + (int64_t)u->ttl_min * 1000;

	u->told = (struct told){true, is_held(t), target_state(t), target_pending(t)};
	return was.is_any && was.is_held == u->told.is_held &&
	       was.state == u->told.state && !mono_is_never(was.pending) &&
	       !mono_is_never(u->told.pending) && was.pending.ms <= near_ms &&
	       u->told.pending.ms <= near_ms;
}

static void
on_change(void *ctx, struct target *target, enum health_state old)
{
	struct users *users = users_of(target);
	struct board *b = ctx;
	struct told was;
	bool is_urgent;

	(void)old;
	if (users == NULL)
		return;
	was = users->told;
	if (is_all_the_same(users, target))
		return;
	is_urgent = !was.is_any || was.is_held != users->told.is_held ||
	            health_is_healthy(was.state) != health_is_healthy(users->told.state);
	for (struct use *u = users->first; u != NULL; u = u->next)
		due_put(&b->due, &((struct seat *)u->pool->users)->due, is_urgent);
	due_run(&b->due);
}

static void
on_first_round(void *ctx)
{
	struct board *b = ctx;

	b->hooks.on_first_round(b->hooks.ctx);
}

static void
on_keep(void *ctx, const char *kind, const char *key, const char *value)
{
	struct board *b = ctx;

	b->hooks.on_keep(b->hooks.ctx, kind, key, value);
}

enum err
board_new(struct loop *loop, struct publish *domain, const struct board_hooks *hooks,
    struct board **out)
{
	struct board *b = mem_new(sizeof(*b));
	struct prober_hooks prober_hooks = {
	    .on_change = on_change,
	    .on_first_round = on_first_round,
	    .on_keep = hooks->on_keep != NULL ? on_keep : NULL,
	    .ctx = b,
	};
	enum err e;

	b->loop = loop;
	b->hooks = *hooks;
	b->first.prev = b->first.next = &b->first;
	limbo_init(&b->limbo, domain);
	b->reclaim = loop_timer_new(loop, on_reclaim, b);
	due_init(&b->due, loop, on_due, on_all_done, b);
	e = prober_new(loop, &prober_hooks, &b->prober);
	if (e != OK) {
		due_fini(&b->due);
		loop_timer_free(b->reclaim);
		mem_free(b);
		return e;
	}
	*out = b;
	return OK;
}

void
board_free(struct board *b)
{
	assert(b->first.next == &b->first);
	limbo_fini(&b->limbo);
	prober_free(b->prober);
	placing_fini(&b->placing);
	due_fini(&b->due);
	loop_timer_free(b->reclaim);
	mem_free(b);
}

static void
place_target(struct board *b, struct target *t)
{
	uint16_t places[PLACES_MAX];

	prober_place(b->prober, t, places, places_write(&users_of(t)->places, places));
}

static void
use_target(struct board *b, struct seat *s, struct endpoint *e, const struct ip *ip)
{
	struct pool *p = s->pool;
	struct target *t = prober_hold(b->prober, p->check, ip);
	bool is_stores = p->max_targets != 0;

	/* one that is probed anyway costs nothing more */
	if (is_stores && users_of(t) == NULL && b->of_store >= p->max_targets) {
		prober_drop(b->prober, t);
		e->unprobed = true;
		s->unprobed++;
		b->unprobed++;
		return;
	}
	e->targets =
	    mem_resize(e->targets, e->target_count + 1u, sizeof(struct target *));
	e->targets[e->target_count++] = t;
	b->of_store += is_stores && (users_of(t) == NULL || users_of(t)->of_store == 0);
	users_add(&s->uses, p, t);
	places_add(&users_of(t)->places, &b->placing, p, e);
	place_target(b, t);
}

static void
leave_targets(struct board *b, struct seat *s)
{
	struct pool *p = s->pool;

	for (size_t k = 0; k < p->endpoint_count; k++) {
		const struct endpoint *e = &p->endpoints[k];

		for (unsigned i = 0; i < e->target_count; i++) {
			places_remove(
			    &users_of(e->targets[i])->places, &b->placing, p, e);
			place_target(b, e->targets[i]);
		}
	}
	for (struct use *u = s->uses; u != NULL; u = u->of_pool)
		b->of_store -= p->max_targets != 0 && users_of(u->target)->of_store == 1;
	users_remove(&s->uses);
	for (size_t k = 0; k < p->endpoint_count; k++) {
		struct endpoint *e = &p->endpoints[k];

		for (unsigned i = 0; i < e->target_count; i++)
			prober_drop(b->prober, e->targets[i]);
		e->target_count = 0;
	}
	b->unprobed -= s->unprobed;
}

/* A CNAME target is probed at the addresses given with it, else counts as up. */
static void
use_targets(struct board *b, struct seat *s, struct endpoint *e)
{
	if (e->name == NULL)
		use_target(b, s, e, &e->ip);
	for (size_t i = 0; i < e->from->probe_count; i++)
		use_target(b, s, e, &e->from->probe[i]);
}

/* The database must not choose how much we connect to: the rest is served unprobed. */
static void
tell_unprobed(struct board *b)
{
	if (b->unprobed == b->told_unprobed)
		return;
	if (b->unprobed == 0)
		event_good(EVENT_STORE, "targets", "all are probed");
	else
		event_bad(EVENT_STORE, EVENT_WARNING, "targets",
		    "%zu endpoints of records are served unprobed: there are more than "
		    "store.max_targets",
		    b->unprobed);
	/* once for a crowd that comes in many batches */
	if (b->unprobed == 0 || b->told_unprobed == 0 ||
	    b->unprobed > 2 * b->told_unprobed)
		log_warning("endpoints of records beyond store.max_targets unprobed=%zu",
		    b->unprobed);
	b->told_unprobed = b->unprobed;
}

void
board_adopt(struct board *b, struct pool *const *pools, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct pool *p = pools[i];
		struct seat *s = mem_new(sizeof(*s));

		assert(p->users == NULL);
		s->pool = p;
		s->prev = b->first.prev;
		s->next = &b->first;
		s->prev->next = s->next->prev = s;
		p->users = s;
		for (size_t k = 0; p->check != NULL && k < p->endpoint_count; k++)
			if (!p->endpoints[k].unprobed)
				use_targets(b, s, &p->endpoints[k]);
		if (b->hooks.on_adopt != NULL)
			b->hooks.on_adopt(b->hooks.ctx, p);
		board_refresh(b, p);
	}
	tell_unprobed(b);
}

/* One that took the place of another has told of itself when it came. */
static void
end_outage(struct board *b, struct seat *s)
{
	struct seat *next = b->first.next;

	if (!outage_is_any(&s->outage))
		return;
	while (next != &b->first &&
	       (next == s || strcmp(next->pool->name, s->pool->name) != 0))
		next = next->next;
	if (next == &b->first)
		outage_end(&s->outage, s->pool, NULL, NULL);
	else
		outage_end(&s->outage, s->pool, &next->outage, next->pool);
}

void
board_release(struct board *b, struct pool *const *pools, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct pool *p = pools[i];
		struct seat *s = p->users;

		due_remove(&s->due);
		leave_targets(b, s);
		end_outage(b, s);
		s->prev->next = s->next;
		s->next->prev = s->prev;
		mem_free(s);
		p->users = NULL;
		retire(b, p, pool_free);
	}
	tell_unprobed(b);
}

struct prober *
board_prober(struct board *b)
{
	return b->prober;
}

void
board_each(struct board *b, void (*fn)(void *ctx, struct pool *p), void *ctx)
{
	for (struct seat *s = b->first.next; s != &b->first; s = s->next)
		fn(ctx, s->pool);
}
