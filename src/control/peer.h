/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is at the other end of a unix socket, and what it may do.
 *
 * Shape: the credentials that the kernel noted at connect(2), and a name for people.
 * Owner: values.
 * Threads: any. The user database is asked (NSS), so this may wait for a directory
 * server: once per connection, never per request.
 * Errors: ERR_IO when the kernel does not tell.
 * Source: unix(7) SO_PEERCRED; getgrouplist(3).
 */
#ifndef CONTROL_PEER_H
#define CONTROL_PEER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

#define PEER_NAME_MAX 64

struct peer {
	uid_t uid;
	gid_t gid;
	char name[PEER_NAME_MAX]; /* "alice", or "uid 1004" */
};

MUST_CHECK enum err
peer_of(int fd, struct peer *out);

/* The same from known numbers. */
void
peer_from_ids(uid_t uid, gid_t gid, struct peer *out);

/*
 * Root, the owner of the socket, and members of admin_group (NULL: nobody more) may
 * change things: the group is their primary one, or the user database lists them in it.
 */
bool
peer_may_write(const struct peer *p, uid_t owner, const char *admin_group);

bool
peer_group_exists(const char *group);

#endif
