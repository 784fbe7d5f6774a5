/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/restart.h"

#include <string.h>

static bool
same_listen(const struct config_server *a, const struct config_server *b)
{
	bool same = a->listen_count == b->listen_count;

	for (size_t i = 0; same && i < a->listen_count; i++)
		same = a->listen[i].port == b->listen[i].port &&
		       ip_equal(&a->listen[i].ip, &b->listen[i].ip);
	return same;
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool
restart_keys(const struct config_server *was, const struct config_server *is,
    struct buf *out, struct json *list)
{
	const struct {
		const char *key;
		bool same;
	} keys[] = {
	    {"listen", same_listen(was, is)},
	    {"workers", was->workers == is->workers},
	    {"tcp_workers", was->tcp_workers == is->tcp_workers},
	    {"state_dir", same_text(was->state_dir, is->state_dir)},
	    {"control", same_text(was->control, is->control)},
	    {"admin_group", same_text(was->admin_group, is->admin_group)},
	};
	bool any = false;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (keys[i].same)
			continue;
		buf_printf(out, "%s%s", any ? ", " : "", keys[i].key);
		if (list != NULL)
			json_push_str(list, keys[i].key);
		any = true;
	}
	return any;
}
