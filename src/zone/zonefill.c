/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/zonefill.h"

#include <string.h>

#include "base/mem.h"
#include "zone/canonical.h"
#include "zone/doubles.h"
#include "zone/hostname.h"
#include "zone/rdata.h"

struct piece {
	size_t at; /* in data */
	uint16_t len;
};

/* Records in a row of one owner and type. */
struct run {
	struct place place; /* of the first */
	uint32_t ttl;
	uint16_t type;
	size_t piece; /* the first of its pieces; they go on to those of the next run */
	size_t data; /* where its octets begin */
	struct name owner;
};

struct cname_pool {
	struct name owner;
	struct place place;
};

struct zonefill {
	struct complaints *complaints;
	struct table *empty; /* what the edit began from */
	struct table_edit *edit;
	struct name apex;
	struct zonecheck check;
	struct run runs[TRIE_SEEK_MOST]; /* wait; records may still come to the last */
	size_t run_count;
	struct buf data;
	struct piece *pieces;
	size_t piece_count;
	size_t piece_cap;
	struct rdata *rdatas;
	size_t rdata_cap;
	struct cname_pool *cname_pools;
	size_t cname_pool_count;
	size_t cname_pool_cap;
};

#define fail(f, place, ...) \
	complain((f)->complaints, SEVERITY_ERROR, (place)->path, (place)->line, \
	    (place)->column, __VA_ARGS__)

#define warn(f, place, ...) \
	complain((f)->complaints, SEVERITY_WARNING, (place)->path, (place)->line, \
	    (place)->column, __VA_ARGS__)

struct zonefill *
zonefill_begin(const struct name *apex, struct complaints *complaints)
{
	struct zonefill *f = mem_new(sizeof(*f));

	f->complaints = complaints;
	f->apex.len = apex->len;
	name_lower(f->apex.bytes, apex->bytes, apex->len);
	f->empty = table_new(&f->apex);
	f->edit = table_edit_begin(f->empty);
	return f;
}

/* RFC 2181 10.1, RFC 4034 2.5 and 3: what may stand beside a CNAME. */
static bool
is_beside_cname(uint16_t type)
{
	return type == TYPE_CNAME || type == TYPE_RRSIG || type == TYPE_NSEC ||
	       type == TYPE_SIG || type == TYPE_NXT || type == 25 /* KEY */;
}

static bool
is_single(uint16_t type)
{
	return type == TYPE_CNAME || type == TYPE_DNAME || type == TYPE_SOA;
}

/* A type that `type` can not share a name with; 0: none is there. */
static uint16_t
find_conflict(const struct node *n, uint16_t type)
{
	const struct rrset *s = n != NULL ? node_first(n) : NULL;

	for (; s != NULL; s = node_next(s)) {
		uint16_t other = rrset_type(s);

		if ((type == TYPE_CNAME && !is_beside_cname(other)) ||
		    (other == TYPE_CNAME && !is_beside_cname(type)))
			return other;
		if ((type == TYPE_POOL && (other == TYPE_A || other == TYPE_AAAA)) ||
		    (other == TYPE_POOL && (type == TYPE_A || type == TYPE_AAAA)))
			return other;
	}
	return 0;
}

/* May not stand at every name. */
static bool
is_placed(uint16_t type)
{
	return type == TYPE_SOA || type == TYPE_NS || type == TYPE_DS;
}

/* True when the RRset may be there; complains when not. */
static bool
may_stand(struct zonefill *f, const struct name *owner, uint16_t type,
    const struct node *n, const struct place *place)
{
	uint16_t other = find_conflict(n, type);
	char mine[RDATA_TYPE_TEXT_MAX];
	char theirs[RDATA_TYPE_TEXT_MAX];
	char name[NAME_TEXT_MAX];

	name_write(owner->bytes, name);
	rdata_type_write(type, mine);
	if (type == TYPE_SOA && !name_equal(owner->bytes, f->apex.bytes)) {
		fail(f, place, "SOA at %s, which is not the top of the zone", name);
		return false;
	}
	if (type == TYPE_DS && name_equal(owner->bytes, f->apex.bytes)) {
		/* RFC 4035 2.4: it belongs to the parent */
		fail(f, place, "DS at the top of the zone");
		return false;
	}
	if (type == TYPE_NS && owner->len > 2 && owner->bytes[0] == 1 &&
	    owner->bytes[1] == '*') {
		/* RFC 4592 4.2: undefined */
		fail(f, place, "%s: NS records of a wildcard", name);
		return false;
	}
	if (other == 0)
		return true;
	rdata_type_write(other, theirs);
	if (type == TYPE_CNAME || other == TYPE_CNAME)
		fail(f, place, "%s: CNAME and other data (%s)", name,
		    type == TYPE_CNAME ? theirs : mine);
	else
		fail(f, place, "%s: %s beside %s: the pool gives the addresses", name,
		    mine, theirs);
	return false;
}

/* As BIND's check of duplicates: they do no harm, but somebody wrote one twice. */
static void
warn_double(struct zonefill *f, const struct run *run)
{
	char type[RDATA_TYPE_TEXT_MAX];
	char name[NAME_TEXT_MAX];

	name_write(run->owner.bytes, name);
	rdata_type_write(run->type, type);
	warn(f, &run->place, "%s has the same %s record twice", name, type);
}

static void
set_rrset(struct zonefill *f, const struct run *run, size_t count)
{
	size_t given = count;
	struct rrset *s;
	char type[RDATA_TYPE_TEXT_MAX];
	char name[NAME_TEXT_MAX];

	if (count > 1 && canonical_has_names(run->type))
		count = doubles_drop(run->type, f->rdatas, count);
	if (rrset_new(run->type, run->ttl, f->rdatas, count, &s) != OK) {
		name_write(run->owner.bytes, name);
		rdata_type_write(run->type, type);
		fail(f, &run->place, "%s: the %s records pass 65535 octets", name, type);
		return;
	}
	if (is_single(run->type) && s->count > 1) {
		name_write(run->owner.bytes, name);
		rdata_type_write(run->type, type);
		fail(f, &run->place, "%s has more than one %s", name, type);
	}
	if (s->count < given)
		warn_double(f, run);
	table_edit_set(f->edit, &run->owner, s);
}

/*
 * RFC 2181 5.2: one TTL for all. Of records in a row the first one's stands, of records
 * apart the last one's, as in BIND. Signatures go by what they cover (RFC 4034 3).
 */
static void
warn_ttl(
    struct zonefill *f, const struct run *run, uint32_t ttl, const struct place *place)
{
	if (run->type != TYPE_RRSIG)
		warn(f, place,
		    "TTL %u differs from the first record's of this name and type; %u "
		    "is used",
		    ttl, run->ttl);
}

/* BIND's check-names; there it is an error, but other servers take such names. */
static void
warn_owner(struct zonefill *f, const struct run *run)
{
	char name[NAME_TEXT_MAX];

	if (hostname_is_owner(run->owner.bytes))
		return;
	name_write(run->owner.bytes, name);
	warn(f, &run->place, "%s is not the name of a host", name);
}

/* The octets of the run, and of the RRset that is there already; returns how many. */
static size_t
gather(
    struct zonefill *f, const struct run *run, size_t piece_end, const struct rrset *old)
{
	size_t most = piece_end - run->piece + (old != NULL ? old->count : 0u);
	struct rdata r;
	size_t count = 0;

	if (most > f->rdata_cap) {
		f->rdata_cap = 2 * most;
		f->rdatas = mem_resize(f->rdatas, f->rdata_cap, sizeof(*f->rdatas));
	}
	for (size_t i = run->piece; i < piece_end; i++)
		f->rdatas[count++] =
		    (struct rdata){(const uint8_t *)buf_text(&f->data) + f->pieces[i].at,
		        f->pieces[i].len};
	for (size_t pos = 0; old != NULL && rrset_next(old, &pos, &r);)
		f->rdatas[count++] = r;
	return count;
}

static void
put_run(struct zonefill *f, const struct run *run, size_t piece_end)
{
	const struct node *n = table_edit_find(f->edit, &run->owner);
	const struct rrset *old = n == NULL ? NULL : node_rrset(n, run->type);
	size_t count = gather(f, run, piece_end, old);

	if (old != NULL && run->ttl != rrset_ttl(old))
		warn_ttl(f, run, run->ttl, &run->place);
	if (run->type == TYPE_A || run->type == TYPE_AAAA || run->type == TYPE_MX)
		warn_owner(f, run);
	/* The usual case, a new name, needs no look. */
	if ((n == NULL && !is_placed(run->type)) || old != NULL ||
	    may_stand(f, &run->owner, run->type, n, &run->place))
		set_rrset(f, run, count);
	if (old == NULL)
		zonecheck_note(&f->check, &run->owner, run->type, &run->place);
}

/* Has what putting the runs will walk over fetched for all of them at the same time. */
static void
fetch(const struct zonefill *f, size_t count)
{
	struct trie_seek seeks[TRIE_SEEK_MOST];

	for (size_t i = 0; i < count; i++) {
		const struct name *owner = &f->runs[i].owner;

		trie_seek_begin(&seeks[i], table_edit_trie(f->edit),
		    name_hash(owner->bytes, owner->len), owner->bytes, owner->len);
	}
	trie_find_all(seeks, count);
}

/* The first `count` runs go into the table. */
static void
put_runs(struct zonefill *f, size_t count)
{
	if (count > 1)
		fetch(f, count);
	for (size_t i = 0; i < count; i++)
		put_run(f, &f->runs[i],
		    i + 1 < f->run_count ? f->runs[i + 1].piece : f->piece_count);
}

static void
flush(struct zonefill *f)
{
	put_runs(f, f->run_count);
	f->run_count = f->piece_count = 0;
	buf_clear(&f->data);
}

void
zonefill_settle(struct zonefill *f)
{
	if (f->run_count < 2)
		return;
	put_runs(f, f->run_count - 1);
	/* the octets of the last stay where they are */
	f->runs[0] = f->runs[f->run_count - 1];
	f->run_count = 1;
}

/* The run that such a record belongs to; NULL: it begins another. */
static const struct run *
find_run(const struct zonefill *f, const struct name *owner, uint16_t type)
{
	const struct run *last;

	if (f->run_count == 0)
		return NULL;
	last = &f->runs[f->run_count - 1];
	return last->type == type && last->owner.len == owner->len &&
	               memcmp(last->owner.bytes, owner->bytes, owner->len) == 0
	           ? last
	           : NULL;
}

static void
begin_run(struct zonefill *f, const struct name *owner, uint16_t type, uint32_t ttl,
    const struct place *place)
{
	struct run *run = &f->runs[f->run_count++];

	run->owner.len = owner->len;
	memcpy(run->owner.bytes, owner->bytes, owner->len);
	run->type = type;
	run->ttl = ttl;
	run->place = *place;
	run->piece = f->piece_count;
	run->data = f->data.len;
}

/* What waits must not grow without bound, nor a run of duplicates before they are
 * dropped. */
enum { WAITING_MAX = 4 * UINT16_MAX };

void
zonefill_add(struct zonefill *f, const struct name *owner, uint16_t type, uint32_t ttl,
    const uint8_t *rdata, uint16_t rdata_len, const struct place *place)
{
	const struct run *run = find_run(f, owner, type);

	if (run == NULL) {
		if (f->run_count == TRIE_SEEK_MOST ||
		    f->data.len + f->piece_count > WAITING_MAX)
			flush(f);
		begin_run(f, owner, type, ttl, place);
	} else if (f->data.len - run->data > WAITING_MAX) {
		flush(f);
		begin_run(f, owner, type, ttl, place);
	} else if (ttl != run->ttl) {
		zonefill_settle(f);
		warn_ttl(f, &f->runs[0], ttl, place);
	}
	f->pieces =
	    mem_grow(f->pieces, f->piece_count, &f->piece_cap, sizeof(*f->pieces));
	f->pieces[f->piece_count++] = (struct piece){f->data.len, rdata_len};
	buf_add(&f->data, rdata, rdata_len);
}

void
zonefill_pool(struct zonefill *f, const struct name *owner, uint32_t ttl, uint32_t pool,
    const struct place *place)
{
	const struct node *n;

	flush(f);
	n = table_edit_find(f->edit, owner);
	if (n != NULL && node_rrset(n, TYPE_POOL) != NULL) {
		char name[NAME_TEXT_MAX];

		name_write(owner->bytes, name);
		fail(f, place, "%s has more than one POOL", name);
	} else if (may_stand(f, owner, TYPE_POOL, n, place)) {
		table_edit_set(f->edit, owner, rrset_new_steered(TYPE_POOL, ttl, pool));
	}
}

void
zonefill_cname_pool(
    struct zonefill *f, const struct name *owner, const struct place *place)
{
	f->cname_pools = mem_grow(f->cname_pools, f->cname_pool_count, &f->cname_pool_cap,
	    sizeof(*f->cname_pools));
	f->cname_pools[f->cname_pool_count++] = (struct cname_pool){*owner, *place};
}

/* RFC 2181 10.1: where a pool can be a CNAME there is nothing else, so no apex either. */
static void
check_cname_pools(struct zonefill *f)
{
	for (size_t i = 0; i < f->cname_pool_count; i++) {
		const struct cname_pool *c = &f->cname_pools[i];
		const struct node *n = table_edit_find(f->edit, &c->owner);
		const struct rrset *s = n != NULL ? node_first(n) : NULL;
		char name[NAME_TEXT_MAX], type[RDATA_TYPE_TEXT_MAX];

		name_write(c->owner.bytes, name);
		if (name_equal(c->owner.bytes, f->apex.bytes)) {
			fail(f, &c->place,
			    "%s: this pool can be a CNAME, which can not stand at the "
			    "top "
			    "of a zone",
			    name);
			continue;
		}
		while (s != NULL &&
		       (rrset_type(s) == TYPE_POOL || is_beside_cname(rrset_type(s))))
			s = node_next(s);
		if (s == NULL)
			continue;
		rdata_type_write(rrset_type(s), type);
		fail(f, &c->place,
		    "%s: this pool can be a CNAME, which can not stand beside other data "
		    "(%s)",
		    name, type);
	}
	mem_free(f->cname_pools);
}

void
zonefill_skip(struct zonefill *f, const struct name *owner, uint16_t type)
{
	if (!name_equal(owner->bytes, f->apex.bytes))
		return;
	f->check.skipped_soa |= type == TYPE_SOA;
	f->check.skipped_ns |= type == TYPE_NS;
}

struct table *
zonefill_finish(struct zonefill *f, const char *path, bool check)
{
	struct table_garbage *garbage;
	struct table *t;

	flush(f);
	check_cname_pools(f);
	t = table_edit_finish(f->edit, &garbage);
	table_garbage_free(garbage); /* the empty table with it */
	if (check)
		zonecheck_run(&f->check, t, path, f->complaints);
	zonecheck_fini(&f->check);
	buf_fini(&f->data);
	mem_free(f->pieces);
	mem_free(f->rdatas);
	mem_free(f);
	return t;
}
