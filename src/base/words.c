/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/words.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

/* A place in a line, and where the octets of its words go. */
struct reader {
	const char *line;
	size_t len;
	size_t at;
	char *to;
	const char *why;
};

void
words_fini(struct words *w)
{
	mem_free(w->list);
	mem_free(w->store);
	*w = (struct words){0};
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Behind a backslash in quotes. */
static bool
read_escape(struct reader *r)
{
	char c = r->at < r->len ? r->line[r->at] : '\0';

	if (c == 'n')
		*r->to++ = '\n';
	else if (c == '"' || c == '\\')
		*r->to++ = c;
	else {
		r->at--;
		r->why = "in quotes \\ stands only before \", \\ and n";
		return false;
	}
	r->at++;
	return true;
}

/* From behind the opening quote to behind the closing one. */
static bool
read_quoted(struct reader *r)
{
	size_t open = r->at - 1;

	while (r->at < r->len) {
		char c = r->line[r->at++];

		if (c == '"')
			return true;
		if (c != '\\')
			*r->to++ = c;
		else if (!read_escape(r))
			return false;
	}
	r->at = open;
	r->why = "this quote is not closed";
	return false;
}

static bool
read_word(struct reader *r)
{
	while (r->at < r->len && !is_blank(r->line[r->at])) {
		char c = r->line[r->at];

		r->at++;
		if (c != '"')
			*r->to++ = c;
		else if (!read_quoted(r))
			return false;
	}
	*r->to++ = '\0';
	return true;
}

enum err
words_parse(
    const char *line, size_t len, struct words *w, size_t *column, const char **why)
{
	/* a word takes no more room than its text and the blank behind it */
	struct words found = {.store = mem_array(len + 1, 1)};
	struct reader r = {.line = line, .len = len, .to = found.store};
	const char *nul = memchr(line, '\0', len);

	if (nul != NULL) {
		*column = (size_t)(nul - line) + 1;
		*why = "NUL octet";
		words_fini(&found);
		return ERR_SYNTAX;
	}
	for (;;) {
		char *word = r.to;

		while (r.at < len && is_blank(line[r.at]))
			r.at++;
		if (r.at < len && !read_word(&r)) {
			*column = r.at + 1;
			*why = r.why;
			words_fini(&found);
			return ERR_SYNTAX;
		}
		found.list =
		    mem_grow(found.list, found.count, &found.cap, sizeof(*found.list));
		if (r.to == word)
			break;
		found.list[found.count++] = word;
	}
	found.list[found.count] = NULL;
	*w = found;
	return OK;
}

void
words_write(struct buf *out, const char *word)
{
	if (word[0] != '\0' && strpbrk(word, " \t\r\n\"") == NULL) {
		buf_str(out, word);
		return;
	}
	buf_char(out, '"');
	for (; *word != '\0'; word++) {
		if (*word == '\n') {
			buf_str(out, "\\n");
			continue;
		}
		if (*word == '"' || *word == '\\')
			buf_char(out, '\\');
		buf_char(out, *word);
	}
	buf_char(out, '"');
}
