/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/role.h"

#include <stdio.h>
#include <string.h>

void
role_unknown(struct role *out)
{
	memset(out, 0, sizeof(*out));
	out->is_current = true;
	snprintf(out->text, sizeof(out->text), "of unknown role");
}

static enum err
read_replica(const struct redis_reply *reply, struct role *out)
{
	const char *state;

	if (reply->count < 4 || reply->list[1]->kind != REDIS_TEXT ||
	    reply->list[2]->kind != REDIS_INTEGER || reply->list[3]->kind != REDIS_TEXT)
		return ERR_SYNTAX;
	state = reply->list[3]->text;
	out->kind = ROLE_REPLICA;
	out->is_current = strcmp(state, "connected") == 0;
	snprintf(out->text, sizeof(out->text), "replica of %.50s@%lld%s",
	    reply->list[1]->text, (long long)reply->list[2]->integer,
	    out->is_current              ? ""
	    : strcmp(state, "sync") == 0 ? ", still being filled from it"
	                                 : ", out of touch with it");
	return OK;
}

enum err
role_read(const struct redis_reply *reply, struct role *out)
{
	const char *word;

	if (reply->kind != REDIS_ARRAY || reply->count == 0 ||
	    reply->list[0]->kind != REDIS_TEXT)
		return ERR_SYNTAX;
	word = reply->list[0]->text;
	memset(out, 0, sizeof(*out));
	if (strcmp(word, "slave") == 0)
		return read_replica(reply, out);
	if (strcmp(word, "master") == 0) {
		out->kind = ROLE_MASTER;
		out->is_current = true;
	} else if (strcmp(word, "sentinel") == 0) {
		out->kind = ROLE_SENTINEL;
	} else {
		return ERR_SYNTAX;
	}
	snprintf(out->text, sizeof(out->text), "%s", word);
	return OK;
}
