/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/hint.h"

#include <ctype.h>
#include <string.h>

const char hint_ipv6[] =
    "an IPv6 address inside [] or {} has to be quoted, as in \"::1\"";

struct span {
	const char *at;
	size_t len;
};

static struct span
line_of(const struct hint_place *p, size_t line)
{
	const char *at = p->text, *end = p->text + p->len, *nl;

	for (; line > 0; line--) {
		nl = memchr(at, '\n', (size_t)(end - at));
		if (nl == NULL)
			return (struct span){end, 0};
		at = nl + 1;
	}
	nl = memchr(at, '\n', (size_t)(end - at));
	return (struct span){at, (size_t)((nl == NULL ? end : nl) - at)};
}

static bool
has_tab_indent(struct span line)
{
	size_t i;

	for (i = 0; i < line.len && (line.at[i] == ' ' || line.at[i] == '\t'); i++) {
		if (line.at[i] == '\t')
			return true;
	}
	return false;
}

/* Hex digits and at least two colons, as only an IPv6 address has them. */
static bool
is_ipv6_like(const char *at, size_t len)
{
	size_t i, colons = 0;

	for (i = 0; i < len && at[i] != '@' && at[i] != '/'; i++) {
		if (at[i] == ':')
			colons++;
		else if (!isxdigit((unsigned char)at[i]) && at[i] != '.')
			return false;
	}
	return colons >= 2;
}

static bool
ends_token(char c)
{
	return c == '\0' || strchr("[]{}, \t\r\"'", c) != NULL;
}

/* An unquoted IPv6 address behind a bracket or brace of this line. */
static bool
has_bare_ipv6(struct span line)
{
	size_t i, start = 0;
	bool flow = false;
	char quote = '\0';

	for (i = 0; i <= line.len; i++) {
		char c = i < line.len ? line.at[i] : '\0';

		if (quote != '\0') {
			quote = c == quote ? '\0' : quote;
			start = i + 1;
			continue;
		}
		if (!ends_token(c))
			continue;
		if (flow && is_ipv6_like(line.at + start, i - start))
			return true;
		if (c == '"' || c == '\'')
			quote = c;
		flow = flow || c == '[' || c == '{';
		start = i + 1;
	}
	return false;
}

/* Columns are characters, not octets; continuation octets do not count. */
static char
char_at(struct span line, size_t column)
{
	size_t i, seen = 0;

	for (i = 0; i < line.len; i++) {
		if (((unsigned char)line.at[i] & 0xc0) == 0x80)
			continue;
		if (seen++ == column)
			return line.at[i];
	}
	return '\0';
}

static const char *
hint_first_char(char c)
{
	switch (c) {
	case '*':
		return "a value that begins with * has to be quoted, as in "
		       "\"*.example.com\"";
	case '&':
		return "a value that begins with & has to be quoted";
	case '@':
		return "a value that begins with @ has to be quoted, as in \"@\"";
	case '%':
		return "a value that begins with % has to be quoted";
	case '`':
		return "a value that begins with ` has to be quoted";
	case '!':
		return "a value that begins with ! has to be quoted";
	case '\t':
		return "blanks, not tabs, are what YAML is indented with";
	default:
		return NULL;
	}
}

static const char *
hint_words(const struct hint_place *p)
{
	static const struct {
		const char *problem, *hint;
	} table[] = {
	    {"mapping values are not allowed",
	        "the indentation does not fit the lines above, or a value with \": \" in "
	        "it "
	        "has to be quoted"},
	    {"could not find expected ':'",
	        "each line of a map is \"key: value\", with a blank behind the colon"},
	    {"expected ',' or ']'", "a list in [] has commas between its values and a ] "
	                            "at its end"},
	    {"expected ',' or '}'", "a map in {} has commas between its pairs and a } at "
	                            "its end"},
	    {"expected key", "the indentation does not fit the lines above"},
	    {"expected '-' indicator", "the indentation does not fit the lines above"},
	    {"found unexpected document indicator", "a quote is opened and not closed"},
	    {"unknown escape character",
	        "in double quotes a backslash is written twice; single quotes take it as "
	        "it is"},
	};
	size_t i;

	if (p->context != NULL && strstr(p->context, "quoted scalar") != NULL &&
	    strstr(p->problem, "end of stream") != NULL)
		return "a quote is opened and not closed";
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strstr(p->problem, table[i].problem) != NULL)
			return table[i].hint;
	}
	return NULL;
}

const char *
hint_find(const struct hint_place *p)
{
	struct span line, context;
	const char *hint;

	if (p->problem == NULL)
		return NULL;
	line = line_of(p, p->line);
	context = line_of(p, p->context_line);
	if (has_tab_indent(line) || has_tab_indent(context))
		return "blanks, not tabs, are what YAML is indented with";
	hint = hint_first_char(char_at(line, p->column));
	if (hint == NULL && p->context != NULL)
		hint = hint_first_char(char_at(context, p->context_column));
	if (hint != NULL)
		return hint;
	if (has_bare_ipv6(line) || has_bare_ipv6(context))
		return hint_ipv6;
	return hint_words(p);
}

bool
hint_is_tight_pair(const char *text)
{
	const char *colon = strchr(text, ':');

	return colon != NULL && colon != text && colon[1] != '\0';
}
