/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "config/parts.h"
#include "config/reader.h"
#include "config/value.h"

enum { PASSWORD_MAX = 4096, REDIS_PORT = 6379 };

void
store_read_address(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	struct config_store *s = base;
	const char *text = reader_text(r, value, key->name);
	struct buf why = {0};

	if (text == NULL)
		return;
	if (strncmp(text, "unix:", 5) == 0) {
		if (text[5] == '\0')
			reader_value_error(
			    r, value, key->name, "expected a path, as in \"unix:/path\"");
		else
			s->unix_path = file_beside(value->file, text + 5);
		return;
	}
	if (value_ip_port(text, REDIS_PORT, &s->address, &why) != OK) {
		buf_str(&why, ", or \"unix:/path\"; names are not looked up");
		reader_value_error(r, value, key->name, buf_text(&why));
	}
	buf_fini(&why);
}

void
store_read_password(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	const char *text = reader_text(r, value, key->name);
	char **out = (char **)((char *)base + key->offset);
	char *path, *data = NULL;
	struct buf why = {0};
	size_t len = 0;

	if (text == NULL)
		return;
	path = file_beside(value->file, text);
	if (file_read(path, PASSWORD_MAX, &data, &len, &why) != OK) {
		reader_value_error(r, value, key->name, buf_text(&why));
	} else {
		if (len > 0 && data[len - 1] == '\n')
			data[--len] = '\0';
		if (len > 0 && data[len - 1] == '\r')
			data[--len] = '\0';
		if (len == 0)
			reader_value_error(r, value, key->name, "the file is empty");
		else if (strlen(data) != len)
			reader_value_error(
			    r, value, key->name, "the file holds the character NUL");
		else
			*out = mem_str(data);
	}
	mem_free(data);
	mem_free(path);
	buf_fini(&why);
}

/* Keys that would have no effect on an embedded store. */
static void
check_embedded(struct reader *r, const struct tree_node *map)
{
	static const char *const redis_only[] = {
	    "address", "user", "password_file", "database", "fresh_for", "stale_ttl"};
	size_t i, k;

	for (k = 0; k < sizeof(redis_only) / sizeof(redis_only[0]); k++) {
		i = tree_find_index(map, redis_only[k]);
		if (i != SIZE_MAX)
			reader_error(r, map->keys[i], "%s is only for \"kind: redis\"",
			    redis_only[k]);
	}
}

void
store_finish(struct reader *r, const struct tree_node *map, void *base)
{
	struct config_store *s = base;

	if (map == NULL)
		return;
	if (s->kind == STORE_EMBEDDED)
		check_embedded(r, map);
	else if (tree_find(map, "address") == NULL)
		reader_error(r, map, "\"address\" is missing in store: redis needs one");
}
