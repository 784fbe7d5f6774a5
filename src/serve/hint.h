/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ipv4hint and ipv6hint of HTTPS and SVCB records at steered names.
 *
 * Shape: a record in ServiceMode whose TargetName is "." or its owner goes out with the
 * addresses that A and AAAA of that name would be answered with, in place of the hints
 * that it was written with, and at their place by key. A family of which nothing is
 * served has no hint; `mandatory` then does not name it either, as a record whose
 * mandatory key is missing would be malformed (RFC 9460 8). Other records, and those
 * that do not have the form of their type, go out as written.
 * Owner: none.
 * Threads: any; no state.
 * Errors: the writer's `full`.
 * Source: RFC 9460 2.2 (order of keys), 2.5.2 (TargetName "."), 7.3, 8.
 */
#ifndef SERVE_HINT_H
#define SERVE_HINT_H

#include "dns/writer.h"
#include "serve/draw.h"
#include "steer/choice.h"
#include "zone/rrset.h"

/* Is there a record in this RRset of HTTPS or SVCB that takes hints? */
bool
hint_takes_any(const struct rrset *s, const uint8_t *owner);

/*
 * Writes the RDATA of one record. hints: by family; NULL: as written. seed: which
 * endpoints, as in serve/draw.h.
 */
void
hint_write(struct writer *w, const struct rdata *r, const uint8_t *owner,
    const struct choice *const hints[FAMILY_COUNT], const struct draw_seed *seed);

#endif
