/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Gathers records into RRsets and fills a name table with them.
 *
 * Shape: the records of one owner and type mostly come together, so they wait as a run
 * until another begins; and the runs wait for each other, so that the places where they
 * will go are fetched into the cache for many of them at the same time.
 * Owner: the fill, until zonefill_finish() gives the table away. Paths of places must
 * live until then; the complaints are the caller's.
 * Threads: one at a time.
 * Errors: complaints.
 * Source: RFC 1034 3.6.2 (CNAME), RFC 2181 5.2 (TTLs) and 10.1, RFC 4034 2.5 and 3.
 */
#ifndef ZONE_ZONEFILL_H
#define ZONE_ZONEFILL_H

#include <stdbool.h>

#include "zone/zonecheck.h"

struct zonefill;

struct zonefill *
zonefill_begin(const struct name *apex, struct complaints *complaints);

/* owner: lower case, in the zone. */
void
zonefill_add(struct zonefill *f, const struct name *owner, uint16_t type, uint32_t ttl,
    const uint8_t *rdata, uint16_t rdata_len, const struct place *place);

/* Before a complaint about what comes next: what came before has its say first. */
void
zonefill_settle(struct zonefill *f);

void
zonefill_pool(struct zonefill *f, const struct name *owner, uint32_t ttl, uint32_t pool,
    const struct place *place);

/* The pool just given can be a CNAME, which nothing may stand beside. */
void
zonefill_cname_pool(
    struct zonefill *f, const struct name *owner, const struct place *place);

/* Of a record that could not be read: a zone without another is not told that it has
 * none.
 */
void
zonefill_skip(struct zonefill *f, const struct name *owner, uint16_t type);

/* Ends it; with `check` also looks at the whole (zone/zonecheck.h). */
struct table *
zonefill_finish(struct zonefill *f, const char *path, bool check);

#endif
