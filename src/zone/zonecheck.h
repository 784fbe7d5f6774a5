/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is looked at when all of a zone file has been read.
 *
 * Shape: the reader notes each RRset that points to other names (NS, MX, SRV), and DNAME
 * and SPF, with the place of its first record; zonecheck_run() looks up where they point,
 * and what they hide.
 * Owner: notes own their names' octets; paths are borrowed.
 * Threads: one at a time.
 * Errors: complaints.
 * Source: RFC 1034 4.2.1, RFC 1035 5.2, RFC 1912 2.3, RFC 2181 10.3, RFC 2782; BIND's
 * integrity checks.
 */
#ifndef ZONE_ZONECHECK_H
#define ZONE_ZONECHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/complaint.h"
#include "zone/table.h"

struct place {
	const char *path;
	uint32_t line;
	uint32_t column;
};

struct zonecheck_note {
	size_t owner; /* where it begins in names */
	struct place place;
	uint16_t type;
};

struct zonecheck {
	struct zonecheck_note *notes;
	size_t count;
	size_t cap;
	struct buf names;
	bool skipped_soa; /* one at the top was there, but could not be read */
	bool skipped_ns;
};

void
zonecheck_fini(struct zonecheck *c);

/* Does nothing for types that are not looked at. */
void
zonecheck_note(struct zonecheck *c, const struct name *owner, uint16_t type,
    const struct place *place);

/* path stands for the zone as a whole. */
void
zonecheck_run(const struct zonecheck *c, const struct table *t, const char *path,
    struct complaints *complaints);

#endif
