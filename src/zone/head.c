/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/head.h"

#include <string.h>
#include <strings.h>

#include "zone/field.h"
#include "zone/rdata.h"

static int
shown(const struct lexer_word *w)
{
	return w->len < 64 ? (int)w->len : 64;
}

/* True for the words and numbers of classes. */
static bool
is_class(const struct lexer_word *w)
{
	static const char *const classes[] = {
	    "IN", "CH", "CHAOS", "HS", "HESIOD", "CS", "NONE"};

	if (w->text[0] >= '0' && w->text[0] <= '9')
		return false; /* the usual TTL */
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (lexer_word_is(w, classes[i]))
			return true;
	return w->len > 5 && strncasecmp(w->text, "CLASS", 5) == 0;
}

/* IN, CLASS1, CLASS01. */
static bool
is_internet(const struct lexer_word *w)
{
	struct buf ignored = {0};
	struct word number;
	uint64_t value;
	bool is_one;

	if (lexer_word_is(w, "IN"))
		return true;
	if (w->len <= 5)
		return false;
	number = (struct word){w->text + 5, w->len - 5, false};
	is_one = field_number(&number, UINT16_MAX, &value, &ignored) == OK && value == 1;
	buf_fini(&ignored);
	return is_one;
}

enum err
head_ttl_parse(const struct lexer_word *w, uint32_t *ttl, bool *above, struct buf *why)
{
	enum err e = rdata_period_parse(w->text, w->len, ttl);

	if (e != OK) {
		buf_printf(why, "'%.*s' is not a TTL of 0..2147483647 seconds", shown(w),
		    w->text);
		return e;
	}
	*above = *ttl > INT32_MAX;
	if (*above)
		*ttl = 0;
	return OK;
}

/*
 * A name in quotes: what parts words elsewhere is part of it (as in BIND). Escapes stay
 * escapes.
 */
static enum err
quoted_parse(const struct lexer_word *w, const struct name *origin, struct name *out)
{
	struct buf text = {0};
	enum err e;

	for (size_t i = 1; i + 1 < w->len; i++) {
		char c = w->text[i];

		if (c == '\\' && i + 2 < w->len) {
			buf_char(&text, c);
			c = w->text[++i];
		} else if (strchr(" \t;()", c) != NULL) {
			buf_char(&text, '\\');
		}
		buf_char(&text, c);
	}
	e = name_parse(buf_text(&text), text.len, origin, out);
	buf_fini(&text);
	return e;
}

/* A quote inside it would begin another word (as in BIND). */
static bool
has_quote(const struct lexer_word *w)
{
	for (size_t i = 0; i < w->len; i++) {
		if (w->text[i] == '"')
			return true;
		if (w->text[i] == '\\')
			i++;
	}
	return false;
}

enum err
head_owner_parse(const struct lexer_word *w, const struct name *origin, struct name *out)
{
	if (w->is_plain)
		return name_parse(w->text, w->len, origin, out);
	if (w->text[0] == '"')
		return quoted_parse(w, origin, out);
	if (has_quote(w))
		return ERR_SYNTAX;
	return name_parse(w->text, w->len, origin, out);
}

static enum err
type_parse(const struct lexer_word *w, uint16_t *type, struct buf *why)
{
	enum err e = rdata_type_parse(w->text, w->len, type);

	if (e == ERR_UNSUPPORTED)
		buf_printf(why, "%.*s is not a type of data: no zone can hold it",
		    shown(w), w->text);
	else if (e != OK)
		buf_printf(why,
		    w->text[0] == '$'
		        ? "unknown type '%.*s'; a directive begins in column 1"
		        : "unknown type '%.*s'; a type without a name is written TYPEn",
		    shown(w), w->text);
	return e;
}

enum err
head_parse(const struct lexer *l, size_t first, struct head *out, size_t *faulty,
    struct buf *why)
{
	bool has_class = false;

	*out = (struct head){0};
	for (size_t i = first; i < l->word_count; i++) {
		const struct lexer_word *w = &l->words[i];

		*faulty = i;
		if (!has_class && is_class(w)) {
			if (!is_internet(w)) {
				buf_printf(why, "class %.*s: only IN is served", shown(w),
				    w->text);
				return ERR_UNSUPPORTED;
			}
			has_class = true;
		} else if (!out->has_ttl && w->text[0] >= '0' && w->text[0] <= '9') {
			enum err e = head_ttl_parse(w, &out->ttl, &out->ttl_above, why);

			if (e != OK)
				return e;
			out->has_ttl = true;
		} else {
			out->rdata = i + 1;
			return type_parse(w, &out->type, why);
		}
	}
	*faulty = l->word_count - 1;
	buf_str(why, "a record without a type");
	return ERR_SYNTAX;
}
