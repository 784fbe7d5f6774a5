/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/line.h"

#include <string.h>

void
line_fini(struct line *l)
{
	words_fini(&l->words);
	*l = (struct line){0};
}

bool
line_wants_json(const char *text, size_t len)
{
	size_t at = 0;

	while (at < len && (text[at] == ' ' || text[at] == '\t'))
		at++;
	if (len - at < 4 || memcmp(text + at, "json", 4) != 0)
		return false;
	return len - at == 4 || strchr(" \t\r\n", text[at + 4]) != NULL;
}

enum err
line_parse(const char *text, size_t len, struct line *l, struct buf *why)
{
	struct words words = {0};
	const char *reason;
	size_t column;
	bool json;

	if (len != 0 && text[len - 1] == '\r')
		len--;
	json = line_wants_json(text, len);
	*l = (struct line){.json = json};
	if (len > LINE_MAX_LEN) {
		buf_printf(why, "column %zu: the line is longer than %zu octets",
		    LINE_MAX_LEN + 1, LINE_MAX_LEN);
		return ERR_SYNTAX;
	}
	if (words_parse(text, len, &words, &column, &reason) != OK) {
		buf_printf(why, "column %zu: %s", column, reason);
		return ERR_SYNTAX;
	}
	json = words.count != 0 && strcmp(words.list[0], "json") == 0;
	if (words.count == (json ? 1 : 0)) {
		buf_printf(why, "column %zu: no verb here; `help` lists them", len + 1);
		words_fini(&words);
		return ERR_SYNTAX;
	}
	l->json = json;
	l->argc = (int)words.count - json;
	l->argv = words.list + json;
	l->words = words;
	return OK;
}
