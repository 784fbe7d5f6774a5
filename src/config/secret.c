/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/encoding.h"
#include "base/file.h"
#include "base/mem.h"
#include "config/parts.h"
#include "config/reader.h"

enum { SECRET_FILE_MAX = 4096, SECRET_MIN = 8 };

char *
secret_read(struct reader *r, const struct schema_key *key, const struct tree_node *value,
    size_t max)
{
	const char *text = reader_text(r, value, key->name);
	char *path, *data = NULL;
	struct buf why = {0};
	size_t len;

	if (text == NULL)
		return NULL;
	path = file_beside(value->file, text);
	if (file_read(path, max, &data, &len, &why) != OK) {
		reader_value_error(r, value, key->name, buf_text(&why));
		data = NULL;
	} else if (strlen(data) != len) {
		reader_value_error(
		    r, value, key->name, "the file holds the character NUL");
		mem_free(data);
		data = NULL;
	}
	mem_free(path);
	buf_fini(&why);
	return data;
}

void
cookies_read_secrets(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	struct config_cookies *c = base;
	char *data = secret_read(r, key, value, SECRET_FILE_MAX), *save = NULL, *word;
	struct buf why = {0};
	size_t len, size;

	if (data == NULL)
		return;
	/* before it is cut into words, for what has to be wiped at the end */
	size = strlen(data);
	for (word = strtok_r(data, " \t\r\n", &save); word != NULL;
	     word = strtok_r(NULL, " \t\r\n", &save)) {
		if (c->secret_count == COOKIE_SECRETS_MAX) {
			reader_value_error(
			    r, value, key->name, "the file holds more than 4 secrets");
			break;
		}
		if (encoding_hex_parse(word, strlen(word), c->secrets[c->secret_count],
		        COOKIE_SECRET_LEN, &len) != OK ||
		    len != COOKIE_SECRET_LEN) {
			buf_printf(&why,
			    "secret %zu in the file: expected 32 hexadecimal digits",
			    c->secret_count + 1);
			reader_value_error(r, value, key->name, buf_text(&why));
			break;
		}
		c->secret_count++;
	}
	if (c->secret_count == 0 && word == NULL)
		reader_value_error(r, value, key->name, "the file is empty");
	buf_fini(&why);
	explicit_bzero(data, size);
	mem_free(data);
}

void
cookies_finish(struct reader *r, const struct tree_node *map, void *base)
{
	const struct config_cookies *c = base;

	if (map != NULL && c->required && !c->enabled)
		reader_warning(r, map, "cookies are off, so none are required");
}

void
key_read_secret(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	struct tsig_key *k = &((struct config_key *)base)->tsig;
	char *data = secret_read(r, key, value, SECRET_FILE_MAX);
	char *start, *end;

	if (data == NULL)
		return;
	start = data + strspn(data, " \t\r\n");
	for (end = start + strlen(start); end != start; end--)
		if (strchr(" \t\r\n", end[-1]) == NULL)
			break;
	if (encoding_base64_parse(start, (size_t)(end - start), k->secret,
	        TSIG_SECRET_MAX, &k->secret_len) != OK)
		reader_value_error(r, value, key->name,
		    "expected one secret in base64, of at most 512 octets, in the file");
	else if (k->secret_len < SECRET_MIN)
		reader_value_error(
		    r, value, key->name, "the secret is shorter than 8 octets");
	explicit_bzero(data, strlen(data));
	mem_free(data);
}

void
key_finish(struct reader *r, const struct tree_node *map, void *base)
{
	struct tsig_key *k = &((struct config_key *)base)->tsig;

	(void)r;
	(void)map;
	name_lower(k->name.bytes, k->name.bytes, k->name.len);
}
