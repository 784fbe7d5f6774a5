/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/zonefill.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "zone/canonical.h"
#include "zone/hostname.h"
#include "zone/rdata.h"

/* RDATA in the form in which it is compared. */
struct entry {
	size_t at; /* in the text of the set */
	size_t len;
	size_t index; /* in the list of RDATA */
};

struct piece {
	size_t at; /* in data */
	uint16_t len;
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
	/* The pending RRset; piece_count 0: none. */
	struct name owner;
	uint16_t type;
	uint32_t ttl;
	struct place place;
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
		uint16_t other = s->type;

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

static int
compare_entries(const void *x, const void *y, void *text)
{
	const struct entry *a = x;
	const struct entry *b = y;
	size_t len = a->len < b->len ? a->len : b->len;
	int order = memcmp((char *)text + a->at, (char *)text + b->at, len);

	if (order != 0)
		return order;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return a->index < b->index ? -1 : 1;
}

/*
 * Drops records that are there twice, names compared ignoring case; of those that are
 * alike the last one is kept. Returns how many are left.
 */
static size_t
drop_doubles(struct zonefill *f, size_t count)
{
	struct entry *entries = mem_array(count, sizeof(*entries));
	struct rdata *kept = mem_array(count, sizeof(*kept));
	struct buf text = {0};
	size_t left = 0;

	for (size_t i = 0; i < count; i++) {
		entries[i] = (struct entry){.at = text.len, .index = i};
		canonical_write(f->type, f->rdatas[i].data, f->rdatas[i].len, &text);
		entries[i].len = text.len - entries[i].at;
	}
	buf_char(&text, '\0'); /* so that there is a text when all are empty */
	qsort_r(entries, count, sizeof(*entries), compare_entries, text.data);
	for (size_t i = 0; i < count; i++) {
		const struct entry *e = &entries[i];

		if (i + 1 == count || e[1].len != e->len ||
		    memcmp(text.data + e[1].at, text.data + e->at, e->len) != 0)
			kept[left++] = f->rdatas[e->index];
	}
	memcpy(f->rdatas, kept, left * sizeof(*kept));
	mem_free(kept);
	mem_free(entries);
	buf_fini(&text);
	return left;
}

/* As BIND's check of duplicates: they do no harm, but somebody wrote one twice. */
static void
warn_double(struct zonefill *f)
{
	char type[RDATA_TYPE_TEXT_MAX];
	char name[NAME_TEXT_MAX];

	name_write(f->owner.bytes, name);
	rdata_type_write(f->type, type);
	complain(f->complaints, SEVERITY_WARNING, f->place.path, f->place.line,
	    f->place.column, "%s has the same %s record twice", name, type);
}

static void
set_rrset(struct zonefill *f, size_t count)
{
	size_t given = count;
	struct rrset *s;
	char type[RDATA_TYPE_TEXT_MAX];
	char name[NAME_TEXT_MAX];

	if (count > 1 && canonical_has_names(f->type))
		count = drop_doubles(f, count);
	if (rrset_new(f->type, f->ttl, f->rdatas, count, &s) != OK) {
		name_write(f->owner.bytes, name);
		rdata_type_write(f->type, type);
		fail(f, &f->place, "%s: the %s records pass 65535 octets", name, type);
		return;
	}
	if (is_single(f->type) && s->count > 1) {
		name_write(f->owner.bytes, name);
		rdata_type_write(f->type, type);
		fail(f, &f->place, "%s has more than one %s", name, type);
	}
	if (s->count < given)
		warn_double(f);
	table_edit_set(f->edit, &f->owner, s);
}

/*
 * RFC 2181 5.2: one TTL for all. Of records in a row the first one's stands, of records
 * apart the last one's, as in BIND. Signatures go by what they cover (RFC 4034 3).
 */
static void
warn_ttl(struct zonefill *f, uint32_t ttl, uint32_t used, const struct place *place)
{
	if (f->type != TYPE_RRSIG)
		complain(f->complaints, SEVERITY_WARNING, place->path, place->line,
		    place->column,
		    "TTL %u differs from the first record's of this name and type; %u "
		    "is used",
		    ttl, used);
}

/* BIND's check-names; there it is an error, but other servers take such names. */
static void
warn_owner(struct zonefill *f)
{
	char name[NAME_TEXT_MAX];

	if (hostname_is_owner(f->owner.bytes))
		return;
	name_write(f->owner.bytes, name);
	complain(f->complaints, SEVERITY_WARNING, f->place.path, f->place.line,
	    f->place.column, "%s is not the name of a host", name);
}

static void
flush(struct zonefill *f)
{
	const struct node *n;
	const struct rrset *old;
	struct rdata r;
	size_t count = 0;

	if (f->piece_count == 0)
		return;
	n = table_edit_find(f->edit, &f->owner);
	old = n == NULL ? NULL : node_rrset(n, f->type);
	if (old != NULL && f->ttl != old->ttl)
		warn_ttl(f, f->ttl, f->ttl, &f->place);
	if (f->piece_count + (old != NULL ? old->count : 0u) > f->rdata_cap) {
		f->rdata_cap = 2 * (f->piece_count + (old != NULL ? old->count : 0u));
		f->rdatas = mem_resize(f->rdatas, f->rdata_cap, sizeof(*f->rdatas));
	}
	for (size_t i = 0; i < f->piece_count; i++)
		f->rdatas[count++] =
		    (struct rdata){(const uint8_t *)buf_text(&f->data) + f->pieces[i].at,
		        f->pieces[i].len};
	for (size_t pos = 0; old != NULL && rrset_next(old, &pos, &r);)
		f->rdatas[count++] = r;
	if (f->type == TYPE_A || f->type == TYPE_AAAA || f->type == TYPE_MX)
		warn_owner(f);
	/* The usual case, a new name, needs no look. */
	if ((n == NULL && !is_placed(f->type)) || old != NULL ||
	    may_stand(f, &f->owner, f->type, n, &f->place))
		set_rrset(f, count);
	if (old == NULL)
		zonecheck_note(&f->check, &f->owner, f->type, &f->place);
	f->piece_count = 0;
	buf_clear(&f->data);
}

static bool
is_pending(const struct zonefill *f, const struct name *owner, uint16_t type)
{
	return f->piece_count != 0 && f->type == type && f->owner.len == owner->len &&
	       memcmp(f->owner.bytes, owner->bytes, owner->len) == 0;
}

void
zonefill_add(struct zonefill *f, const struct name *owner, uint16_t type, uint32_t ttl,
    const uint8_t *rdata, uint16_t rdata_len, const struct place *place)
{
	/* A run of duplicates must not grow without bound before they are dropped. */
	if (!is_pending(f, owner, type) || f->data.len > 4 * UINT16_MAX) {
		flush(f);
		f->owner.len = owner->len;
		memcpy(f->owner.bytes, owner->bytes, owner->len);
		f->type = type;
		f->ttl = ttl;
		f->place = *place;
	} else if (ttl != f->ttl) {
		warn_ttl(f, ttl, f->ttl, place);
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
		while (s != NULL && (s->type == TYPE_POOL || is_beside_cname(s->type)))
			s = node_next(s);
		if (s == NULL)
			continue;
		rdata_type_write(s->type, type);
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
