/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <unistd.h>

#include "base/event.h"
#include "base/fetch.h"
#include "base/file.h"
#include "base/mem.h"
#include "config/names.h"
#include "config/parts.h"
#include "config/reader.h"

enum { HOOK_FILE_MAX = 16384, URL_MAX = 4096, HEADERS_MAX = 64 };

/* A URL may be a secret, so it is not quoted. */
static bool
check_url(struct reader *r, const struct tree_node *at, const char *key, const char *url)
{
	if (fetch_is_url(url) && strlen(url) <= URL_MAX)
		return true;
	reader_error(r, at,
	    "%s: expected a URL, as in \"https://hooks.example.com/...\", without blanks "
	    "and of at most 4096 characters",
	    key);
	return false;
}

void
hook_read_url(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	struct config_hook *h = base;
	const char *text = reader_text(r, value, key->name);

	if (text == NULL || !check_url(r, value, key->name, text))
		return;
	if (h->url == NULL)
		h->url = mem_str(text);
}

void
hook_read_url_file(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	struct config_hook *h = base;
	char *data = secret_read(r, key, value, HOOK_FILE_MAX), *start;
	size_t size;

	if (data == NULL)
		return;
	size = strlen(data);
	start = data + strspn(data, " \t\r\n");
	start[strcspn(start, " \t\r\n")] = '\0';
	if (check_url(r, value, key->name, start) && h->url == NULL)
		h->url = mem_str(start);
	explicit_bzero(data, size);
	mem_free(data);
}

/* RFC 9110 5.1: a token, and what is not to be taken for the end of the header. */
static bool
is_header(const char *line)
{
	size_t name = strcspn(line, ": \t");

	if (name == 0 || line[name] != ':')
		return false;
	for (const char *p = line; *p != '\0'; p++)
		if (((unsigned char)*p < 0x20 && *p != '\t') || *p == 0x7f)
			return false;
	return true;
}

void
hook_read_headers_file(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	struct config_hook *h = base;
	char *data = secret_read(r, key, value, HOOK_FILE_MAX), *save = NULL;
	size_t cap = 0, size;

	if (data == NULL)
		return;
	size = strlen(data);
	for (char *line = strtok_r(data, "\r\n", &save); line != NULL;
	     line = strtok_r(NULL, "\r\n", &save)) {
		if (!is_header(line) || h->secret_header_count == HEADERS_MAX) {
			reader_value_error(r, value, key->name,
			    "expected lines \"Name: value\" in the file, 64 at most");
			break;
		}
		h->secret_headers = mem_grow(h->secret_headers, h->secret_header_count,
		    &cap, sizeof(h->secret_headers[0]));
		h->secret_headers[h->secret_header_count++] = mem_str(line);
	}
	explicit_bzero(data, size);
	mem_free(data);
}

static uint32_t
find_kind(const char *text)
{
	for (unsigned k = 0; k < EVENT_KINDS; k++)
		if (strcmp(event_kind_text((enum event_kind)k), text) == 0)
			return (uint32_t)1 << k;
	return strcmp(text, "all") == 0 ? ((uint32_t)1 << EVENT_KINDS) - 1 : 0;
}

void
hook_read_on(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	struct config_hook *h = base;
	size_t count = reader_list_count(r, value, key->name);

	for (size_t i = 0; i < count; i++) {
		const struct tree_node *n = tree_at(value, i);
		const char *text = reader_text(r, n, key->name);
		uint32_t kind = text != NULL ? find_kind(text) : 0;

		if (text != NULL && kind == 0)
			reader_value_error(r, n, key->name,
			    "expected \"target\", \"pool\", \"region\", \"prober\", "
			    "\"certificate\", \"fleet\", \"store\", \"guard\", "
			    "\"reload\", \"geo\", \"state\" or \"all\"");
		h->kinds |= kind;
	}
}

static void
check_exec(struct reader *r, const struct tree_node *map, const struct config_hook *h)
{
	static const char *const url_only[] = {
	    "form", "headers", "headers_file", "ca_file", "proxy"};
	const struct tree_node *at = tree_find(map, "exec");

	for (size_t k = 0; k < sizeof(url_only) / sizeof(url_only[0]); k++) {
		size_t i = tree_find_index(map, url_only[k]);

		if (i != SIZE_MAX)
			reader_error(r, map->keys[i], "%s is only for url", url_only[k]);
	}
	if (h->exec_count == 0 || h->exec[0] == NULL)
		return;
	if (h->exec[0][0] != '/')
		reader_value_error(
		    r, tree_at(at, 0), "exec", "expected an absolute path");
	else if (access(h->exec[0], X_OK) != 0)
		reader_warning(r, at, "exec: \"%s\" can not be run now", h->exec[0]);
}

void
hook_finish(struct reader *r, const struct tree_node *map, void *base)
{
	const struct config_hook *h = base;
	int ways = 0;

	if (map == NULL)
		return;
	ways += tree_find(map, "url") != NULL;
	ways += tree_find(map, "url_file") != NULL;
	ways += tree_find(map, "exec") != NULL;
	if (ways != 1)
		reader_error(r, map, "a hook needs one of url, url_file and exec");
	else if (tree_find(map, "exec") != NULL)
		check_exec(r, map, h);
	for (size_t i = 0; i < h->header_count; i++)
		if (h->headers[i] != NULL && !is_header(h->headers[i]))
			reader_value_error(r, tree_at(tree_find(map, "headers"), i),
			    "headers", "expected \"Name: value\"");
}

void
alerts_finish(struct reader *r, const struct tree_node *map, void *base)
{
	const struct config_alerts *a = base;
	const struct tree_node *list = tree_find(map, "hooks");
	struct names names = {0};

	if (map == NULL)
		return;
	if (a->hook_count > CONFIG_HOOKS_MAX)
		reader_error(r, list, "hooks: expected at most 16");
	for (size_t i = 0; i < a->hook_count; i++) {
		const struct tree_node *hook = tree_at(list, i);
		const struct tree_node *at = tree_find(hook, "name");

		if (a->hooks[i].name != NULL)
			names_add(&names, a->hooks[i].name, at != NULL ? at : hook);
	}
	names_sort(&names, r, "hook");
	names_fini(&names);
}
