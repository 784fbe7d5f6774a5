/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/zone.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

struct zone_file *
zone_file_new(struct table *table)
{
	struct zone_file *f = mem_new(sizeof(*f));

	atomic_init(&f->holders, 1);
	f->table = table;
	return f;
}

struct zone_file *
zone_file_hold(struct zone_file *f)
{
	atomic_fetch_add_explicit(&f->holders, 1, memory_order_relaxed);
	return f;
}

void
zone_file_release(struct zone_file *f)
{
	/* Release, so that all use of it by the others comes before the free. */
	if (f == NULL ||
	    atomic_fetch_sub_explicit(&f->holders, 1, memory_order_acq_rel) != 1)
		return;
	table_free(f->table);
	mem_free(f);
}

/* Stands for the apex of a zone that has no record at all. */
static const struct node no_data = {
    .leaf = {.name_at = offsetof(struct node, rest), .name_len = 1},
    .rest = {0},
};

static inline bool
has_data(const struct node *n)
{
	return n != NULL && node_has_data(n);
}

static inline bool
has_wildcard_child(const struct node *n)
{
	return n != NULL && (n->flags & NODE_HAS_WILDCARD_CHILD) != 0;
}

/* The same as pair_at() of the apex, without a look-up. */
static inline struct zone_pair
pair_at_apex(const struct zone *z)
{
	return (struct zone_pair){
	    .file = z->file != NULL ? z->file->table->apex_node : NULL,
	    .store = z->store != NULL ? z->store->apex_node : NULL,
	};
}

static inline struct zone_pair
pair_at(const struct zone *z, const struct name_path *path, unsigned depth)
{
	uint64_t hash = path->hash[depth];
	const uint8_t *name = name_path_suffix(path, depth);
	uint8_t len = name_path_suffix_len(path, depth);
	struct zone_pair p = {NULL, NULL};

	if (z->file != NULL)
		p.file = table_find(z->file->table, hash, name, len);
	if (z->store != NULL)
		p.store = table_find(z->store, hash, name, len);
	return p;
}

/*
 * TXT at _acme-challenge is the one type that the store may add at a name of the file,
 * so that certificates can be had without touching the file.
 */
static bool
is_acme_name(const uint8_t *name, size_t len)
{
	static const uint8_t label[] = "\017_acme-challenge";

	return len > sizeof(label) - 1 && memcmp(name, label, sizeof(label) - 1) == 0;
}

static bool
is_acme(const struct zone_pair *p, uint16_t qtype)
{
	return qtype == TYPE_TXT && p->store != NULL &&
	       is_acme_name(node_name(p->store), p->store->leaf.name_len) &&
	       node_rrset(p->store, TYPE_TXT) != NULL;
}

const char *
zone_file_hides(const struct zone_file *file, const struct name *owner, uint16_t type)
{
	switch (type) {
	case TYPE_SOA:
	case TYPE_NS:
	case TYPE_DS:
	case TYPE_DNSKEY:
	case TYPE_DNAME:
		return "the store adds no SOA, NS, DS, DNSKEY or DNAME to a zone that "
		       "has a file";
	}
	if (type == TYPE_TXT && is_acme_name(owner->bytes, owner->len))
		return NULL;
	if (has_data(table_find(file->table, name_hash(owner->bytes, owner->len),
	        owner->bytes, owner->len)))
		return "the zone file has data at that name, and it wins";
	return NULL;
}

/* The file's data before the store's; an empty non-terminal if neither has any. */
static const struct node *
choose(const struct zone_pair *p, uint16_t qtype)
{
	if (has_data(p->file) && !is_acme(p, qtype))
		return p->file;
	if (has_data(p->store))
		return p->store;
	return p->file != NULL ? p->file : p->store;
}

static void
set(struct find *out, enum find_kind kind, unsigned depth, const struct node *node)
{
	out->kind = kind;
	out->depth = depth;
	out->node = node;
}

/*
 * RFC 1034 4.3.2 steps 3b and 3a with RFC 6672 3.2: does the look-up end at this level?
 * In a zone with a file only the file delegates: the store adds no NS and no DNAME to it.
 */
static bool
ends_at(const struct zone *z, const struct node *n, unsigned depth, unsigned last,
    uint16_t qtype, struct find *out)
{
	/* RFC 4035 3.1.4.1: the parent answers for the DS at the cut itself. */
	if ((n->flags & NODE_HAS_NS) != 0 && depth > z->apex_depth &&
	    !(qtype == TYPE_DS && depth == last)) {
		set(out, FIND_CUT, depth, n);
		return true;
	}
	/* RFC 6672 2.3: a DNAME redirects what is below its owner, not the owner. */
	if ((n->flags & NODE_HAS_DNAME) != 0 && depth < last) {
		set(out, FIND_DNAME, depth, n);
		return true;
	}
	return false;
}

static inline bool
ends_here(const struct zone *z, const struct zone_pair *p, unsigned depth, unsigned last,
    uint16_t qtype, struct find *out)
{
	const struct node *n = z->file != NULL ? p->file : p->store;

	return n != NULL && (n->flags & (NODE_HAS_NS | NODE_HAS_DNAME)) != 0 &&
	       ends_at(z, n, depth, last, qtype, out);
}

/*
 * Step 3c, with p the closest encloser. A "*" without RRsets, an empty non-terminal, is a
 * source of synthesis too (RFC 4592 2.2.2 and 4.9). NS and DNAME at "*" are not
 * delegations of what they match but data of their types: RFC 4592 4.2 leaves NS
 * undefined and 4.4 discourages DNAME; BIND 9 reads them in the same way.
 */
static void
find_wildcard(const struct zone *z, const struct name_path *qname, unsigned encloser,
    const struct zone_pair *p, uint16_t qtype, struct find *out)
{
	const uint8_t *suffix = name_path_suffix(qname, encloser);
	unsigned suffix_len = name_path_suffix_len(qname, encloser);
	uint8_t name[DNS_NAME_MAX];
	uint8_t len = (uint8_t)(suffix_len + 2);
	struct zone_pair wildcard = {NULL, NULL};
	uint64_t hash;

	set(out, FIND_NONE, encloser, NULL);
	if (!has_wildcard_child(p->file) && !has_wildcard_child(p->store))
		return;
	/* The encloser is a proper suffix of qname, so "*" below it is not too long. */
	name[0] = 1;
	name[1] = '*';
	memcpy(name + 2, suffix, suffix_len);
	hash = name_hash_label(qname->hash[encloser], name);
	if (has_wildcard_child(p->file))
		wildcard.file = table_find(z->file->table, hash, name, len);
	if (has_wildcard_child(p->store))
		wildcard.store = table_find(z->store, hash, name, len);
	if (wildcard.file != NULL || wildcard.store != NULL)
		set(out, FIND_WILDCARD, encloser, choose(&wildcard, qtype));
}

void
zone_find_own(const struct zone *z, const struct name_path *qname, uint16_t qtype,
    const struct zone_pair *own, struct find *out)
{
	unsigned last = qname->label_count;
	struct zone_pair encloser = pair_at_apex(z);
	const struct node *n;

	if (ends_here(z, &encloser, z->apex_depth, last, qtype, out))
		return;
	for (unsigned depth = z->apex_depth + 1; depth <= last; depth++) {
		struct zone_pair p =
		    own != NULL && depth == last ? *own : pair_at(z, qname, depth);

		if (p.file == NULL && p.store == NULL) {
			find_wildcard(z, qname, depth - 1, &encloser, qtype, out);
			return;
		}
		if (ends_here(z, &p, depth, last, qtype, out))
			return;
		encloser = p;
	}
	n = choose(&encloser, qtype);
	set(out, FIND_MATCH, last, n != NULL ? n : &no_data);
}

void
zone_find(
    const struct zone *z, const struct name_path *qname, uint16_t qtype, struct find *out)
{
	zone_find_own(z, qname, qtype, NULL, out);
}

const struct node *
zone_node(const struct zone *z, const struct name_path *path, unsigned depth)
{
	struct zone_pair p = pair_at(z, path, depth);

	if (has_data(p.file))
		return p.file;
	return has_data(p.store) ? p.store : NULL;
}

const struct zone *
zones_find_above(const struct trie *zones, const struct name_path *qname, unsigned depth)
{
	return (const struct zone *)trie_find_suffix(zones, qname, depth);
}

const struct zone *
zones_find(const struct trie *zones, const struct name_path *qname)
{
	return zones_find_above(zones, qname, qname->label_count + 1u);
}
