/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/maker.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "steer/poolid.h"
#include "steer/probeable.h"
#include "zone/rdata.h"

enum { HIDDEN_LOGGED = 100 };

struct garbage {
	void *object;
	void (*free_fn)(void *object);
};

static void
push(struct pool_list *p, struct pool *pool)
{
	if (pool == NULL)
		return;
	p->list = mem_grow(p->list, p->count, &p->cap, sizeof(struct pool *));
	p->list[p->count++] = pool;
}

static void
discard(struct maker *m, void *object, void (*free_fn)(void *object))
{
	if (object == NULL)
		return;
	m->garbage =
	    mem_grow(m->garbage, m->garbage_count, &m->garbage_cap, sizeof(*m->garbage));
	m->garbage[m->garbage_count++] = (struct garbage){object, free_fn};
}

static struct zonenote *
find_note(struct maker *m, const struct name *apex)
{
	uint64_t hash = name_hash(apex->bytes, apex->len);

	return (struct zonenote *)(uintptr_t)trie_find(
	    &m->notes, hash, apex->bytes, apex->len);
}

static uint32_t
new_id(struct maker *m)
{
	if (m->free_count != 0)
		return m->free_ids[--m->free_count];
	return m->next_id < POOLID_MAX ? m->next_id++ : 0;
}

static void
touch(struct maker *m, struct zonenote *n)
{
	if (n->touched)
		return;
	n->touched = true;
	n->next_touched = m->touched;
	m->touched = n;
}

/* Takes a pool out of the next world; a single record's number is used again. */
static void
remove_pool(struct maker *m, uint32_t id)
{
	push(&m->release, pooldir_put(&m->pools, id, NULL));
	if (id >= POOLID_FIRST_OWN) {
		m->free_ids =
		    mem_grow(m->free_ids, m->free_count, &m->free_cap, sizeof(id));
		m->free_ids[m->free_count++] = id;
	}
}

static bool
is_in_config(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->pool_count; i++)
		if (strcmp(c->pools[i].name, name) == 0)
			return true;
	return false;
}

static void
put_pool(struct maker *m, uint32_t id, const char *name, const struct config_pool *spec)
{
	const struct parts *parts = m->next->parts;
	const struct config_check *check =
	    spec->check != NULL ? config_find_check(parts->config, spec->check) : NULL;
	struct pool *p = pool_compile(id, name, spec, check, parts->geo);

	if (id >= POOLID_FIRST_OWN || !is_in_config(parts->config, name)) {
		probeable_mark(parts->config, p);
		p->max_targets = parts->config->store.max_targets;
	}
	push(&m->release, pooldir_put(&m->pools, id, p));
	push(&m->adopt, p);
}

/* A pool of the store; one of the configuration wins over it. */
static void
put_store_pool(struct maker *m, const struct config_pool *spec)
{
	uint32_t id;

	if (is_in_config(m->next->parts->config, spec->name)) {
		log_notice("store pool is hidden pool=\"%s\" reason=\"the configuration "
		           "has one of that name, and it wins\"",
		    spec->name);
		return;
	}
	id = poolid_of_name(spec->name);
	if (id != 0)
		put_pool(m, id, spec->name, spec);
	else
		log_error(
		    "pool not served: no pool numbers left pool=\"%s\"", spec->name);
}

/* spec is taken over; NULL: the store has no such pool any more. */
static void
set_store_pool(struct maker *m, const char *name, struct config_pool *spec)
{
	bool was = storepools_set(&m->store_pools, name, spec);

	if (spec != NULL)
		put_store_pool(m, spec);
	else if (was && !is_in_config(m->next->parts->config, name))
		remove_pool(m, poolid_of_name(name));
}

/* All pools anew: the configuration's, and those of records against the new geography. */
static void
replace_pools(struct maker *m)
{
	const struct config *c = m->next->parts->config;
	struct pooldir *d = &m->pools;

	for (uint32_t id = 1; id < POOLID_FIRST_OWN && id < d->count * POOL_CHUNK; id++)
		push(&m->release,
		    pooldir_get(d, id) != NULL ? pooldir_put(d, id, NULL) : NULL);
	for (size_t i = 0; i < c->pool_count; i++) {
		uint32_t id = poolid_of_name(c->pools[i].name);

		if (id != 0)
			put_pool(m, id, c->pools[i].name, &c->pools[i]);
		else
			log_error("pool not served: no pool numbers left pool=\"%s\"",
			    c->pools[i].name);
	}
	for (size_t i = 0; i < m->store_pools.count; i++)
		put_store_pool(m, m->store_pools.list[i]);
	for (uint32_t id = POOLID_FIRST_OWN; id < m->next_id; id++) {
		struct pool *p = pooldir_get(d, id);

		if (p != NULL)
			put_pool(m, id, p->name, p->spec);
	}
}

/* The pools of single records go with their zone. */
static int
remove_own_pools(const struct node *node, void *ctx)
{
	for (const struct rrset *s = node_first(node); s != NULL; s = node_next(s))
		if (rrset_pool(s) >= POOLID_FIRST_OWN)
			remove_pool(ctx, rrset_pool(s));
	return 0;
}

static int
forget_note(struct trie_leaf *leaf, void *ctx)
{
	struct maker *m = ctx;
	struct zonenote *n = (struct zonenote *)(void *)leaf;

	if (n->store != NULL)
		table_each(n->store, remove_own_pools, m);
	/* readers may still have its table */
	discard(m, n->store, (void (*)(void *))table_free);
	n->store = NULL;
	zonenote_free(leaf);
	return 0;
}

/* The notes of the zones of these parts; the store's tables move over. */
static void
replace_notes(struct maker *m)
{
	const struct parts *p = m->next->parts;
	struct trie_edit keep, rest;
	struct trie_node *garbage;
	struct trie old = m->notes;

	trie_edit_begin(&keep, &(struct trie){0});
	trie_edit_begin(&rest, &old);
	m->next->apex_depth_max = 0;
	for (size_t i = 0; i < p->config->zone_count; i++) {
		const struct config_zone *z = &p->config->zones[i];
		struct zonenote *n = zonenote_new(&z->domain);
		struct zonenote *was = (struct zonenote *)(void *)trie_edit_remove(
		    &rest, trie_leaf_hash(&n->leaf), n->apex.bytes, n->leaf.name_len);

		if (was != NULL) {
			zonenote_free(&n->leaf);
			n = was;
		} else {
			serials_recall(&m->serials, n);
		}
		if (m->next->apex_depth_max < name_label_count(z->domain.bytes))
			m->next->apex_depth_max = name_label_count(z->domain.bytes);
		zonenote_configure(n, z, p->zone_files[i]);
		touch(m, n);
		trie_edit_put(&keep, trie_leaf_hash(&n->leaf), &n->leaf);
	}
	m->notes = trie_edit_finish(&rest, &garbage);
	trie_garbage_free(garbage);
	trie_each(&m->notes, forget_note, m);
	trie_free(&m->notes, NULL);
	m->notes = trie_edit_finish(&keep, &garbage);
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
discard_zones(struct maker *m, const struct world *now)
{
	struct trie_node *garbage;
	struct trie empty;

	empty = trie_edit_finish(&m->zones, &garbage);
	(void)empty;
	trie_garbage_free(garbage);
	if (now != NULL) {
		trie_each(&now->zones, discard_zone, m);
		discard(m, mem_dup(&now->zones, sizeof(now->zones)), free_trie);
	}
	trie_edit_begin(&m->zones, &(struct trie){0});
}

/* What was at this name and type before: its own pool goes with it. */
static void
drop_own_pool(struct maker *m, struct zonenote *n, const struct record_key *key)
{
	const struct node *node = table_edit_find(zonenote_edit(n), &key->owner);
	const struct rrset *was = node != NULL ? node_rrset(node, key->type) : NULL;

	if (was != NULL && rrset_pool(was) >= POOLID_FIRST_OWN)
		remove_pool(m, rrset_pool(was));
}

static struct rrset *
steered_rrset(struct maker *m, struct record *r)
{
	char name[NAME_TEXT_MAX], type[RDATA_TYPE_TEXT_MAX];
	char *label;
	uint32_t id;

	id = r->pool_name != NULL ? poolid_of_name(r->pool_name) : new_id(m);
	if (id == 0) {
		log_error("record not served: no pool numbers left");
		return NULL;
	}
	if (r->pool_name != NULL) {
		poolid_note_ttl(id, r->ttl);
		return rrset_new_steered(TYPE_POOL, r->ttl, id);
	}
	name_write_plain(r->key.owner.bytes, name);
	rdata_type_write(r->key.type, type);
	label = mem_printf("%s %s", name, type);
	put_pool(m, id, label, r->pool);
	mem_free(label);
	return rrset_new_steered(r->key.type, r->ttl, id);
}

/* A record that is taken and yet never seen: whoever wrote it wonders why. */
static void
log_hidden(struct maker *m, const struct zonenote *n, const struct record_key *key)
{
	const char *why =
	    n->file != NULL ? zone_file_hides(n->file, &key->owner, key->type) : NULL;
	struct buf text = {0};

	if (why == NULL || m->hidden > HIDDEN_LOGGED)
		return;
	record_key_write(key, &text);
	if (m->hidden++ < HIDDEN_LOGGED)
		log_notice("store record is hidden key=\"%s\" reason=\"%s\"",
		    buf_text(&text), why);
	else
		log_notice("store more hidden records are not logged");
	buf_fini(&text);
}

static void
apply(struct maker *m, struct store_change *c)
{
	struct zonenote *n = find_note(m, &c->key.zone);
	struct record *r = c->record;
	struct rrset *rrset = NULL;

	if (c->key.kind == RECORD_POOL) {
		set_store_pool(m, c->key.pool, r != NULL ? r->pool : NULL);
		if (r != NULL)
			r->pool = NULL;
		return;
	}
	if (n == NULL || n->store == NULL)
		return;
	touch(m, n);
	if (c->key.kind == RECORD_ZONE) {
		zonenote_set(n, r != NULL ? r->zone : NULL);
		if (r != NULL)
			r->zone = NULL;
		return;
	}
	drop_own_pool(m, n, &c->key);
	if (r != NULL && !r->disabled) {
		if (r->rrset != NULL) {
			rrset = r->rrset;
			r->rrset = NULL;
		} else if (r->pool != NULL || r->pool_name != NULL) {
			rrset = steered_rrset(m, r);
		}
	}
	if (rrset != NULL) {
		log_hidden(m, n, &c->key);
		rrset->from_store = true;
		table_edit_set(zonenote_edit(n), &c->key.owner, rrset);
	} else {
		table_edit_clear(zonenote_edit(n), &c->key.owner, c->key.type);
	}
}

static void
build_zone(struct maker *m, struct zonenote *n)
{
	struct table_garbage *garbage;
	struct trie_leaf *was;
	struct zone *z = zonenote_build(n, &garbage);
	uint64_t hash = trie_leaf_hash(&n->leaf);

	discard(m, garbage, table_garbage_free);
	if (z != NULL)
		was = trie_edit_put(&m->zones, hash, &z->leaf);
	else
		was = trie_edit_remove(&m->zones, hash, n->apex.bytes, n->leaf.name_len);
	discard(m, was, zonenote_free_zone);
	serials_save(&m->serials, n);
}

static void
owe_step(struct maker *m, struct zonenote *n)
{
	if (!n->owes_step || n->owing)
		return;
	n->owing = true;
	n->next_owing = m->owing;
	m->owing = n;
}

/* A new configuration touches all zones that stay; the others are about to go. */
static void
touch_owing(struct maker *m, bool all_new)
{
	for (struct zonenote *n = m->owing; n != NULL; n = n->next_owing) {
		n->owing = false;
		if (!all_new)
			touch(m, n);
	}
	m->owing = NULL;
}

static void
build_zones(struct maker *m)
{
	for (struct zonenote *n = m->touched; n != NULL; n = n->next_touched) {
		n->touched = false;
		build_zone(m, n);
		owe_step(m, n);
	}
}

void
maker_init(struct maker *m)
{
	*m = (struct maker){.next_id = POOLID_FIRST_OWN};
	m->serials.notes = &m->notes;
}

void
maker_begin(struct maker *m, const struct world *now, struct parts *parts)
{
	m->next = mem_new(sizeof(*m->next));
	m->next->number = now != NULL ? now->number + 1 : 1;
	m->next->parts = parts_hold(parts != NULL ? parts : now->parts);
	m->next->geo = m->next->parts->geo;
	m->next->apex_depth_max = now != NULL ? now->apex_depth_max : 0;
	pooldir_begin(&m->pools, now);
	trie_edit_begin(&m->zones, now != NULL ? &now->zones : &(struct trie){0});
	touch_owing(m, parts != NULL);
	if (parts != NULL) {
		discard_zones(m, now);
		replace_notes(m);
		replace_pools(m);
	}
}

void
maker_change(struct maker *m, struct store_change *c)
{
	apply(m, c);
	record_free(c->record);
	c->record = NULL;
}

struct world *
maker_finish(struct maker *m)
{
	struct trie_node *garbage;

	build_zones(m);
	m->next->zones = trie_edit_finish(&m->zones, &garbage);
	discard(m, garbage, trie_garbage_free);
	pooldir_finish(&m->pools, m->next);
	return m->next;
}

void
maker_retire(struct maker *m, struct limbo *limbo)
{
	assert(m->adopt.count == 0 && m->release.count == 0);
	pooldir_retire(&m->pools, limbo);
	for (size_t i = 0; i < m->garbage_count; i++)
		limbo_retire(limbo, m->garbage[i].object, m->garbage[i].free_fn);
	mem_free(m->garbage);
	m->garbage = NULL;
	m->garbage_count = m->garbage_cap = 0;
	m->touched = NULL;
	m->next = NULL;
}

void
maker_free_world(void *world)
{
	struct world *w = world;

	parts_release(w->parts);
	mem_free(w);
}

static int
free_zone(struct trie_leaf *leaf, void *ctx)
{
	(void)ctx;
	zonenote_free_zone(leaf);
	return 0;
}

void
maker_fini(struct maker *m, struct world *last)
{
	if (last != NULL) {
		for (size_t i = 0; i < last->chunk_count; i++)
			mem_free(last->chunks[i]);
		mem_free(last->chunks);
		trie_each(&last->zones, free_zone, NULL);
		trie_free(&last->zones, NULL);
		maker_free_world(last);
	}
	trie_free(&m->notes, zonenote_free);
	mem_free(m->free_ids);
	storepools_fini(&m->store_pools);
	serials_fini(&m->serials);
	*m = (struct maker){0};
}
