/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The name of an endpoint for people and their patterns: POOL/REGION/ADDRESS.
 *
 * Shape: the region is "default" or "rescue" outside the regions; a CNAME target is
 * written without its last dot.
 * Owner: appended to the caller's buffer.
 * Threads: any that may read the pool.
 * Errors: none.
 * Source: DESIGN "Control".
 */
#ifndef STEER_ENDPOINT_H
#define STEER_ENDPOINT_H

#include "base/buf.h"
#include "steer/pool.h"

void
endpoint_write(const struct pool *p, const struct endpoint *e, struct buf *out);

#endif
