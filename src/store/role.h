/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a server says that it is: ROLE.
 *
 * Shape: a replica is a source as good as its master while its link to it is up.
 * Owner: plain data.
 * Threads: any; pure.
 * Errors: ERR_SYNTAX when the answer is not one of ROLE's.
 * Source: Redis ROLE.
 */
#ifndef STORE_ROLE_H
#define STORE_ROLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "store/redis.h"

enum role_kind { ROLE_UNKNOWN, ROLE_MASTER, ROLE_REPLICA, ROLE_SENTINEL };

struct role {
	enum role_kind kind;
	bool
	    is_current; /* what it has is what there is: a master, or a replica in step */
	char text[96]; /* for people, such as "replica of 192.0.2.1@6379" */
};

MUST_CHECK enum err
role_read(const struct redis_reply *reply, struct role *out);

/* It would not say. */
void
role_unknown(struct role *out);

#endif
