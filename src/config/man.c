/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "config/config.h"
#include "config/schema.h"

enum { LINE_MAX_LEN = 78 };

static const char *
shape_of(enum schema_type type)
{
	static const char *const shapes[] = {
	    [SCHEMA_BOOL] = "on | off",
	    [SCHEMA_NUMBER] = "number",
	    [SCHEMA_PORT] = "port",
	    [SCHEMA_DURATION] = "duration",
	    [SCHEMA_TTL] = "seconds",
	    [SCHEMA_TEXT] = "text",
	    [SCHEMA_IDENT] = "name",
	    [SCHEMA_PATH] = "file",
	    [SCHEMA_DOMAIN] = "domain",
	    [SCHEMA_TEXTS] = "list of texts",
	    [SCHEMA_DOMAINS] = "list of domains",
	    [SCHEMA_LISTENERS] = "list of address@port",
	    [SCHEMA_ADDRESSES] = "list of addresses",
	    [SCHEMA_PREFIXES] = "list of prefixes",
	    [SCHEMA_MAP] = "map",
	    [SCHEMA_MAPS] = "list of maps",
	};

	return shapes[type];
}

static void
write_shape(const struct schema_key *k, struct buf *out)
{
	size_t i;

	if (k->shape != NULL) {
		buf_str(out, k->shape);
	} else if (k->words != NULL) {
		for (i = 0; k->words[i] != NULL; i++)
			buf_printf(out, "%s%s", i == 0 ? "" : " | ", k->words[i]);
	} else {
		buf_str(out, shape_of(k->type));
	}
}

static void
write_range(const struct schema_key *k, struct buf *out)
{
	if (k->type == SCHEMA_NUMBER)
		buf_printf(out, "From %" PRId64 " to %" PRId64 ".\n", k->min, k->max);
	else if (k->type == SCHEMA_DURATION && k->max == CONFIG_FOREVER)
		buf_printf(out, "At least %" PRId64 "ms.\n", k->min);
	else if (k->type == SCHEMA_DURATION)
		buf_printf(
		    out, "From %" PRId64 "ms to %" PRId64 "s.\n", k->min, k->max / 1000);
}

/*
 * Words in lines of at most LINE_MAX_LEN, a new one for each sentence, as mdoc wants it;
 * a line that began with a dot or a quote would be a request.
 */
static void
write_words(const char *text, struct buf *out)
{
	size_t column = 0, len;
	bool sentence = false;

	for (; *text != '\0'; text += len + strspn(text + len, " ")) {
		len = strcspn(text, " ");
		if (column != 0) {
			sentence = sentence && *text >= 'A' && *text <= 'Z';
			if (sentence || column + 1 + len > LINE_MAX_LEN)
				column = 0;
			buf_char(out, column == 0 ? '\n' : ' ');
		}
		if (column == 0 && (*text == '.' || *text == '\''))
			buf_str(out, "\\&");
		buf_add(out, text, len);
		column += len + 1;
		sentence = text[len - 1] == '.';
	}
	buf_char(out, '\n');
}

static void
write_key(const struct schema_key *k, struct buf *out)
{
	const char *dflt = k->dflt_text != NULL ? k->dflt_text : k->dflt;

	buf_printf(out, ".It Cm %s : ", k->name);
	write_shape(k, out);
	buf_char(out, '\n');
	write_words(k->help, out);
	if (k->flags & SCHEMA_LATER) {
		buf_str(out, "Not supported by this version yet: it is refused.\n");
		return;
	}
	write_range(k, out);
	if (k->flags & SCHEMA_REQUIRED)
		buf_str(out, "Required.\n");
	else if (dflt != NULL)
		buf_printf(out, "Default: %s.\n", dflt);
}

void
config_schema_write_man(struct buf *out)
{
	const struct schema_key *k;
	size_t i;

	for (i = 0; schema_maps[i] != NULL; i++) {
		buf_printf(out, ".Ss %s\n", schema_maps[i]->title);
		write_words(schema_maps[i]->help, out);
		buf_str(out, ".Bl -tag -width Ds\n");
		for (k = schema_maps[i]->keys; k->name != NULL; k++)
			write_key(k, out);
		buf_str(out, ".El\n");
	}
}
