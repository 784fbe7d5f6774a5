/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes an RRset into a response, its names compressed.
 *
 * Shape: owners are mostly names that the response has already: the question's, or the
 * target of a record before, of which the writer knows by its address where it was
 * written. So all names that are given have to stay where and as they are until the
 * response is written: the world's, the decision's, and those of the request.
 * Owner: none.
 * Threads: any; no state.
 * Errors: the writer's `full`; the caller goes back to before the RRset.
 * Source: RFC 1035 4.1.4, RFC 2308 3.
 */
#ifndef SERVE_RECORDS_H
#define SERVE_RECORDS_H

#include "dns/writer.h"
#include "serve/decide.h"

/*
 * An owner; NULL: the question's name, which stands at qname in the request, and behind
 * the header of the response. Returns the pointer to it; 0: there is none.
 */
uint16_t
records_owner(struct writer *w, const uint8_t *owner, const uint8_t *qname);

/* The records of the item's RRset. */
void
records_write(struct writer *w, const struct item *i, const uint8_t *qname);

/*
 * The SOA of a negative answer, whose owner is the apex of the zone that the question's
 * name is in. False, and nothing is written, when that takes records_write().
 */
bool
records_write_soa(struct writer *w, const struct item *i, const struct zone *zone,
    const struct name_path *qname);

#endif
