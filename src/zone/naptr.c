/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/naptr.h"

#include <string.h>

/* What the expression has been up to; POSIX extended regular expressions (RFC 3402 3.2).
 */
struct expression {
	unsigned depth; /* of parentheses */
	unsigned groups; /* that were opened */
	bool may_repeat; /* what comes before can take * + ? { */
	bool after_bar;
	bool is_empty; /* nothing since the beginning, a ( or a | */
};

/* A class such as [:alpha:], from its '[' on; behind it, or 0. */
static size_t
skip_class(const uint8_t *text, size_t len, size_t at)
{
	static const char *const names[] = {"alnum", "alpha", "blank", "cntrl", "digit",
	    "graph", "lower", "print", "punct", "space", "upper", "xdigit"};
	uint8_t kind = text[at + 1];
	size_t start = at + 2;
	size_t end = start;

	while (end + 1 < len && !(text[end] == kind && text[end + 1] == ']'))
		end++;
	if (end + 1 >= len || end == start)
		return 0;
	if (kind != ':')
		return end + 2;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == end - start &&
		    memcmp(names[i], text + start, end - start) == 0)
			return end + 2;
	return 0;
}

/* Behind the ']' of a bracket expression that begins at text[at]; 0: it is faulty. */
static size_t
skip_bracket(const uint8_t *text, size_t len, size_t at)
{
	at++;
	if (at < len && text[at] == '^')
		at++;
	for (size_t first = at; at < len && (text[at] != ']' || at == first);) {
		uint8_t next = at + 1 < len ? text[at + 1] : 0;

		if (text[at] == '[' && (next == ':' || next == '.' || next == '=')) {
			at = skip_class(text, len, at);
			if (at == 0)
				return 0;
		} else if (next == '-' && at + 2 < len && text[at + 2] != ']') {
			if (text[at + 2] < text[at])
				return 0;
			at += 3;
		} else {
			at++;
		}
	}
	return at < len ? at + 1 : 0;
}

/* Behind the '}' of {n}, {n,}, {,m} or {n,m}, up to 255; 0: it is none. */
static size_t
skip_bound(const uint8_t *text, size_t len, size_t at)
{
	unsigned bound[2] = {0, 0};
	unsigned part = 0;
	size_t digits = 0;

	for (at++; at < len && text[at] != '}'; at++) {
		if (text[at] == ',' && part == 0) {
			part = 1;
			digits = 0;
		} else if (text[at] >= '0' && text[at] <= '9') {
			bound[part] = bound[part] * 10 + text[at] - '0';
			digits++;
			if (bound[part] > 255)
				return 0;
		} else {
			return 0;
		}
	}
	if (at == len || (part == 0 && digits == 0) ||
	    (part == 1 && digits != 0 && bound[1] < bound[0]))
		return 0;
	return at + 1;
}

/* The next piece; where it ends, 0 when it is faulty. */
static size_t
step(const uint8_t *text, size_t len, size_t at, struct expression *x)
{
	if (text[at] != ')')
		x->after_bar = false;
	switch (text[at]) {
	case '\\':
		x->may_repeat = true;
		x->is_empty = false;
		return at + 1 < len ? at + 2 : 0;
	case '[':
		x->may_repeat = true;
		x->is_empty = false;
		return skip_bracket(text, len, at);
	case '(':
		x->depth++;
		x->groups++;
		x->may_repeat = false;
		x->is_empty = true;
		return at + 1;
	case ')':
		if (x->after_bar)
			return 0;
		x->depth -= x->depth != 0; /* else it stands for itself */
		x->may_repeat = true;
		x->is_empty = false;
		return at + 1;
	case '|':
		if (x->is_empty)
			return 0;
		x->may_repeat = false;
		x->is_empty = true;
		x->after_bar = true;
		return at + 1;
	case '^':
	case '$':
		x->may_repeat = false;
		x->is_empty = false;
		return at + 1;
	case '*':
	case '+':
	case '?':
	case '{':
		if (!x->may_repeat)
			return 0;
		x->may_repeat = false;
		return text[at] == '{' ? skip_bound(text, len, at) : at + 1;
	default:
		x->may_repeat = true;
		x->is_empty = false;
		return at + 1;
	}
}

/* True with the number of its groups. */
static bool
is_expression(const uint8_t *text, size_t len, unsigned *groups)
{
	struct expression x = {.is_empty = true};

	for (size_t at = 0; at < len;) {
		at = step(text, len, at, &x);
		if (at == 0)
			return false;
	}
	*groups = x.groups;
	return !x.is_empty && x.depth == 0;
}

/* The delimiter that ends the part which begins at `at`; len: there is none. */
static size_t
find_end(const uint8_t *text, size_t len, size_t at, uint8_t delimiter)
{
	while (at < len && text[at] != delimiter)
		at += text[at] == '\\' ? 2 : 1;
	return at < len ? at : len;
}

bool
naptr_is_rule(const uint8_t *text, size_t len)
{
	size_t first, second;
	unsigned groups;

	if (len == 0)
		return true;
	if ((text[0] >= '0' && text[0] <= '9') || text[0] == '\\' || text[0] == 'i' ||
	    memchr(text, '\0', len) != NULL)
		return false;
	first = find_end(text, len, 1, text[0]);
	second = first < len ? find_end(text, len, first + 1, text[0]) : len;
	if (second == len || !is_expression(text + 1, first - 1, &groups))
		return false;
	for (size_t i = first + 1; i < second; i++) {
		/* \1 to \9 name the groups of the expression */
		if (text[i] == '\\' && ++i < second && text[i] >= '0' && text[i] <= '9' &&
		    (text[i] == '0' || text[i] - '0' > (int)groups))
			return false;
	}
	for (size_t i = second + 1; i < len; i++)
		if (text[i] != 'i')
			return false;
	return true;
}
