/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/additional.h"

#include "serve/collect.h"
#include "steer/shared.h"

/* Adds one RRset of a node, unless it is steered or there already. */
static void
add(const struct decide_input *in, struct decision *d, const struct node *n,
    uint16_t type, const uint8_t *owner, bool required)
{
	const struct rrset *s = node_rrset(n, type);
	struct item *item;

	if (s == NULL || s->pool != 0)
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
	add(in, d, n, TYPE_A, owner, required);
	add(in, d, n, TYPE_AAAA, owner, required);
}

/* The node that a question for the name would be answered from; NULL: there is none. */
static const struct node *
find(struct decision *d, const uint8_t *name, bool is_server)
{
	const struct node *n = NULL;
	struct find f;

	if (!name_is_under(name, d->zone->apex.bytes))
		return NULL;
	name_path_set(&d->path, name, name_len(name));
	/* glue is what stands at the very name, occluded or not */
	if (is_server)
		n = zone_node(d->zone, &d->path, d->path.label_count);
	if (n != NULL)
		return n;
	zone_find(d->zone, &d->path, TYPE_A, &f);
	return f.kind == FIND_MATCH || f.kind == FIND_WILDCARD ? f.node : NULL;
}

/*
 * Those below the cut come first: without them nobody gets there (RFC 9471 3.1). Those of
 * other names of this zone help, but can be asked for (3.2).
 */
void
additional_glue(const struct decide_input *in, struct decision *d, const struct node *cut,
    const struct rrset *ns)
{
	for (unsigned below = 2; below-- > 0;) {
		struct rdata r;

		for (size_t pos = 0; rrset_next(ns, &pos, &r);) {
			const struct node *n;

			if (name_is_under(r.data, cut->name) != (below != 0))
				continue;
			if (below == 0 && in->shed) {
				d->is_shed = true;
				continue;
			}
			n = find(d, r.data, true);
			if (n != NULL)
				add_addresses(in, d, n, r.data, below != 0);
		}
	}
}

/* The name that a record points to; NULL: it does not have the form of its type. */
static const uint8_t *
target_of(uint16_t type, const struct rdata *r)
{
	size_t at = type == TYPE_NS ? 0 : type == TYPE_SRV ? 6 : 2;
	struct name n;

	/* of types that may be compressed the zone has looked at the form */
	if (type == TYPE_NS || type == TYPE_MX)
		return r->data + at;
	if (r->len <= at || name_read(r->data + at, r->len - at, &n) != OK)
		return NULL;
	return r->data + at;
}

static bool
is_svcb(uint16_t type)
{
	return type == TYPE_SVCB || type == TYPE_HTTPS;
}

/* "." is nowhere (RFC 2782, RFC 7505), but the owner in ServiceMode (RFC 9460 2.5.2). */
static bool
is_owner(uint16_t type, const struct rdata *r, const uint8_t *target)
{
	return target[0] == 0 && is_svcb(type) && wire_get16(r->data) != 0;
}

static bool
is_among(const uint8_t *const *names, unsigned count, const uint8_t *name)
{
	for (unsigned i = 0; i < count; i++)
		if (name_equal(names[i], name))
			return true;
	return false;
}

/* One record's target; n: the node of the record itself. */
static void
add_target(const struct decide_input *in, struct decision *d, const struct rrset *s,
    const struct rdata *r, const uint8_t *target, const uint8_t *owner,
    const struct node *n)
{
	bool is_alias = is_svcb(s->type) && wire_get16(r->data) == 0;

	if (target[0] != 0)
		n = find(d, target, s->type == TYPE_NS);
	else if (is_owner(s->type, r, target))
		target = owner;
	else
		return;
	if (n == NULL)
		return;
	if (is_alias && !(n->flags & NODE_HAS_STEERED) &&
	    !collect_has(d, node_rrset(n, s->type)))
		add(in, d, n, s->type, target, false);
	add_addresses(in, d, n, target, false);
}

void
additional_targets(const struct decide_input *in, struct decision *d,
    const struct rrset *s, const uint8_t *owner, const struct node *n)
{
	const uint8_t *seen[ADDITIONAL_NAMES_MAX];
	unsigned count = 0;
	struct rdata r;

	if (in->shed) {
		d->is_shed = true;
		return;
	}
	for (size_t pos = 0; rrset_next(s, &pos, &r) && count < ADDITIONAL_NAMES_MAX;) {
		const uint8_t *target = target_of(s->type, &r), *name = target;

		if (target == NULL)
			continue;
		/* "." may mean the name that another record has in full */
		if (is_owner(s->type, &r, target))
			name = owner != NULL ? owner : in->query->qname.bytes;
		if (is_among(seen, count, name))
			continue;
		seen[count++] = name;
		add_target(in, d, s, &r, target, owner, n);
	}
}
