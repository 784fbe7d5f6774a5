/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/additional.h"

#include "serve/collect.h"
#include "steer/shared.h"

/* A name in RDATA, with its length in octets. */
struct target {
	const uint8_t *name;
	size_t len;
};

/* Adds one RRset, unless it is steered. */
static void
add(const struct decide_input *in, struct decision *d, const struct rrset *s,
    const uint8_t *owner, bool required)
{
	struct item *item;

	if (s->steered)
		return;
	/* what is too old is left out here, and the answer itself is as good as it was */
	if (s->from_store && in->stale_ttl == STALE_EXPIRED)
		return;
	item = collect_rrset(in, d, SECTION_ADDITIONAL, owner, s);
	if (item != NULL)
		item->required = required;
	else
		d->is_incomplete |= required;
}

static void
add_addresses(const struct decide_input *in, struct decision *d, const struct node *n,
    const uint8_t *owner, bool required)
{
	for (const struct rrset *s = node_first(n);
	     s != NULL && rrset_type(s) <= TYPE_AAAA; s = node_next(s))
		if (rrset_type(s) == TYPE_A || rrset_type(s) == TYPE_AAAA)
			add(in, d, s, owner, required);
}

/*
 * Where, in a target that ends in a name in just its octets, that name begins; else
 * NOT_THERE, which says nothing of names in another case.
 */
enum { NOT_THERE = DNS_NAME_MAX };

static inline unsigned
find_suffix(const struct target *t, const uint8_t *suffix, size_t suffix_len)
{
	size_t tail = t->len - suffix_len, at = 0;

	if (t->len < suffix_len)
		return NOT_THERE;
	while (at < tail)
		at += t->name[at] + 1u;
	return at == tail && wire_equal(t->name + at, suffix, suffix_len) ? (unsigned)at
	                                                                  : NOT_THERE;
}

/*
 * Takes a target apart as far as look-ups in the zone need it: what the apex of the zone
 * is made of they never look at, and its hash the question's name has, which is in the
 * same zone. False: it is not in the zone.
 */
static inline bool
take_apart(const struct decide_input *in, struct decision *d, const struct target *t)
{
	const struct zone *z = d->zone;
	unsigned end = find_suffix(t, z->apex.bytes, z->apex.len), n = 0, at = 0;
	struct name_path *p = &d->path;

	if (end == NOT_THERE) {
		name_path_set(p, t->name, (uint8_t)t->len);
		return name_is_under(t->name, z->apex.bytes);
	}
	name_lower(p->bytes, t->name, t->len);
	for (; at < end; at += p->bytes[at] + 1u)
		p->offset[n++] = (uint8_t)at;
	p->offset[n] = (uint8_t)end;
	p->len = (uint8_t)t->len;
	p->label_count = (uint8_t)(z->apex_depth + n);
	p->hash[z->apex_depth] = in->query->qname.hash[z->apex_depth];
	for (unsigned depth = z->apex_depth; n-- > 0; depth++)
		p->hash[depth + 1] =
		    name_hash_label(p->hash[depth], p->bytes + p->offset[n]);
	return true;
}

/* The node that a question for the name in d->path would be answered from; NULL: there
 * is none. */
static const struct node *
find(struct decision *d, bool is_server)
{
	const struct node *n = NULL;
	struct find f;

	/* glue is what stands at the very name, occluded or not */
	if (is_server)
		n = zone_node(d->zone, &d->path, d->path.label_count);
	if (n != NULL)
		return n;
	zone_find(d->zone, &d->path, TYPE_A, &f);
	return f.kind == FIND_MATCH || f.kind == FIND_WILDCARD ? f.node : NULL;
}

/* The addresses of those name servers that are below the cut, or are not. Returns how
 * many there are of the others. */
static unsigned
add_servers(const struct decide_input *in, struct decision *d, const struct node *cut,
    const struct rrset *ns, bool below)
{
	unsigned others = 0;
	struct rdata r;

	for (size_t pos = 0; rrset_next(ns, &pos, &r);) {
		const struct target t = {r.data, r.len};
		const struct node *n;

		if ((find_suffix(&t, node_name(cut), cut->leaf.name_len) != NOT_THERE ||
		        name_is_under(t.name, node_name(cut))) != below) {
			others++;
			continue;
		}
		if (!below && in->shed) {
			d->is_shed = true;
			continue;
		}
		n = take_apart(in, d, &t) ? find(d, true) : NULL;
		if (n != NULL)
			add_addresses(in, d, n, t.name, below);
	}
	return others;
}

/*
 * Those below the cut come first: without them nobody gets there (RFC 9471 3.1). Those of
 * other names of this zone help, but can be asked for (3.2).
 */
void
additional_glue(const struct decide_input *in, struct decision *d, const struct node *cut,
    const struct rrset *ns)
{
	if (add_servers(in, d, cut, ns, true) != 0)
		(void)add_servers(in, d, cut, ns, false);
}

/* The name that a record points to; false: it does not have the form of its type. */
static bool
get_target(uint16_t type, const struct rdata *r, struct target *t)
{
	size_t at = type == TYPE_NS ? 0 : type == TYPE_SRV ? 6 : 2;
	struct name n;

	t->name = r->data + at;
	/* of types that may be compressed the zone has looked at the form */
	if (type == TYPE_NS || type == TYPE_MX) {
		t->len = r->len - at;
		return true;
	}
	if (r->len <= at)
		return false;
	t->len = 1;
	if (t->name[0] == 0)
		return true;
	if (name_read(t->name, r->len - at, &n) != OK)
		return false;
	t->len = n.len;
	return true;
}

static inline bool
is_svcb(uint16_t type)
{
	return type == TYPE_SVCB || type == TYPE_HTTPS;
}

/* Names that something was looked up for. */
struct seen {
	unsigned count;
	const uint8_t *names[ADDITIONAL_NAMES_MAX];
	uint64_t hashes[ADDITIONAL_NAMES_MAX];
};

/* Is the target, which d->path was made from, among them? From now on it is. */
static bool
is_seen(struct seen *seen, const struct decision *d, const uint8_t *name)
{
	uint64_t hash = d->path.hash[d->path.label_count];

	for (unsigned i = 0; i < seen->count; i++)
		if (seen->hashes[i] == hash && name_equal(seen->names[i], name))
			return true;
	seen->names[seen->count] = name;
	seen->hashes[seen->count++] = hash;
	return false;
}

/* One record's target; n: the node of the record itself, whose owner that is. */
static void
add_target(const struct decide_input *in, struct decision *d, const struct rrset *s,
    const struct rdata *r, const uint8_t *owner, const struct node *n, struct seen *seen)
{
	bool is_alias = is_svcb(rrset_type(s)) && wire_get16(r->data) == 0,
	     is_ours = true;
	struct target t;

	if (!get_target(rrset_type(s), r, &t))
		return;
	if (t.name[0] == 0) {
		/* nowhere (RFC 2782, RFC 7505), but the owner in ServiceMode (RFC 9460
		 * 2.5.2) */
		if (!is_svcb(rrset_type(s)) || is_alias)
			return;
		t = (struct target){owner, name_len(owner)};
	} else {
		n = NULL;
	}
	if (n == NULL || s->count > 1)
		is_ours = take_apart(in, d, &t);
	/* "." may mean the name that another record has in full */
	if (s->count > 1 && is_seen(seen, d, t.name))
		return;
	if (n == NULL && is_ours)
		n = find(d, rrset_type(s) == TYPE_NS);
	if (n == NULL)
		return;
	/* what is written in the question need not be looked for */
	owner = t.name != in->query->qname.bytes ? t.name : NULL;
	if (is_alias && !(n->flags & NODE_HAS_STEERED)) {
		const struct rrset *other = node_rrset(n, rrset_type(s));

		if (other != NULL && !collect_has(d, other))
			add(in, d, other, owner, false);
	}
	add_addresses(in, d, n, owner, false);
}

void
additional_targets(const struct decide_input *in, struct decision *d,
    const struct rrset *s, const uint8_t *owner, const struct node *n)
{
	struct seen seen;
	struct rdata r;

	if (in->shed) {
		d->is_shed = true;
		return;
	}
	seen.count = 0;
	for (size_t pos = 0;
	     seen.count < ADDITIONAL_NAMES_MAX && rrset_next(s, &pos, &r);)
		add_target(in, d, s, &r, owner, n, &seen);
}
