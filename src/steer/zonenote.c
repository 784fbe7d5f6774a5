/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/zonenote.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

enum { SOA_NUMBERS_LEN = 20, SAVE_WAIT_MS = 2000 };

/* A zone with the RRsets that are its own. */
struct built {
	struct zone zone; /* first */
	struct rrset *soa;
};

/* Of a zone that has no file, where the store does not say otherwise (DESIGN 5). */
static const struct record_zone default_settings = {
    .state = ZONE_ACTIVE,
    .ttl = 300,
    .refresh = 3600,
    .retry = 600,
    .expire = 1209600,
    .minimum = 60,
};

struct zonenote *
zonenote_new(const struct name *apex)
{
	struct zonenote *n = mem_new(sizeof(*n));

	n->apex.len = apex->len;
	name_lower(n->apex.bytes, apex->bytes, apex->len);
	trie_leaf_set(&n->leaf, n->apex.bytes, n->apex.len);
	return n;
}

static void
free_settings(struct zonenote *n)
{
	if (n->settings == NULL)
		return;
	mem_free(n->settings->ns);
	mem_free(n->settings);
	n->settings = NULL;
}

void
zonenote_free(struct trie_leaf *leaf)
{
	struct zonenote *n = (struct zonenote *)(void *)leaf;

	assert(n->edit == NULL);
	zone_file_release(n->file);
	table_free(n->store);
	free_settings(n);
	mem_free(n);
}

void
zonenote_configure(
    struct zonenote *n, const struct config_zone *cfg, struct zone_file *file)
{
	if (file != NULL)
		zone_file_hold(file);
	zone_file_release(n->file);
	n->cfg = cfg;
	n->file = file;
	if (cfg->store && n->store == NULL)
		n->store = table_new(&n->apex);
}

void
zonenote_set(struct zonenote *n, struct record_zone *settings)
{
	free_settings(n);
	n->settings = settings;
}

struct table_edit *
zonenote_edit(struct zonenote *n)
{
	if (n->edit == NULL)
		n->edit = table_edit_begin(n->store);
	return n->edit;
}

static const struct record_zone *
settings_of(const struct zonenote *n)
{
	return n->settings != NULL ? n->settings : &default_settings;
}

/* The NS RRset of a zone without a file, unless the store has one at the apex. */
static void
ensure_ns(struct zonenote *n)
{
	const struct record_zone *s = settings_of(n);
	const struct name *ns = s->ns_count != 0 ? s->ns : n->cfg->ns;
	size_t count = s->ns_count != 0 ? s->ns_count : n->cfg->ns_count;
	const struct node *apex = table_edit_find(zonenote_edit(n), &n->apex);
	const struct rrset *there = apex != NULL ? node_rrset(apex, TYPE_NS) : NULL;
	struct rdata *rdatas;
	struct rrset *rrset;
	enum err e;

	/* one that a record gave stays; ours is made anew, as its names may have changed
	 */
	if (there != NULL && there->from_store)
		return;
	if (count == 0) {
		table_edit_clear(n->edit, &n->apex, TYPE_NS);
		return;
	}
	rdatas = mem_array(count, sizeof(*rdatas));
	for (size_t i = 0; i < count; i++)
		rdatas[i] = (struct rdata){.data = ns[i].bytes, .len = ns[i].len};
	e = rrset_new(TYPE_NS, s->ttl, rdatas, count, &rrset);
	mem_free(rdatas);
	if (e == OK)
		table_edit_set(n->edit, &n->apex, rrset);
}

static uint32_t
file_serial(const struct rrset *soa)
{
	const uint8_t *rdata = soa->wire + 12;
	uint8_t mname = name_len(rdata);

	return wire_get32(rdata + mname + name_len(rdata + mname));
}

/* A disk that hangs must not hold up the secondaries for good. */
static bool
has_waited(const struct zonenote *n)
{
	return !mono_is_never(n->asked) &&
	       mono_diff_ms(mono_now(), n->asked) > SAVE_WAIT_MS;
}

/* RFC 1982 3.2 */
static bool
is_above(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

uint32_t
zonenote_next_serial(const struct zonenote *n)
{
	uint32_t next = n->serial + 1, now_s = (uint32_t)wall_now_s();

	return n->serial == 0 || is_above(now_s, next) ? now_s : next;
}

/*
 * A zone that takes records from the store moves its serial with each change, never back,
 * and at most once a second; and not before the disk knows how far it may go.
 */
static void
step_serial(struct zonenote *n, uint32_t from_file)
{
	int64_t now_s = wall_now_s();
	bool is_behind = n->serial == 0 || is_above(from_file, n->serial);
	uint32_t next = zonenote_next_serial(n);

	if (n->serial == 0 ? from_file != 0 && !is_above(next, from_file)
	                   : from_file != 0 && is_above(from_file, next))
		next = from_file;
	n->owes_step =
	    n->is_built && n->stepped_s == now_s && !(from_file != 0 && is_behind);
	if (n->owes_step)
		return;
	if (n->is_kept && is_above(next, n->reserved)) {
		n->wants_more = true;
		n->wanted = next;
		n->owes_step = n->is_built && !has_waited(n);
		if (n->owes_step)
			return;
	}
	n->serial = next;
	n->stepped_s = now_s;
	n->is_built = true;
}

static struct rrset *
soa_from_file(const struct rrset *from, uint32_t serial)
{
	uint8_t rdata[2 * DNS_NAME_MAX + SOA_NUMBERS_LEN];
	uint16_t len = wire_get16(from->wire + 10);
	struct rdata one = {.data = rdata, .len = len};
	struct rrset *soa = NULL;
	enum err e;

	assert(len >= SOA_NUMBERS_LEN && len <= sizeof(rdata));
	memcpy(rdata, from->wire + 12, len);
	wire_put32(rdata + len - SOA_NUMBERS_LEN, serial);
	e = rrset_new(TYPE_SOA, rrset_ttl(from), &one, 1, &soa);
	assert(e == OK);
	return soa;
}

static struct rrset *
soa_from_settings(const struct zonenote *n, const struct rrset *ns)
{
	const struct record_zone *s = settings_of(n);
	uint8_t rdata[2 * DNS_NAME_MAX + SOA_NUMBERS_LEN], *p = rdata;
	struct name rname = s->rname;
	struct rdata one = {.data = rdata};
	struct rrset *soa = NULL;
	enum err e;

	if (s->mname.len != 0) {
		memcpy(p, s->mname.bytes, s->mname.len);
		p += s->mname.len;
	} else {
		uint16_t len = wire_get16(ns->wire + 10);

		memcpy(p, ns->wire + 12, len);
		p += len;
	}
	if (rname.len == 0 && name_parse("hostmaster", 10, &n->apex, &rname) != OK)
		rname = n->apex;
	memcpy(p, rname.bytes, rname.len);
	p += rname.len;
	wire_put32(p, n->serial);
	wire_put32(p + 4, s->refresh);
	wire_put32(p + 8, s->retry);
	wire_put32(p + 12, s->expire);
	wire_put32(p + 16, s->minimum);
	one.len = (uint16_t)(p + SOA_NUMBERS_LEN - rdata);
	e = rrset_new(TYPE_SOA, s->ttl, &one, 1, &soa);
	assert(e == OK);
	return soa;
}

static const struct rrset *
apex_rrset(const struct zonenote *n, const struct table *t, uint16_t type)
{
	const struct node *apex =
	    table_find(t, trie_leaf_hash(&n->leaf), n->apex.bytes, n->apex.len);

	return apex != NULL ? node_rrset(apex, type) : NULL;
}

static void
set_authority(struct zonenote *n, struct built *b)
{
	struct zone *z = &b->zone;

	if (n->file != NULL) {
		z->soa = apex_rrset(n, n->file->table, TYPE_SOA);
		z->ns = apex_rrset(n, n->file->table, TYPE_NS);
		if (n->cfg->store && z->soa != NULL) {
			step_serial(n, file_serial(z->soa));
			z->soa = b->soa = soa_from_file(z->soa, n->serial);
		}
	} else if (n->cfg->file == NULL) {
		z->ns = apex_rrset(n, n->store, TYPE_NS);
		step_serial(n, 0);
		if (z->ns != NULL)
			z->soa = b->soa = soa_from_settings(n, z->ns);
	}
	z->broken = z->soa == NULL || z->ns == NULL;
}

/* For people: since when it is served as it is. */
static void
note_change(struct zonenote *n, struct zone *z)
{
	uint32_t serial = z->broken ? 0 : file_serial(z->soa);

	if (n->changed_s == 0 || serial != n->built_serial)
		n->changed_s = wall_now_s();
	n->built_serial = serial;
	z->changed_s = n->changed_s;
}

struct zone *
zonenote_build(struct zonenote *n, struct table_garbage **garbage)
{
	struct built *b;

	*garbage = NULL;
	if (n->cfg->file == NULL)
		ensure_ns(n);
	if (n->edit != NULL)
		n->store = table_edit_finish(n->edit, garbage);
	n->edit = NULL;
	if (n->settings != NULL && n->settings->state == ZONE_DELETED)
		return NULL;
	b = mem_new(sizeof(*b));
	b->zone.apex = n->apex;
	b->zone.apex_depth = name_label_count(n->apex.bytes);
	trie_leaf_set(&b->zone.leaf, b->zone.apex.bytes, b->zone.apex.len);
	b->zone.file = n->file != NULL ? zone_file_hold(n->file) : NULL;
	b->zone.store = n->cfg->store ? n->store : NULL;
	b->zone.ecs = n->cfg->ecs;
	b->zone.config = n->cfg;
	set_authority(n, b);
	note_change(n, &b->zone);
	return &b->zone;
}

void
zonenote_free_zone(void *zone)
{
	struct built *b = zone;

	zone_file_release(b->zone.file);
	rrset_free(b->soa);
	mem_free(b);
}
