/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a zone has, RRset by RRset, as a server that knows no steering can take it:
 * file and store joined as answers join them, and steered names as plain ones.
 *
 * Shape: one walk. What lies below a cut goes along (RFC 5936 3.5); the SOA does not,
 * as the caller puts it first and last. A pool becomes the addresses of its `default`,
 * or, where it has none or the zone has `transfer_steered: all`, those of all regions;
 * of them those with weight, if any has; never rescue. A pool of names becomes a CNAME
 * to the first of those.
 * Owner: RRsets are the world's, or live as long as the call that gets them.
 * Threads: any reader that has the world pinned. It allocates: not for the query path.
 * Errors: what the callback returns ends the walk.
 * Source: DESIGN "DNS"; RFC 5936 3.
 */
#ifndef SERVE_CONTENTS_H
#define SERVE_CONTENTS_H

#include "steer/world.h"

/* owner: lower-case wire name. No RRset of type SOA or POOL. */
typedef enum err
contents_fn(void *ctx, const uint8_t *owner, const struct rrset *rrset);

/* In no order, but all of one name from one source together. */
MUST_CHECK enum err
contents_each(const struct world *w, const struct zone *z, contents_fn *fn, void *ctx);

#endif
