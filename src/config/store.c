/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "config/parts.h"
#include "config/reader.h"
#include "config/value.h"

enum { PASSWORD_MAX = 4096, REDIS_PORT = 6379, SENTINEL_PORT = 26379 };
/* sun_path of unix(7), with a NUL behind it. */
enum { UNIX_PATH_MAX = 107 };

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
		if (s->unix_path != NULL && strlen(s->unix_path) > UNIX_PATH_MAX)
			reader_value_error(r, value, key->name,
			    "a path of more than 107 octets can not be a socket's");
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
	static const char *const redis_only[] = {"address", "user", "password_file",
	    "database", "fresh_for", "stale_ttl", "writer", "sentinels", "master",
	    "sentinel_login", "tls", "sync", "poll_interval", "rescan_interval",
	    "max_stale"};
	size_t i, k;

	for (k = 0; k < sizeof(redis_only) / sizeof(redis_only[0]); k++) {
		i = tree_find_index(map, redis_only[k]);
		if (i != SIZE_MAX)
			reader_error(r, map->keys[i], "%s is only for \"kind: redis\"",
			    redis_only[k]);
	}
}

void
store_read_sentinels(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	struct config_store *s = base;

	s->sentinel_count = reader_list_count(r, value, key->name);
	s->sentinels = mem_array(s->sentinel_count, sizeof(s->sentinels[0]));
	for (size_t i = 0; i < s->sentinel_count; i++) {
		const struct tree_node *n = tree_at(value, i);
		const char *text = reader_text(r, n, key->name);
		struct buf why = {0};

		if (text != NULL &&
		    value_ip_port(text, SENTINEL_PORT, &s->sentinels[i], &why) != OK)
			reader_value_error(r, n, key->name, buf_text(&why));
		buf_fini(&why);
	}
}

void
store_finish_login(struct reader *r, const struct tree_node *map, void *base)
{
	struct config_login *l = base;

	(void)r;
	l->is_set = map != NULL;
}

void
store_finish_tls(struct reader *r, const struct tree_node *map, void *base)
{
	const struct config_tls *t = base;

	if (map == NULL)
		return;
	if ((t->cert_file == NULL) != (t->key_file == NULL))
		reader_error(r, map, "cert_file and key_file need each other");
	if (!t->enabled && map->count > 0 && tree_find(map, "enabled") == NULL)
		reader_warning(r, map, "tls has no effect without \"enabled: on\"");
}

/* Where Redis is: one way of saying it. */
static void
check_where(struct reader *r, const struct tree_node *map, const struct config_store *s)
{
	const struct tree_node *address = tree_find(map, "address");
	const struct tree_node *sentinels = tree_find(map, "sentinels");
	const struct tree_node *master = tree_find(map, "master");

	if (address == NULL && sentinels == NULL)
		reader_error(r, map,
		    "\"address\" or \"sentinels\" is missing in store: redis needs one");
	if (address != NULL && sentinels != NULL)
		reader_error(r, sentinels, "either address or sentinels, not both");
	if (sentinels != NULL && master == NULL)
		reader_error(r, sentinels, "sentinels need \"master\"");
	if (sentinels == NULL && master != NULL)
		reader_error(r, master, "master is for sentinels");
	if (s->unix_path != NULL && s->tls.enabled)
		reader_error(
		    r, tree_find(map, "tls"), "there is no TLS over a unix socket");
}

/* Each way of following has an interval of its own. */
static void
check_sync(struct reader *r, const struct tree_node *map, const struct config_store *s)
{
	const char *other = s->poll ? "rescan_interval" : "poll_interval";
	size_t i = tree_find_index(map, other);

	if (i != SIZE_MAX)
		reader_error(r, map->keys[i], "%s is only for \"sync: %s\"", other,
		    s->poll ? "track" : "poll");
}

void
store_finish(struct reader *r, const struct tree_node *map, void *base)
{
	struct config_store *s = base;

	if (map == NULL)
		return;
	if (s->kind == STORE_EMBEDDED) {
		check_embedded(r, map);
	} else {
		check_where(r, map, s);
		check_sync(r, map, s);
	}
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
same_login(const struct config_login *a, const struct config_login *b)
{
	return same_text(a->user, b->user) && same_text(a->password, b->password);
}

static bool
same_tls(const struct config_tls *a, const struct config_tls *b)
{
	return a->enabled == b->enabled && same_text(a->name, b->name) &&
	       same_text(a->ca_file, b->ca_file) &&
	       same_text(a->cert_file, b->cert_file) &&
	       same_text(a->key_file, b->key_file);
}

static bool
same_port(const struct ip_port *a, const struct ip_port *b)
{
	return ip_equal(&a->ip, &b->ip) && a->port == b->port;
}

bool
config_store_is_same(const struct config_store *a, const struct config_store *b)
{
	if (a->sentinel_count != b->sentinel_count)
		return false;
	for (size_t i = 0; i < a->sentinel_count; i++)
		if (!same_port(&a->sentinels[i], &b->sentinels[i]))
			return false;
	return same_port(&a->address, &b->address) &&
	       same_text(a->unix_path, b->unix_path) && same_text(a->master, b->master) &&
	       same_login(&a->login, &b->login) &&
	       same_login(&a->sentinel_login, &b->sentinel_login) &&
	       same_tls(&a->tls, &b->tls) && a->database == b->database &&
	       a->poll == b->poll;
}
