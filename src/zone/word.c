/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/word.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool
words_is_empty(struct words *w)
{
	while (w->at < w->end && is_blank(*w->at))
		w->at++;
	return w->at == w->end;
}

/* From the opening quote to behind the closing one; NULL: there is none. */
static const char *
skip_quoted(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\' && ++p == end)
			return NULL;
	return p < end ? p + 1 : NULL;
}

/*
 * A ';' or a parenthesis outside quotes would mean something else in a master file. A
 * record value that has one was meant to be quoted ("v=DKIM1; k=rsa"), and taking it as
 * it stands would part one string into several.
 */
static enum err
check_plain(char c, struct buf *why)
{
	if (c == ';' || c == '(' || c == ')') {
		buf_printf(why, "'%c' outside quotes: put the text in double quotes", c);
		return ERR_SYNTAX;
	}
	if (c == '\0' || c == '\n' || c == '\r') {
		buf_str(why, "a line break or NUL in the data: write it as \\DDD");
		return ERR_SYNTAX;
	}
	return OK;
}

const bool word_special[256] = {
    ['\0'] = true,
    ['\t'] = true,
    ['\n'] = true,
    ['\r'] = true,
    [' '] = true,
    ['"'] = true,
    ['('] = true,
    [')'] = true,
    [';'] = true,
    ['\\'] = true,
};

enum err
words_next(struct words *w, struct word *out, struct buf *why)
{
	const char *p;

	if (words_is_empty(w))
		return ERR_MISSING;
	p = w->at;
	if (*p == '"') {
		p = skip_quoted(p, w->end);
		if (p == NULL) {
			buf_str(why, "no closing quote");
			return ERR_SYNTAX;
		}
		*out = (struct word){w->at + 1, (size_t)(p - w->at) - 2, true};
		w->at = p;
		return OK;
	}
	while (p < w->end && !is_blank(*p)) {
		enum err e;

		if (!word_special[(uint8_t)*p]) {
			p++;
			continue;
		}
		e = check_plain(*p, why);
		if (e != OK)
			return e;
		if (*p == '"' && !w->pairs)
			break;
		if (*p == '"') {
			p = p[-1] == '=' ? skip_quoted(p, w->end) : NULL;
			if (p == NULL || (p < w->end && !is_blank(*p))) {
				buf_str(why, "expected key=\"value\"");
				return ERR_SYNTAX;
			}
			continue;
		}
		if (*p == '\\' && ++p == w->end) {
			buf_str(why, "a backslash with nothing behind it");
			return ERR_SYNTAX;
		}
		p++;
	}
	*out = (struct word){w->at, (size_t)(p - w->at), false};
	w->at = p;
	return OK;
}

enum err
words_plain(struct words *w, const char *what, struct word *out, struct buf *why)
{
	enum err e = words_next(w, out, why);

	if (e == ERR_MISSING) {
		buf_printf(why, "%s is missing", what);
		return ERR_SYNTAX;
	}
	if (e == OK && out->quoted) {
		buf_printf(why, "%s can not be in quotes", what);
		return ERR_SYNTAX;
	}
	return e;
}

enum err
words_join(struct words *w, struct buf *out, struct buf *why)
{
	struct word word;

	while (!words_is_empty(w)) {
		enum err e = words_plain(w, "data", &word, why);

		if (e != OK)
			return e;
		buf_add(out, word.text, word.len);
	}
	return OK;
}

enum err
word_unescape(const char *text, size_t len, uint8_t *out, size_t room, size_t *out_len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned c = (uint8_t)text[i];

		if (c == '\\') {
			if (++i == len)
				return ERR_SYNTAX;
			c = (uint8_t)text[i];
			if (is_digit(text[i])) {
				if (len - i < 3 || !is_digit(text[i + 1]) ||
				    !is_digit(text[i + 2]))
					return ERR_SYNTAX;
				c = (unsigned)((text[i] - '0') * 100 +
				               (text[i + 1] - '0') * 10 +
				               (text[i + 2] - '0'));
				if (c > 255)
					return ERR_SYNTAX;
				i += 2;
			}
		}
		if (n == room)
			return ERR_RANGE;
		out[n++] = (uint8_t)c;
	}
	*out_len = n;
	return OK;
}

void
word_write_quoted(const uint8_t *data, size_t len, struct buf *out)
{
	buf_char(out, '"');
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '"' || data[i] == '\\')
			buf_printf(out, "\\%c", data[i]);
		else if (data[i] < ' ' || data[i] > '~')
			buf_printf(out, "\\%03u", data[i]);
		else
			buf_char(out, (char)data[i]);
	}
	buf_char(out, '"');
}
