/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pool as `health` and `pools` show it: how many of its endpoints count as what, how
 * long a failover takes at worst, and who is served what now.
 *
 * Shape: counts first; then writers of text and JSON.
 * Owner: all is borrowed; objects are the caller's.
 * Threads: the probe thread.
 * Errors: none.
 * Source: DESIGN "Health"; steer/failover.h.
 */
#ifndef CONTROL_POOLROW_H
#define CONTROL_POOLROW_H

#include "base/buf.h"
#include "base/json.h"
#include "control/columns.h"
#include "steer/orders.h"
#include "steer/pool.h"
#include "steer/standing.h"

#define POOLROW_TITLES \
	"pool check >up >of >held >drained >unknown >refusing >hanging >ttl"

/* One line: what the titles say. */
void
poolrow_write(const struct pool *p, struct columns *out);

/* The same for programs, without who is served what. */
struct json *
poolrow_json(const struct pool *p);

/* All of it: groups, answers, overrides; lines for people, and into what poolrow_json()
 * made. At most `most` answers and overrides are shown in lines. */
void
poolrow_detail(const struct pool *p, const struct orders *orders, size_t most,
    struct buf *out, struct json *j);

#endif
