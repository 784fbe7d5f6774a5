/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/zonecheck.h"

#include "base/mem.h"
#include "zone/hostname.h"
#include "zone/rdata.h"

struct target {
	const struct node *node; /* the name itself, or the wildcard that stands for it */
	bool in_zone;
	bool below_cut; /* at or below a delegation */
	bool below_dname;
};

/* A look at names below delegations. */
struct occluded {
	const struct zonecheck *check;
	const struct table *table;
	struct complaints *complaints;
	unsigned told;
};

enum { OCCLUDED_MAX = 20 }; /* what is told of them: one mistake makes many */

#define warn(complaints, at, ...) \
	complain(complaints, SEVERITY_WARNING, (at)->path, (at)->line, (at)->column, \
	    __VA_ARGS__)

void
zonecheck_fini(struct zonecheck *c)
{
	mem_free(c->notes);
	buf_fini(&c->names);
	*c = (struct zonecheck){0};
}

/* Where the name begins in the RDATA; -1: the type has none that is checked. */
static int
target_offset(uint16_t type)
{
	switch (type) {
	case TYPE_NS:
		return 0;
	case TYPE_MX:
		return 2;
	case TYPE_SRV:
		return 6;
	default:
		return -1;
	}
}

void
zonecheck_note(struct zonecheck *c, const struct name *owner, uint16_t type,
    const struct place *place)
{
	if (target_offset(type) < 0 && type != TYPE_DNAME && type != 99 /* SPF */)
		return;
	c->notes = mem_grow(c->notes, c->count, &c->cap, sizeof(*c->notes));
	c->notes[c->count++] = (struct zonecheck_note){c->names.len, *place, type};
	buf_add(&c->names, owner->bytes, owner->len);
}

static const struct node *
find_suffix(const struct table *t, const struct name_path *p, unsigned depth)
{
	return table_find(t, p->hash[depth], name_path_suffix(p, depth),
	    name_path_suffix_len(p, depth));
}

/* RFC 4592 3.3.1: the wildcard just below the closest encloser. */
static const struct node *
find_wildcard(const struct table *t, const struct name_path *p, unsigned depth)
{
	static const struct name star = {.len = 3, .bytes = {1, '*', 0}};
	struct name name;

	if (name_join(&star, name_path_suffix(p, depth), &name) != OK)
		return NULL;
	return table_find(t, name_hash(name.bytes, name.len), name.bytes, name.len);
}

static void
find_target(const struct table *t, const uint8_t *name, struct target *out)
{
	struct name_path p;

	*out = (struct target){.in_zone = name_is_under(name, t->apex.bytes)};
	if (!out->in_zone)
		return;
	name_path_set(&p, name, name_len(name));
	for (unsigned d = t->apex_depth; d <= p.label_count; d++) {
		const struct node *n = find_suffix(t, &p, d);

		if (n == NULL) {
			if (d > t->apex_depth)
				out->node = find_wildcard(t, &p, d - 1);
			return;
		}
		if (d > t->apex_depth && node_rrset(n, TYPE_NS) != NULL)
			out->below_cut = true;
		if (d < p.label_count && node_rrset(n, TYPE_DNAME) != NULL)
			out->below_dname = true;
		if (d == p.label_count)
			out->node = n;
	}
}

static bool
has_address(const struct node *n)
{
	return n != NULL &&
	       (node_rrset(n, TYPE_A) != NULL || node_rrset(n, TYPE_AAAA) != NULL ||
	           node_rrset(n, TYPE_POOL) != NULL);
}

/* What a name that is pointed to looks like. */
static void
check_spelling(const struct zonecheck_note *note, const char *type, const char *text,
    const uint8_t *name, struct complaints *complaints)
{
	if (hostname_is_address(name))
		warn(complaints, &note->place,
		    "%s points to %s: an address with the origin behind it?", type, text);
	else if (!hostname_is_valid(name))
		warn(complaints, &note->place,
		    "%s points to %s, which is not the name of a host", type, text);
}

/* RFC 1035 5.2: without an address the zone can not be served from where it says. */
static void
check_ns(const struct zonecheck_note *note, const struct target *target, bool at_apex,
    const char *text, struct complaints *complaints)
{
	if (!at_apex)
		warn(complaints, &note->place,
		    "delegation without glue: %s has no address records", text);
	else if (target->below_cut)
		warn(complaints, &note->place,
		    "NS %s lies below a delegation and has no glue here", text);
	else
		complain(complaints, SEVERITY_ERROR, note->place.path, note->place.line,
		    note->place.column, "NS %s has no address records (A or AAAA)", text);
}

static void
check_target(const struct zonecheck_note *note, const struct table *t, bool at_apex,
    const uint8_t *name, struct complaints *complaints)
{
	char type[RDATA_TYPE_TEXT_MAX];
	char text[NAME_TEXT_MAX];
	struct target target;
	/* what BIND refuses a zone for */
	enum severity severity =
	    at_apex && note->type == TYPE_NS ? SEVERITY_ERROR : SEVERITY_WARNING;

	name_write(name, text);
	rdata_type_write(note->type, type);
	check_spelling(note, type, text, name, complaints);
	find_target(t, name, &target);
	if (!target.in_zone)
		return;
	if (target.below_dname)
		complain(complaints, severity, note->place.path, note->place.line,
		    note->place.column, "%s points to %s, which is below a DNAME", type,
		    text);
	else if (target.node != NULL && node_rrset(target.node, TYPE_CNAME) != NULL)
		complain(complaints, severity, note->place.path, note->place.line,
		    note->place.column, "%s points to %s, which is a CNAME", type, text);
	else if (has_address(target.node))
		return;
	else if (note->type == TYPE_NS)
		check_ns(note, &target, at_apex, text, complaints);
	else if (!target.below_cut)
		warn(complaints, &note->place,
		    "%s points to %s, which has no address records", type, text);
}

/* What of a node is never answered when it is (or is below) a delegation: 0 or a type. */
static uint16_t
find_occluded(const struct node *n, bool at_cut)
{
	for (const struct rrset *s = node_first(n); s != NULL; s = node_next(s)) {
		uint16_t type = rrset_type(s);

		if (type == TYPE_A || type == TYPE_AAAA || type == TYPE_RRSIG ||
		    type == TYPE_NSEC)
			continue;
		if (!at_cut || (type != TYPE_NS && type != TYPE_DS))
			return type;
	}
	return 0;
}

static void
check_cut(const struct zonecheck_note *note, const struct node *n,
    struct complaints *complaints)
{
	uint16_t other = find_occluded(n, true);
	char type[RDATA_TYPE_TEXT_MAX];

	if (other == 0)
		return;
	rdata_type_write(other, type);
	warn(complaints, &note->place,
	    "%s beside the NS records of a delegation is never answered", type);
}

/* True when that was all. */
static bool
check_own(const struct zonecheck_note *note, const struct node *n, bool at_apex,
    struct complaints *complaints)
{
	if (note->type == TYPE_DNAME && node_child_count(n) != 0 && !at_apex)
		warn(complaints, &note->place,
		    "what is below this DNAME is never answered");
	if (note->type == 99 /* SPF */ && node_rrset(n, TYPE_TXT) == NULL)
		warn(complaints, &note->place,
		    "SPF without TXT: nobody asks for this type, RFC 7208 3.1");
	if (note->type == TYPE_NS && !at_apex)
		check_cut(note, n, complaints);
	return target_offset(note->type) < 0;
}

/* Returns true for a delegation that has names below it. */
static bool
check_note(const struct zonecheck *c, const struct zonecheck_note *note,
    const struct table *t, struct complaints *complaints)
{
	const uint8_t *owner = (const uint8_t *)c->names.data + note->owner;
	uint8_t len = name_len(owner);
	const struct node *n = table_find(t, name_hash(owner, len), owner, len);
	const struct rrset *s = n == NULL ? NULL : node_rrset(n, note->type);
	bool at_apex = name_equal(owner, t->apex.bytes);
	struct rdata r;

	if (s == NULL || check_own(note, n, at_apex, complaints))
		return false;
	for (size_t pos = 0; rrset_next(s, &pos, &r);) {
		const uint8_t *name = r.data + target_offset(note->type);

		if (name[0] != 0) /* "." is "none": RFC 2782, RFC 7505 */
			check_target(note, t, at_apex, name, complaints);
	}
	return note->type == TYPE_NS && !at_apex && node_child_count(n) != 0;
}

/* Glue is all that may be below a delegation (RFC 1034 4.2.1). */
static int
check_below(const struct node *n, void *ctx)
{
	struct occluded *o = ctx;
	uint16_t other = find_occluded(n, false);
	const struct zonecheck *c = o->check;
	char type[RDATA_TYPE_TEXT_MAX];
	char text[NAME_TEXT_MAX];

	if (other == 0 || other == TYPE_NS)
		return 0;
	for (const uint8_t *cut = node_name(n) + 1 + node_name(n)[0];
	     name_is_under(cut, o->table->apex.bytes) &&
	     !name_equal(cut, o->table->apex.bytes);
	     cut += 1 + cut[0]) {
		uint8_t len = name_len(cut);
		const struct node *above =
		    table_find(o->table, name_hash(cut, len), cut, len);

		if (above == NULL || node_rrset(above, TYPE_NS) == NULL)
			continue;
		for (size_t i = 0; i < c->count; i++) {
			if (c->notes[i].type != TYPE_NS ||
			    !name_equal(
			        (const uint8_t *)c->names.data + c->notes[i].owner, cut))
				continue;
			name_write(node_name(n), text);
			rdata_type_write(other, type);
			warn(o->complaints, &c->notes[i].place,
			    "%s %s is below this delegation and never answered", text,
			    type);
			break;
		}
		return ++o->told == OCCLUDED_MAX;
	}
	return 0;
}

void
zonecheck_run(const struct zonecheck *c, const struct table *t, const char *path,
    struct complaints *complaints)
{
	const struct node *apex = table_find(
	    t, name_hash(t->apex.bytes, t->apex.len), t->apex.bytes, t->apex.len);
	struct occluded occluded = {c, t, complaints, 0};
	bool has_below = false;
	char text[NAME_TEXT_MAX];

	name_write(t->apex.bytes, text);
	if (!c->skipped_soa && (apex == NULL || node_rrset(apex, TYPE_SOA) == NULL))
		complain(
		    complaints, SEVERITY_ERROR, path, 0, 0, "%s has no SOA record", text);
	if (!c->skipped_ns && (apex == NULL || node_rrset(apex, TYPE_NS) == NULL))
		complain(
		    complaints, SEVERITY_ERROR, path, 0, 0, "%s has no NS records", text);
	for (size_t i = 0; i < c->count; i++)
		if (check_note(c, &c->notes[i], t, complaints))
			has_below = true;
	if (has_below)
		table_each(t, check_below, &occluded);
}
