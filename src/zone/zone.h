/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A zone as readers see it, and find(): RFC 1034 4.3.2 steps 3a to 3c on names.
 *
 * Shape: up to two name tables, of the zone's file and of the store. A name that the
 * file has data at belongs to the file; what lies below a cut or DNAME of either
 * is occluded. All decisions are made at look-up, so that one changed record never
 * touches another.
 * Owner: a struct zone holds a count on its struct zone_file (shared by successive
 * worlds) and borrows the store's table.
 * Threads: immutable.
 * Errors: a zone without good data has `broken` set and is answered with SERVFAIL.
 * Source: RFC 1034 4.3.2, RFC 2181 6, RFC 4592, RFC 6672.
 */
#ifndef ZONE_ZONE_H
#define ZONE_ZONE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "config/config.h"
#include "dns/name.h"
#include "zone/table.h"

/* What a zone file gave; shared between worlds, freed with the last of them. */
struct zone_file {
	_Atomic unsigned holders; /* written with each new version of the zone */
	char apart[64]; /* so that it is on another cache line than what queries read */
	struct table *table;
};

struct zone {
	struct trie_leaf leaf; /* first; key is the apex */
	struct name apex; /* lower case */
	unsigned apex_depth;
	struct zone_file *file; /* NULL: none */
	const struct table *store; /* NULL: none; owned by who builds worlds */
	const struct rrset *soa; /* the effective one; NULL only when broken */
	const struct rrset *ns;
	bool broken;
	bool ecs; /* takes the client subnet option */
	int64_t changed_s; /* wall clock: with this serial, or broken, since then */
	const struct config_zone *config; /* of the parts of every world that has it */
};

enum find_kind {
	FIND_MATCH, /* node: the name itself, with or without RRsets */
	FIND_WILDCARD, /* node: "*" at the closest encloser */
	FIND_CUT, /* node: the delegation at or above the name */
	FIND_DNAME, /* node: a DNAME above the name */
	FIND_NONE, /* NXDOMAIN */
};

struct find {
	enum find_kind kind;
	unsigned
	    depth; /* labels of node; of the closest encloser for WILDCARD and NONE */
	const struct node *node;
};

/* A holder more; returns its argument. */
struct zone_file *
zone_file_hold(struct zone_file *f);

/* A holder less; the last one frees. NULL is allowed. */
void
zone_file_release(struct zone_file *f);

/* Takes the table over, with one holder. */
struct zone_file *
zone_file_new(struct table *table);

/*
 * Why a record of the store is not served in a zone with this file, for people; NULL: it
 * is. owner is lower case. Names below a delegation are not looked for.
 */
const char *
zone_file_hides(const struct zone_file *file, const struct name *owner, uint16_t type);

/*
 * Finds qname, which is at or below the apex, in the zone. A DS question at a cut is the
 * parent's: with qtype DS a cut at the name itself is FIND_MATCH. node is NULL only with
 * FIND_NONE. NS and DNAME of the store count only in a zone without a file; at a wildcard
 * that matches, they are data like any other.
 */
void
zone_find(const struct zone *z, const struct name_path *qname, uint16_t qtype,
    struct find *out);

/* What the two sources of a zone have at one name; NULL: nothing. */
struct zone_pair {
	const struct node *file;
	const struct node *store;
};

/* The same, where it is known already what is at qname itself (own NULL: it is not). */
void
zone_find_own(const struct zone *z, const struct name_path *qname, uint16_t qtype,
    const struct zone_pair *own, struct find *out);

/* Does a DNAME of the apex stand above all other names? */
static inline bool
zone_has_apex_dname(const struct zone *z)
{
	const struct node *n =
	    z->file != NULL ? z->file->table->apex_node : z->store->apex_node;

	return n != NULL && (n->flags & NODE_HAS_DNAME) != 0;
}

/*
 * The node of one exact name, if it has data that is not hidden by the file; for glue
 * and additional data. NULL when there is none. No wildcards, no check of cuts.
 */
const struct node *
zone_node(const struct zone *z, const struct name_path *path, unsigned depth);

/* The zone with the longest apex that qname is at or below; NULL: none is ours. _above:
 * of those with fewer labels than depth. */
const struct zone *
zones_find(const struct trie *zones, const struct name_path *qname);
const struct zone *
zones_find_above(const struct trie *zones, const struct name_path *qname, unsigned depth);

#endif
