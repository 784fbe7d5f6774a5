/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/peer.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/mem.h"

#define DATABASE_ENTRY_MAX ((size_t)1 << 20)
#define GROUPS_MAX 65536 /* NGROUPS_MAX of Linux */

/*
 * The name of a user; false when the database has none. getpwuid_r() wants room for the
 * entry, and says ERANGE until it has enough.
 */
static bool
user_name(uid_t uid, char out[PEER_NAME_MAX])
{
	struct passwd entry, *found = NULL;
	bool known = false;
	char *room = NULL;
	int e = ERANGE;

	for (size_t size = 1024; e == ERANGE && size <= DATABASE_ENTRY_MAX; size *= 4) {
		room = mem_resize(room, size, 1);
		e = getpwuid_r(uid, &entry, room, size, &found);
	}
	if (e == 0 && found != NULL)
		known = (size_t)snprintf(out, PEER_NAME_MAX, "%s", found->pw_name) <
		        PEER_NAME_MAX;
	mem_free(room);
	return known;
}

static bool
group_id(const char *name, gid_t *out)
{
	struct group entry, *found = NULL;
	char *room = NULL;
	int e = ERANGE;

	for (size_t size = 1024; e == ERANGE && size <= DATABASE_ENTRY_MAX; size *= 4) {
		room = mem_resize(room, size, 1);
		e = getgrnam_r(name, &entry, room, size, &found);
	}
	if (e == 0 && found != NULL)
		*out = found->gr_gid;
	mem_free(room);
	return e == 0 && found != NULL;
}

void
peer_from_ids(uid_t uid, gid_t gid, struct peer *out)
{
	out->uid = uid;
	out->gid = gid;
	if (!user_name(uid, out->name))
		snprintf(out->name, sizeof(out->name), "uid %lu", (unsigned long)uid);
}

enum err
peer_of(int fd, struct peer *out)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		return ERR_IO;
	peer_from_ids(cred.uid, cred.gid, out);
	return OK;
}

static bool
is_listed(const struct peer *p, gid_t wanted)
{
	char name[PEER_NAME_MAX];
	gid_t *groups = NULL;
	int count = 64;
	bool found = false;

	if (!user_name(p->uid, name))
		return false;
	for (int room = count; room <= GROUPS_MAX; room *= 4) {
		groups = mem_resize(groups, (size_t)room, sizeof(*groups));
		count = room;
		if (getgrouplist(name, p->gid, groups, &count) >= 0)
			break;
		count = 0;
	}
	for (int i = 0; i < count && !found; i++)
		found = groups[i] == wanted;
	mem_free(groups);
	return found;
}

bool
peer_may_write(const struct peer *p, uid_t owner, const char *admin_group)
{
	gid_t wanted = (gid_t)-1;

	if (p->uid == 0 || p->uid == owner)
		return true;
	if (admin_group == NULL || !group_id(admin_group, &wanted))
		return false;
	return p->gid == wanted || is_listed(p, wanted);
}

bool
peer_group_exists(const char *group)
{
	gid_t ignored;

	return group_id(group, &ignored);
}
