/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "config/parts.h"
#include "config/reader.h"
#include "config/value.h"

static void
read_files(struct reader *r, const struct schema_key *key, const struct tree_node *value,
    char ***files, struct config_where **wheres, size_t *count)
{
	const char *text;
	size_t i;

	*count = reader_list_count(r, value, key->name);
	*files = mem_array(*count, sizeof((*files)[0]));
	*wheres = mem_array(*count, sizeof((*wheres)[0]));
	for (i = 0; i < *count; i++) {
		const struct tree_node *n = tree_at(value, i);

		text = reader_text(r, n, key->name);
		reader_where(n, &(*wheres)[i]);
		(*files)[i] = text != NULL ? file_beside(n->file, text) : mem_str("");
	}
}

void
geo_read_databases(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	struct config_geo *g = base;

	read_files(r, key, value, &g->databases, &g->database_wheres, &g->database_count);
}

void
geo_read_prefix_files(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	struct config_geo *g = base;

	read_files(r, key, value, &g->prefix_files, &g->prefix_file_wheres,
	    &g->prefix_file_count);
}

void
geo_read_test_address(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	struct config_geo_test *t = base;
	const char *text = reader_text(r, value, key->name);
	struct buf why = {0};

	if (text != NULL && value_ip(text, &t->address, &why) != OK)
		reader_value_error(r, value, key->name, buf_text(&why));
	buf_fini(&why);
}

void
geo_finish_test(struct reader *r, const struct tree_node *map, void *base)
{
	const struct config_geo_test *t = base;

	if (t->country == NULL && t->region == NULL)
		reader_error(r, map, "a test needs \"country\" or \"region\"");
	if (t->country != NULL && (!isupper((unsigned char)t->country[0]) ||
	                              !isupper((unsigned char)t->country[1])))
		reader_value_error(r, tree_find(map, "country"), "country",
		    "expected two capital letters, as in NO");
}

static bool
is_url(const char *text)
{
	return strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0;
}

static void
check_url(struct reader *r, const struct tree_node *map, const char *key, const char *url,
    const struct config_geo_update *u)
{
	if (url == NULL)
		return;
	if (!is_url(url))
		reader_value_error(
		    r, tree_find(map, key), key, "expected https://... or http://...");
	else if (strstr(url, "{key}") != NULL && u->licence_key_file == NULL)
		reader_value_error(
		    r, tree_find(map, key), key, "{key} needs a \"licence_key_file\"");
}

void
geo_finish_update(struct reader *r, const struct tree_node *map, void *base)
{
	const struct config_geo_update *u = base;

	check_url(r, map, "url", u->url, u);
	check_url(r, map, "sha256_url", u->sha256_url, u);
	if (u->sha256 != NULL &&
	    strspn(u->sha256, "0123456789abcdefABCDEF") != strlen(u->sha256))
		reader_value_error(r, tree_find(map, "sha256"), "sha256",
		    "expected 64 hexadecimal digits");
	if (u->sha256 != NULL && u->sha256_url != NULL)
		reader_error(r, tree_find(map, "sha256"),
		    "\"sha256\" and \"sha256_url\" exclude each other");
	if (u->account != NULL && u->licence_key_file == NULL)
		reader_error(r, tree_find(map, "account"),
		    "\"account\" needs a \"licence_key_file\"");
	if (u->licence_key_file != NULL && access(u->licence_key_file, R_OK) != 0)
		reader_value_error(r, tree_find(map, "licence_key_file"),
		    "licence_key_file", "the file can not be read");
}
