/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/zonecheck.h"

#include "base/mem.h"
#include "zone/rdata.h"

struct target {
	const struct node *node; /* the name itself, or the wildcard that stands for it */
	bool in_zone;
	bool below_cut; /* at or below a delegation */
};

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
	if (target_offset(type) < 0)
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

static void
check_target(const struct zonecheck_note *note, const struct table *t, bool at_apex,
    const uint8_t *name, struct complaints *complaints)
{
	const struct place *at = &note->place;
	char type[RDATA_TYPE_TEXT_MAX];
	char text[NAME_TEXT_MAX];
	struct target target;

	find_target(t, name, &target);
	if (!target.in_zone)
		return;
	name_write(name, text);
	rdata_type_write(note->type, type);
	if (target.node != NULL && node_rrset(target.node, TYPE_CNAME) != NULL) {
		complain(complaints, SEVERITY_WARNING, at->path, at->line, at->column,
		    "%s points to %s, which is a CNAME", type, text);
		return;
	}
	if (note->type != TYPE_NS || has_address(target.node))
		return;
	if (!at_apex)
		complain(complaints, SEVERITY_WARNING, at->path, at->line, at->column,
		    "delegation without glue: %s has no address records", text);
	else if (target.below_cut)
		complain(complaints, SEVERITY_WARNING, at->path, at->line, at->column,
		    "NS %s lies below a delegation and has no glue here", text);
	else
		complain(complaints, SEVERITY_ERROR, at->path, at->line, at->column,
		    "NS %s has no address records (A or AAAA)", text);
}

static void
check_note(const struct zonecheck *c, const struct zonecheck_note *note,
    const struct table *t, struct complaints *complaints)
{
	const uint8_t *owner = (const uint8_t *)c->names.data + note->owner;
	uint8_t len = name_len(owner);
	const struct node *n = table_find(t, name_hash(owner, len), owner, len);
	const struct rrset *s = n == NULL ? NULL : node_rrset(n, note->type);
	bool at_apex = name_equal(owner, t->apex.bytes);
	struct rdata r;

	if (s == NULL)
		return;
	for (size_t pos = 0; rrset_next(s, &pos, &r);) {
		const uint8_t *name = r.data + target_offset(note->type);

		if (name[0] != 0) /* "." is "none": RFC 2782, RFC 7505 */
			check_target(note, t, at_apex, name, complaints);
	}
}

void
zonecheck_run(const struct zonecheck *c, const struct table *t, const char *path,
    struct complaints *complaints)
{
	const struct node *apex = table_find(
	    t, name_hash(t->apex.bytes, t->apex.len), t->apex.bytes, t->apex.len);
	char text[NAME_TEXT_MAX];

	name_write(t->apex.bytes, text);
	if (apex == NULL || node_rrset(apex, TYPE_SOA) == NULL)
		complain(
		    complaints, SEVERITY_ERROR, path, 0, 0, "%s has no SOA record", text);
	if (apex == NULL || node_rrset(apex, TYPE_NS) == NULL)
		complain(
		    complaints, SEVERITY_ERROR, path, 0, 0, "%s has no NS records", text);
	for (size_t i = 0; i < c->count; i++)
		check_note(c, &c->notes[i], t, complaints);
}
