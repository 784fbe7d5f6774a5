/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/keeper.h"

#include <assert.h>

#include "base/mem.h"
#include "steer/maker.h"
#include "steer/warm.h"

enum {
	RECLAIM_MS = 20,
	STEP_MS = 1000, /* serials step once a second */
};

/* Something to be done by the next step. */
struct work {
	struct work *next;
	struct parts *parts; /* NULL: changes, or only the serials that are owed */
	keeper_done *done;
	void *ctx;
	struct store_change *changes;
	size_t count;
};

/* Pools on their way to or from the board. */
struct pools_mail {
	struct mail mail; /* first */
	struct keeper *keeper;
	struct pool_list pools;
	bool adopt;
};

struct keeper {
	struct loop *loop, *board_loop;
	struct board *board;
	struct shared *shared;
	struct limbo limbo;
	struct loop_timer *reclaim;
	struct loop_timer *owed;
	struct maker maker;
	struct work *first, **last; /* waiting */
	struct work *running; /* what the step carries out */
	struct world *next; /* made, and waits for the board */
	bool busy;
	bool bulk; /* the step is open for more changes */
};

static void
on_reclaim(void *ctx)
{
	struct keeper *k = ctx;

	if (limbo_reclaim(&k->limbo) != 0)
		loop_timer_set_ms(k->reclaim, RECLAIM_MS);
}

static void
enqueue(struct keeper *k, struct work *w);

/* A second later: what changed twice within one gets the serial of the last change. */
static void
on_owed(void *ctx)
{
	enqueue(ctx, mem_new(sizeof(struct work)));
}

struct keeper *
keeper_new(struct loop *loop, struct loop *board_loop, struct board *board,
    struct shared *shared)
{
	struct keeper *k = mem_new(sizeof(*k));

	k->loop = loop;
	k->board_loop = board_loop;
	k->board = board;
	k->shared = shared;
	k->last = &k->first;
	maker_init(&k->maker);
	k->maker.serials.on_saved = on_owed;
	k->maker.serials.ctx = k;
	limbo_init(&k->limbo, &shared->domain);
	k->reclaim = loop_timer_new(loop, on_reclaim, k);
	k->owed = loop_timer_new(loop, on_owed, k);
	return k;
}

static void
run_pools_mail(struct mail *mail);

static void
post_pools(struct keeper *k, struct pool_list *pools, bool adopt)
{
	struct pools_mail *m = mem_new(sizeof(*m));

	m->mail.run = run_pools_mail;
	m->keeper = k;
	m->pools = *pools;
	m->adopt = adopt;
	*pools = (struct pool_list){0};
	loop_post(k->board_loop, &m->mail);
}

static void
begin_step(struct keeper *k);

/* The board has filled the choices of all new pools. */
static void
publish_step(struct keeper *k)
{
	struct work *done = k->running;
	struct world *old = publish_swap(&k->shared->world, k->next);

	if (k->maker.release.count != 0)
		post_pools(k, &k->maker.release, false);
	maker_retire(&k->maker, &k->limbo);
	limbo_retire(&k->limbo, old, maker_free_world);
	/* mostly at once: a reader holds a world no longer than a batch takes */
	on_reclaim(k);
	k->busy = false;
	while (done != NULL) {
		struct work *next = done->next;

		if (done->done != NULL)
			done->done(done->ctx);
		mem_free(done);
		done = next;
	}
	begin_step(k);
}

/* Back in the store thread. */
static void
on_adopted(struct mail *mail)
{
	struct pools_mail *m = (struct pools_mail *)(void *)mail;
	struct keeper *k = m->keeper;

	mem_free(m->pools.list);
	mem_free(m);
	publish_step(k);
}

/* In the probe thread. */
static void
run_pools_mail(struct mail *mail)
{
	struct pools_mail *m = (struct pools_mail *)(void *)mail;

	if (m->adopt) {
		board_adopt(m->keeper->board, m->pools.list, m->pools.count);
		m->mail.run = on_adopted;
		loop_post(m->keeper->loop, &m->mail);
		return;
	}
	board_release(m->keeper->board, m->pools.list, m->pools.count);
	mem_free(m->pools.list);
	mem_free(m);
}

static struct parts *
newest_parts(const struct work *w)
{
	struct parts *p = NULL;

	for (; w != NULL; w = w->next)
		if (w->parts != NULL)
			p = w->parts;
	return p;
}

static void
apply_changes(struct keeper *k, struct work *w)
{
	for (size_t i = 0; i < w->count; i++) {
		if (i % WARM_MOST == 0 && w->count > 1)
			warm_changes(&k->maker.notes, &w->changes[i], w->count - i);
		maker_change(&k->maker, &w->changes[i]);
	}
	mem_free(w->changes);
	w->changes = NULL;
}

static void
finish_step(struct keeper *k)
{
	k->next = maker_finish(&k->maker);
	if (k->maker.owing != NULL)
		loop_timer_set_ms(k->owed, STEP_MS);
	if (k->maker.adopt.count != 0)
		post_pools(k, &k->maker.adopt, true);
	else
		publish_step(k);
}

/* Makes the next world of all the work that waits. */
static void
begin_step(struct keeper *k)
{
	struct world *now = atomic_load(&k->shared->world);
	struct parts *parts;

	if (k->busy || k->first == NULL)
		return;
	parts = newest_parts(k->first);
	if (parts == NULL && now == NULL)
		return; /* records came before the first configuration was installed */
	k->busy = true;
	k->running = k->first;
	k->first = NULL;
	k->last = &k->first;
	maker_begin(&k->maker, now, parts);
	for (struct work *w = k->running; w != NULL; w = w->next) {
		apply_changes(k, w);
		parts_release(w->parts);
	}
	finish_step(k);
}

void
keeper_begin_bulk(struct keeper *k)
{
	struct world *now = atomic_load(&k->shared->world);

	assert(keeper_is_idle(k) && now != NULL);
	k->busy = k->bulk = true;
	k->running = NULL;
	maker_begin(&k->maker, now, NULL);
}

void
keeper_end_bulk(struct keeper *k)
{
	assert(k->bulk);
	k->bulk = false;
	finish_step(k);
}

static void
enqueue(struct keeper *k, struct work *w)
{
	*k->last = w;
	k->last = &w->next;
	begin_step(k);
}

/* Canaries on their way to the board. */
struct canaries_mail {
	struct mail mail; /* first */
	struct board *board;
	struct ip_port *list;
	size_t count;
};

/* In the probe thread. */
static void
run_canaries_mail(struct mail *mail)
{
	struct canaries_mail *m = (struct canaries_mail *)(void *)mail;

	prober_set_canaries(board_prober(m->board), m->list, m->count);
	mem_free(m->list);
	mem_free(m);
}

static void
post_canaries(struct keeper *k, const struct config_health *h)
{
	struct canaries_mail *m = mem_new(sizeof(*m));

	m->mail.run = run_canaries_mail;
	m->board = k->board;
	m->list = mem_dup(h->canaries, h->canary_count * sizeof(*h->canaries));
	m->count = h->canary_count;
	loop_post(k->board_loop, &m->mail);
}

void
keeper_install(struct keeper *k, struct parts *parts, keeper_done *done, void *ctx)
{
	struct work *w = mem_new(sizeof(*w));

	post_canaries(k, &parts->config->health);
	w->parts = parts_hold(parts);
	w->done = done;
	w->ctx = ctx;
	enqueue(k, w);
}

void
keeper_change(struct keeper *k, struct store_change *changes, size_t count)
{
	struct work *w = mem_new(sizeof(*w));

	w->changes = changes;
	w->count = count;
	if (!k->bulk) {
		enqueue(k, w);
		return;
	}
	apply_changes(k, w);
	mem_free(w);
}

/* Records that never found a configuration to be served by. */
static void
free_work(struct keeper *k)
{
	while (k->first != NULL) {
		struct work *w = k->first;

		k->first = w->next;
		parts_release(w->parts);
		for (size_t i = 0; i < w->count; i++)
			record_free(w->changes[i].record);
		mem_free(w->changes);
		mem_free(w);
	}
}

struct serials *
keeper_serials(struct keeper *k)
{
	return &k->maker.serials;
}

bool
keeper_is_idle(const struct keeper *k)
{
	return !k->busy && k->first == NULL;
}

void
keeper_free(struct keeper *k)
{
	struct world *w = atomic_exchange(&k->shared->world, NULL);

	assert(!k->busy);
	free_work(k);
	limbo_fini(&k->limbo);
	for (size_t i = 0; w != NULL && i < w->chunk_count * POOL_CHUNK; i++) {
		struct pool *p = world_pool(w, (uint32_t)i);

		if (p != NULL)
			board_release(k->board, &p, 1);
	}
	maker_fini(&k->maker, w);
	loop_timer_free(k->reclaim);
	loop_timer_free(k->owed);
	mem_free(k);
}
