/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "config/parts.h"
#include "config/reader.h"
#include "config/value.h"

void
check_read_status(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	struct config_check *c = base;
	size_t count = reader_list_count(r, value, key->name), i;
	struct buf why = {0};
	const char *text;

	c->status = mem_array(count, sizeof(c->status[0]));
	c->status_count = count;
	for (i = 0; i < count; i++) {
		const struct tree_node *n = tree_at(value, i);

		text = reader_text(r, n, key->name);
		buf_clear(&why);
		if (text != NULL && value_status(text, &c->status[i], &why) != OK)
			reader_value_error(r, n, key->name, buf_text(&why));
	}
	buf_fini(&why);
}

/* RFC 9110 section 5.6.2: what a field name may be made of. */
static bool
is_header(const char *text)
{
	size_t len = strspn(text, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
	                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return len > 0 && text[len] == ':';
}

static void
check_headers(
    struct reader *r, const struct tree_node *list, const struct config_check *c)
{
	size_t i;

	for (i = 0; i < c->header_count; i++) {
		const char *text = c->headers[i];
		const struct tree_node *n = tree_at(list, i);

		if (text == NULL)
			continue;
		if (!is_header(text))
			reader_value_error(r, n, "headers", "expected \"Name: value\"");
		else if (strncasecmp(text, "host:", 5) == 0)
			reader_value_error(
			    r, n, "headers", "the key \"host\" is for this one");
	}
}

void
check_finish_http(struct reader *r, const struct tree_node *map, void *base)
{
	static const char *const tls_only[] = {
	    "verify", "ca_file", "certificate_warning"};
	struct config_check *c = base;
	const struct tree_node *path = tree_find(map, "path");
	const struct tree_node *host = tree_find(map, "host");
	size_t i, k;

	if (map == NULL)
		return;
	if (path != NULL && c->path != NULL &&
	    (c->path[0] != '/' || strchr(c->path, ' ')))
		reader_value_error(r, path, "path",
		    "expected a path without blanks that begins with \"/\"");
	if (host != NULL && c->host != NULL && strpbrk(c->host, " /@") != NULL)
		reader_value_error(r, host, "host", "expected a host name");
	check_headers(r, tree_find(map, "headers"), c);
	for (k = 0; !c->tls && k < sizeof(tls_only) / sizeof(tls_only[0]); k++) {
		i = tree_find_index(map, tls_only[k]);
		if (i != SIZE_MAX)
			reader_error(
			    r, map->keys[i], "%s is only for \"tls: on\"", tls_only[k]);
	}
	if (!c->verify && c->ca_file != NULL)
		reader_error(r, tree_find(map, "ca_file"),
		    "ca_file is not used with \"verify: off\"");
}

void
check_finish(struct reader *r, const struct tree_node *map, void *base)
{
	struct config_check *c = base;
	bool http = tree_find(map, "http") != NULL, tcp = tree_find(map, "tcp") != NULL;
	const struct tree_node *at;

	c->kind = tcp ? CHECK_TCP : CHECK_HTTP;
	if (http == tcp)
		reader_error(r, map, "a check needs either \"http\" or \"tcp\"");
	else if (tcp && tree_is_empty(tree_find(map, "tcp")))
		reader_error(
		    r, tree_find(map, "tcp"), "\"port\" is missing in checks[].tcp");
	if (http && c->port == 0)
		c->port = c->tls ? 443 : 80;
	if (c->interval_ms != 0 && c->timeout_ms > c->interval_ms) {
		at = tree_find(map, "timeout");
		reader_warning(r, at != NULL ? at : map,
		    "timeout %" PRId64 "ms is longer than interval %" PRId64 "ms",
		    c->timeout_ms, c->interval_ms);
	}
}
