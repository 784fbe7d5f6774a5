/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/lexer.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "zone/word.h"

void
lexer_init(struct lexer *l, const char *text, size_t len)
{
	memset(l, 0, sizeof(*l));
	l->at = text;
	l->end = text + len;
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		l->at += 3; /* a byte order mark, which some editors put */
	l->line_start = l->at;
	l->line = 1;
}

void
lexer_fini(struct lexer *l)
{
	mem_free(l->words);
	l->words = NULL;
	l->words_cap = 0;
}

static uint32_t
column_of(const struct lexer *l, const char *p)
{
	return (uint32_t)(p - l->line_start) + 1;
}

static enum err
fault(struct lexer *l, uint32_t line, uint32_t column, const char *text)
{
	l->error_line = line;
	l->error_column = column;
	l->error = text;
	return ERR_SYNTAX;
}

static enum err
fault_here(struct lexer *l, const char *at, const char *text)
{
	return fault(l, l->line, column_of(l, at), text);
}

static void
skip_line(struct lexer *l)
{
	const char *p = memchr(l->at, '\n', (size_t)(l->end - l->at));

	l->at = p == NULL ? l->end : p;
}

static void
next_line(struct lexer *l)
{
	l->at++;
	l->line++;
	l->line_start = l->at;
}

/* One escaped character, from the backslash on; NULL when there is none. */
static const char *
skip_escape(const struct lexer *l, const char *p)
{
	p++;
	if (p == l->end || *p == '\n' || *p == '\r' || *p == '\0')
		return NULL;
	return p + 1;
}

/* From the opening quote to behind the closing one. */
static enum err
scan_quoted(struct lexer *l, const char **at)
{
	const char *p = *at + 1;

	for (; p < l->end && *p != '"'; p++) {
		if (*p == '\n' || *p == '\0')
			break;
		if (*p == '\\') {
			p = skip_escape(l, p);
			if (p == NULL)
				break;
			p--;
		}
	}
	if (p == NULL || p >= l->end || *p != '"')
		return fault_here(l, *at, "no closing quote on this line");
	*at = p + 1;
	return OK;
}

/* On to the end of a word, over quotes and escapes; *at is at the first of them. */
static enum err
scan_marked(struct lexer *l, const char *start, const char **at)
{
	const char *p = *at;
	bool whole = *start == '"';

	while (p < l->end && !(whole && p != start)) {
		if (!word_special[(uint8_t)*p]) {
			p++;
		} else if (*p == '\\') {
			const char *next = skip_escape(l, p);

			if (next == NULL)
				return fault_here(
				    l, p, "a backslash with nothing behind it");
			p = next;
		} else if (*p == '"') {
			enum err e = scan_quoted(l, &p);

			if (e != OK)
				return e;
		} else {
			break;
		}
	}
	*at = p;
	return OK;
}

static enum err
scan_word(struct lexer *l)
{
	const char *start = l->at, *end = l->end, *p = start;
	struct lexer_word *w;
	bool is_plain;

	while (p < end && !word_special[(uint8_t)*p])
		p++;
	is_plain = p == end || (*p != '"' && *p != '\\');
	if (!is_plain) {
		enum err e = scan_marked(l, start, &p);

		if (e != OK)
			return e;
	}
	if (l->word_count == l->words_cap)
		l->words =
		    mem_grow(l->words, l->word_count, &l->words_cap, sizeof(*l->words));
	w = &l->words[l->word_count++];
	w->text = start;
	w->len = (size_t)(p - start);
	w->line = l->line;
	w->column = column_of(l, start);
	w->is_plain = is_plain;
	l->at = p;
	return OK;
}

struct parens {
	unsigned depth;
	uint32_t line;
	uint32_t column;
};

/* The next character that is no word; *done at the end of the entry. */
static enum err
scan_mark(struct lexer *l, struct parens *open, bool *done)
{
	switch (*l->at) {
	case ' ':
	case '\t':
	case '\r':
		l->at++;
		return OK;
	case ';':
		skip_line(l);
		return OK;
	case '\n':
		*done = open->depth == 0;
		next_line(l);
		return OK;
	case '(':
		if (open->depth++ == 0) {
			open->line = l->line;
			open->column = column_of(l, l->at);
		}
		l->at++;
		return OK;
	case ')':
		if (open->depth-- == 0)
			return fault_here(l, l->at, "')' without '('");
		l->at++;
		return OK;
	default:
		return fault_here(l, l->at, "a NUL octet: this is not text");
	}
}

static enum err
scan_entry(struct lexer *l)
{
	struct parens open = {0};
	size_t octets = 0;
	bool done = false;

	l->word_count = 0;
	l->is_indented = *l->at == ' ' || *l->at == '\t';
	while (!done && l->at < l->end) {
		enum err e;

		if (*l->at == ' ') {
			l->at++;
			continue;
		}
		if (word_special[(uint8_t)*l->at] && *l->at != '"' && *l->at != '\\') {
			e = scan_mark(l, &open, &done);
		} else {
			e = scan_word(l);
			if (e == OK) {
				octets += l->words[l->word_count - 1].len + 1;
				if (octets > LEXER_ENTRY_MAX)
					e = fault_here(
					    l, l->at, "an entry of more than 64 KiB");
			}
		}
		if (e != OK)
			return e;
	}
	if (open.depth != 0)
		return fault(l, open.line, open.column, "'(' without ')'");
	return OK;
}

enum err
lexer_next(struct lexer *l)
{
	while (l->at < l->end) {
		enum err e = scan_entry(l);

		if (e != OK) {
			skip_line(l);
			if (l->at < l->end)
				next_line(l);
			return e;
		}
		if (l->word_count != 0)
			return OK;
	}
	return ERR_MISSING;
}

/*
 * Words that stand on one line with nothing but blanks between them are a slice. A
 * parenthesis or a carriage return between them shows in that gap.
 */
static bool
is_slice(const struct lexer *l, size_t first)
{
	for (size_t i = first + 1; i < l->word_count; i++) {
		const char *p = l->words[i - 1].text + l->words[i - 1].len;

		for (; p < l->words[i].text; p++)
			if (*p != ' ' && *p != '\t')
				return false;
	}
	return true;
}

void
lexer_line(
    const struct lexer *l, size_t first, struct buf *room, const char **text, size_t *len)
{
	if (first >= l->word_count) {
		*text = "";
		*len = 0;
		return;
	}
	if (is_slice(l, first)) {
		const struct lexer_word *last = &l->words[l->word_count - 1];

		*text = l->words[first].text;
		*len = (size_t)(last->text + last->len - *text);
		return;
	}
	buf_clear(room);
	for (size_t i = first; i < l->word_count; i++) {
		if (i != first)
			buf_char(room, ' ');
		buf_add(room, l->words[i].text, l->words[i].len);
	}
	*text = buf_text(room);
	*len = room->len;
}

const struct lexer_word *
lexer_word_at(const struct lexer *l, size_t first, const char *text, size_t at)
{
	bool slice = first < l->word_count && text == l->words[first].text;
	size_t found = first < l->word_count ? first : l->word_count - 1;
	size_t start = 0;

	for (size_t i = first; i < l->word_count; i++) {
		if (slice)
			start = (size_t)(l->words[i].text - text);
		if (start > at)
			break;
		found = i;
		start += l->words[i].len + 1;
	}
	return &l->words[found];
}

bool
lexer_word_is(const struct lexer_word *w, const char *text)
{
	return strlen(text) == w->len && strncasecmp(text, w->text, w->len) == 0;
}
