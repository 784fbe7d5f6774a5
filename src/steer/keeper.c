/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/keeper.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "steer/pooldir.h"
#include "steer/poolid.h"
#include "steer/probeable.h"
#include "steer/zonenote.h"
#include "zone/rdata.h"

enum {
	RECLAIM_MS = 20,
	STEP_MS = 1000, /* serials step once a second */
	HIDDEN_LOGGED = 100,
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

struct pools {
	struct pool **list;
	size_t count, cap;
};

/* Pools on their way to or from the board. */
struct pools_mail {
	struct mail mail; /* first */
	struct keeper *keeper;
	struct pools pools;
	bool adopt;
};

struct garbage {
	void *object;
	void (*free_fn)(void *object);
};

/* The making of one world. */
struct step {
	struct world *next;
	struct pooldir pools;
	struct pools adopt, release;
	struct garbage *garbage;
	size_t garbage_count, garbage_cap;
	struct trie_edit zones;
	struct zonenote *touched;
	struct work *work; /* what it carries out */
};

struct keeper {
	struct loop *loop, *board_loop;
	struct board *board;
	struct shared *shared;
	struct limbo limbo;
	struct loop_timer *reclaim;
	struct trie notes; /* struct zonenote by apex; mutable, ours alone */
	struct zonenote *owing; /* whose serial has to step once more */
	struct loop_timer *owed;
	struct work *first, **last;
	bool busy; /* a step waits for the board */
	struct step step;
	uint32_t *free_ids; /* numbers of pools of single records */
	size_t free_count, free_cap;
	uint32_t next_id;
	unsigned hidden; /* how many records were said to be so */
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
	k->next_id = POOLID_FIRST_OWN;
	limbo_init(&k->limbo, &shared->domain);
	k->reclaim = loop_timer_new(loop, on_reclaim, k);
	k->owed = loop_timer_new(loop, on_owed, k);
	return k;
}

static void
push(struct pools *p, struct pool *pool)
{
	if (pool == NULL)
		return;
	p->list = mem_grow(p->list, p->count, &p->cap, sizeof(struct pool *));
	p->list[p->count++] = pool;
}

static void
discard(struct step *s, void *object, void (*free_fn)(void *object))
{
	if (object == NULL)
		return;
	s->garbage =
	    mem_grow(s->garbage, s->garbage_count, &s->garbage_cap, sizeof(*s->garbage));
	s->garbage[s->garbage_count++] = (struct garbage){object, free_fn};
}

static struct zonenote *
find_note(struct keeper *k, const struct name *apex)
{
	uint64_t hash = name_hash(apex->bytes, apex->len);

	return (struct zonenote *)(uintptr_t)trie_find(
	    &k->notes, hash, apex->bytes, apex->len);
}

static uint32_t
new_id(struct keeper *k)
{
	if (k->free_count != 0)
		return k->free_ids[--k->free_count];
	return k->next_id < POOLID_MAX ? k->next_id++ : 0;
}

static void
touch(struct keeper *k, struct zonenote *n)
{
	if (n->touched)
		return;
	n->touched = true;
	n->next_touched = k->step.touched;
	k->step.touched = n;
}

/* Takes a pool out of the next world; a single record's number is used again. */
static void
remove_pool(struct keeper *k, uint32_t id)
{
	push(&k->step.release, pooldir_put(&k->step.pools, id, NULL));
	if (id >= POOLID_FIRST_OWN) {
		k->free_ids =
		    mem_grow(k->free_ids, k->free_count, &k->free_cap, sizeof(id));
		k->free_ids[k->free_count++] = id;
	}
}

/* Endpoints of a record's own pool that may not be probed are served all the same. */
static void
leave_unprobed(const struct config *c, struct pool *p)
{
	for (size_t i = 0; p->check != NULL && i < p->endpoint_count; i++) {
		struct endpoint *e = &p->endpoints[i];
		char ip[IP_TEXT_MAX];

		if (e->name != NULL || probeable_is_allowed(c, &e->ip))
			continue;
		e->unprobed = true;
		ip_write(&e->ip, ip);
		log_notice("endpoint not probed pool=\"%s\" address=%s: not in "
		           "store.probe_allow",
		    p->name, ip);
	}
}

static void
put_pool(struct keeper *k, uint32_t id, const char *name, const struct config_pool *spec)
{
	const struct parts *parts = k->step.next->parts;
	const struct config_check *check =
	    spec->check != NULL ? config_find_check(parts->config, spec->check) : NULL;
	struct pool *p = pool_compile(id, name, spec, check, parts->geo);

	if (id >= POOLID_FIRST_OWN)
		leave_unprobed(parts->config, p);

	push(&k->step.release, pooldir_put(&k->step.pools, id, p));
	push(&k->step.adopt, p);
}

/* All pools anew: the configuration's, and those of records against the new geography. */
static void
replace_pools(struct keeper *k)
{
	const struct config *c = k->step.next->parts->config;
	struct pooldir *d = &k->step.pools;

	for (uint32_t id = 1; id < POOLID_FIRST_OWN && id < d->count * POOL_CHUNK; id++)
		push(&k->step.release,
		    pooldir_get(d, id) != NULL ? pooldir_put(d, id, NULL) : NULL);
	for (size_t i = 0; i < c->pool_count; i++) {
		uint32_t id = poolid_of_name(c->pools[i].name);

		if (id != 0)
			put_pool(k, id, c->pools[i].name, &c->pools[i]);
		else
			log_error("pool not served: no pool numbers left pool=\"%s\"",
			    c->pools[i].name);
	}
	for (uint32_t id = POOLID_FIRST_OWN; id < k->next_id; id++) {
		struct pool *p = pooldir_get(d, id);

		if (p != NULL)
			put_pool(k, id, p->name, p->spec);
	}
}

/* The pools of single records go with their zone. */
static int
remove_own_pools(const struct node *node, void *ctx)
{
	for (unsigned i = 0; i < node->rrset_count; i++)
		if (node->rrsets[i]->pool >= POOLID_FIRST_OWN)
			remove_pool(ctx, node->rrsets[i]->pool);
	return 0;
}

static int
forget_note(struct trie_leaf *leaf, void *ctx)
{
	struct keeper *k = ctx;
	struct zonenote *n = (struct zonenote *)(void *)leaf;

	if (n->store != NULL)
		table_each(n->store, remove_own_pools, k);
	/* readers may still have its table */
	discard(&k->step, n->store, (void (*)(void *))table_free);
	n->store = NULL;
	zonenote_free(leaf);
	return 0;
}

/* The notes of the zones of these parts; the store's tables move over. */
static void
replace_notes(struct keeper *k)
{
	const struct parts *p = k->step.next->parts;
	struct trie_edit keep, rest;
	struct trie_node *garbage;
	struct trie old = k->notes;

	trie_edit_begin(&keep, &(struct trie){0});
	trie_edit_begin(&rest, &old);
	for (size_t i = 0; i < p->config->zone_count; i++) {
		const struct config_zone *z = &p->config->zones[i];
		struct zonenote *n = zonenote_new(&z->domain);
		struct zonenote *was = (struct zonenote *)(void *)trie_edit_remove(
		    &rest, n->leaf.hash, n->leaf.name, n->leaf.name_len);

		if (was != NULL) {
			zonenote_free(&n->leaf);
			n = was;
		}
		zonenote_configure(n, z, p->zone_files[i]);
		touch(k, n);
		trie_edit_put(&keep, &n->leaf);
	}
	k->notes = trie_edit_finish(&rest, &garbage);
	trie_garbage_free(garbage);
	trie_each(&k->notes, forget_note, k);
	trie_free(&k->notes, NULL);
	k->notes = trie_edit_finish(&keep, &garbage);
	trie_garbage_free(garbage);
}

static int
discard_zone(struct trie_leaf *leaf, void *ctx)
{
	discard(ctx, leaf, zonenote_free_zone);
	return 0;
}

static void
free_trie(void *t)
{
	trie_free(t, NULL);
	mem_free(t);
}

/* All zones go; the next world starts with an empty table of zones. */
static void
discard_zones(struct step *s, const struct world *now)
{
	struct trie_node *garbage;
	struct trie empty;

	empty = trie_edit_finish(&s->zones, &garbage);
	(void)empty;
	trie_garbage_free(garbage);
	if (now != NULL) {
		trie_each(&now->zones, discard_zone, s);
		discard(s, mem_dup(&now->zones, sizeof(now->zones)), free_trie);
	}
	trie_edit_begin(&s->zones, &(struct trie){0});
}

/* What was at this name and type before: its own pool goes with it. */
static void
drop_own_pool(struct keeper *k, struct zonenote *n, const struct record_key *key)
{
	const struct node *node = table_edit_find(zonenote_edit(n), &key->owner);
	const struct rrset *was = node != NULL ? node_rrset(node, key->type) : NULL;

	if (was != NULL && was->pool >= POOLID_FIRST_OWN)
		remove_pool(k, was->pool);
}

static struct rrset *
steered_rrset(struct keeper *k, struct record *r)
{
	char name[NAME_TEXT_MAX], type[RDATA_TYPE_TEXT_MAX];
	char *label;
	uint32_t id;

	id = r->pool_name != NULL ? poolid_of_name(r->pool_name) : new_id(k);
	if (id == 0) {
		log_error("record not served: no pool numbers left");
		return NULL;
	}
	if (r->pool_name != NULL)
		return rrset_new_steered(TYPE_POOL, r->ttl, id);
	name_write_plain(r->key.owner.bytes, name);
	rdata_type_write(r->key.type, type);
	label = mem_printf("%s %s", name, type);
	put_pool(k, id, label, r->pool);
	mem_free(label);
	return rrset_new_steered(r->key.type, r->ttl, id);
}

/* A record that is taken and yet never seen: whoever wrote it wonders why. */
static void
log_hidden(struct keeper *k, const struct zonenote *n, const struct record_key *key)
{
	const char *why =
	    n->file != NULL ? zone_file_hides(n->file, &key->owner, key->type) : NULL;
	struct buf text = {0};

	if (why == NULL || k->hidden > HIDDEN_LOGGED)
		return;
	record_key_write(key, &text);
	if (k->hidden++ < HIDDEN_LOGGED)
		log_notice("store record is hidden key=\"%s\" reason=\"%s\"",
		    buf_text(&text), why);
	else
		log_notice("store more hidden records are not logged");
	buf_fini(&text);
}

static void
apply_change(struct keeper *k, struct store_change *c)
{
	struct zonenote *n = find_note(k, &c->key.zone);
	struct record *r = c->record;
	struct rrset *rrset = NULL;

	if (n == NULL || n->store == NULL)
		return;
	touch(k, n);
	if (c->key.kind == RECORD_ZONE) {
		zonenote_set(n, r != NULL ? r->zone : NULL);
		if (r != NULL)
			r->zone = NULL;
		return;
	}
	drop_own_pool(k, n, &c->key);
	if (r != NULL && !r->disabled) {
		if (r->rrset != NULL) {
			rrset = r->rrset;
			r->rrset = NULL;
		} else if (r->pool != NULL || r->pool_name != NULL) {
			rrset = steered_rrset(k, r);
		}
	}
	if (rrset != NULL) {
		log_hidden(k, n, &c->key);
		rrset->from_store = true;
		table_edit_set(zonenote_edit(n), &c->key.owner, rrset);
	} else {
		table_edit_clear(zonenote_edit(n), &c->key.owner, c->key.type);
	}
}

static void
apply_changes(struct keeper *k, struct work *w)
{
	for (size_t i = 0; i < w->count; i++) {
		apply_change(k, &w->changes[i]);
		record_free(w->changes[i].record);
	}
	mem_free(w->changes);
	w->changes = NULL;
}

static void
build_zone(struct step *s, struct zonenote *n)
{
	struct table_garbage *garbage;
	struct trie_leaf *was;
	struct zone *z = zonenote_build(n, &garbage);

	discard(s, garbage, table_garbage_free);
	if (z != NULL)
		was = trie_edit_put(&s->zones, &z->leaf);
	else
		was = trie_edit_remove(
		    &s->zones, n->leaf.hash, n->leaf.name, n->leaf.name_len);
	discard(s, was, zonenote_free_zone);
}

static void
owe_step(struct keeper *k, struct zonenote *n)
{
	if (!n->owes_step || n->owing)
		return;
	if (k->owing == NULL)
		loop_timer_set_ms(k->owed, STEP_MS);
	n->owing = true;
	n->next_owing = k->owing;
	k->owing = n;
}

/* A new configuration touches all zones that stay; the others are about to go. */
static void
touch_owing(struct keeper *k, bool all_new)
{
	for (struct zonenote *n = k->owing; n != NULL; n = n->next_owing) {
		n->owing = false;
		if (!all_new)
			touch(k, n);
	}
	k->owing = NULL;
}

static void
build_zones(struct keeper *k)
{
	for (struct zonenote *n = k->step.touched; n != NULL; n = n->next_touched) {
		n->touched = false;
		build_zone(&k->step, n);
		owe_step(k, n);
	}
}

static void
free_world(void *world)
{
	struct world *w = world;

	parts_release(w->parts);
	mem_free(w);
}

static void
run_pools_mail(struct mail *mail);

static void
post_pools(struct keeper *k, struct pools *pools, bool adopt)
{
	struct pools_mail *m = mem_new(sizeof(*m));

	m->mail.run = run_pools_mail;
	m->keeper = k;
	m->pools = *pools;
	m->adopt = adopt;
	*pools = (struct pools){0};
	loop_post(k->board_loop, &m->mail);
}

static void
begin_step(struct keeper *k);

/* The board has filled the choices of all new pools. */
static void
publish_step(struct keeper *k)
{
	struct step *s = &k->step;
	struct work *done = s->work;
	struct world *old = publish_swap(&k->shared->world, s->next);

	pooldir_retire(&s->pools, &k->limbo);
	for (size_t i = 0; i < s->garbage_count; i++)
		limbo_retire(&k->limbo, s->garbage[i].object, s->garbage[i].free_fn);
	limbo_retire(&k->limbo, old, free_world);
	/* mostly at once: a reader holds a world no longer than a batch takes */
	on_reclaim(k);
	if (s->release.count != 0)
		post_pools(k, &s->release, false);
	mem_free(s->garbage);
	mem_free(s->release.list);
	*s = (struct step){0};
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

/* Makes the next world of all the work that waits. */
static void
begin_step(struct keeper *k)
{
	struct world *now = atomic_load(&k->shared->world);
	struct step *s = &k->step;
	struct trie_node *garbage;
	struct parts *parts;

	if (k->busy || k->first == NULL)
		return;
	parts = newest_parts(k->first);
	if (parts == NULL && now == NULL)
		return; /* records came before the first configuration was installed */
	k->busy = true;
	*s = (struct step){.work = k->first};
	k->first = NULL;
	k->last = &k->first;
	s->next = mem_new(sizeof(*s->next));
	s->next->number = now != NULL ? now->number + 1 : 1;
	s->next->parts = parts_hold(parts != NULL ? parts : now->parts);
	s->next->geo = s->next->parts->geo;
	pooldir_begin(&s->pools, now);
	trie_edit_begin(&s->zones, now != NULL ? &now->zones : &(struct trie){0});
	touch_owing(k, parts != NULL);
	if (parts != NULL) {
		discard_zones(s, now);
		replace_notes(k);
		replace_pools(k);
	}
	for (struct work *w = s->work; w != NULL; w = w->next) {
		apply_changes(k, w);
		parts_release(w->parts);
	}
	build_zones(k);
	s->next->zones = trie_edit_finish(&s->zones, &garbage);
	discard(s, garbage, trie_garbage_free);
	pooldir_finish(&s->pools, s->next);
	if (s->adopt.count != 0)
		post_pools(k, &s->adopt, true);
	else
		publish_step(k);
}

static void
enqueue(struct keeper *k, struct work *w)
{
	*k->last = w;
	k->last = &w->next;
	begin_step(k);
}

void
keeper_install(struct keeper *k, struct parts *parts, keeper_done *done, void *ctx)
{
	struct work *w = mem_new(sizeof(*w));

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
	enqueue(k, w);
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

bool
keeper_is_idle(const struct keeper *k)
{
	return !k->busy && k->first == NULL;
}

void
keeper_free(struct keeper *k)
{
	struct world *w = atomic_exchange(&k->shared->world, NULL);
	struct pools all = {0};

	assert(!k->busy);
	free_work(k);
	limbo_fini(&k->limbo);
	if (w != NULL) {
		for (size_t i = 0; i < w->chunk_count * POOL_CHUNK; i++)
			push(&all, world_pool(w, (uint32_t)i));
		board_release(k->board, all.list, all.count);
		mem_free(all.list);
		for (size_t i = 0; i < w->chunk_count; i++)
			mem_free(w->chunks[i]);
		mem_free(w->chunks);
		for (trie_each(&w->zones, discard_zone, &k->step);
		     k->step.garbage_count != 0;)
			zonenote_free_zone(
			    k->step.garbage[--k->step.garbage_count].object);
		mem_free(k->step.garbage);
		trie_free(&w->zones, NULL);
		free_world(w);
	}
	trie_free(&k->notes, zonenote_free);
	loop_timer_free(k->reclaim);
	loop_timer_free(k->owed);
	mem_free(k->free_ids);
	mem_free(k);
}
