/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/charstring.h"

#include "zone/naptr.h"

static enum err
string_parse(const struct word *word, struct field_out *out, struct buf *why)
{
	uint8_t text[256];
	size_t len;
	enum err e = word_unescape(word->text, word->len, text + 1, 255, &len);

	if (e == ERR_RANGE) {
		buf_str(why,
		    "a string has more than 255 octets: split it into several strings, "
		    "each in quotes");
		return e;
	}
	if (e != OK)
		return field_fault(e, word, "has a broken escape", why);
	text[0] = (uint8_t)len;
	return field_append(out, text, len + 1, why);
}

static enum err
strings_parse(
    const struct word *first, struct words *words, struct field_out *out, struct buf *why)
{
	struct word word = *first;
	enum err e = string_parse(&word, out, why);

	while (e == OK && !words_is_empty(words)) {
		e = words_next(words, &word, why);
		if (e == OK)
			e = string_parse(&word, out, why);
	}
	return e;
}

static enum err
long_string_parse(const struct word *word, struct field_out *out, struct buf *why)
{
	size_t len;
	enum err e = word_unescape(
	    word->text, word->len, out->wire + out->len, FIELD_ROOM - out->len, &len);

	if (e != OK)
		return field_fault(e, word, "has a broken escape or is too long", why);
	out->len += len;
	return OK;
}

/* X.121 addresses have at least the four digits of a network (RFC 1183 3.1). */
static enum err
digit_string_parse(const struct word *word, struct field_out *out, struct buf *why)
{
	for (size_t i = 0; i < word->len; i++)
		if (word->text[i] < '0' || word->text[i] > '9')
			return field_fault(ERR_SYNTAX, word, "is not all digits", why);
	if (word->len < 4)
		return field_fault(ERR_SYNTAX, word, "has less than four digits", why);
	return string_parse(word, out, why);
}

static enum err
rule_parse(const struct word *word, struct field_out *out, struct buf *why)
{
	size_t start = out->len;
	enum err e = string_parse(word, out, why);

	if (e == OK && !naptr_is_rule(out->wire + start + 1, out->wire[start]))
		return field_fault(
		    ERR_SYNTAX, word, "is not a rule: !expression!replacement!", why);
	return e;
}

/* Kinds that are one word with or without quotes. */
enum err
charstring_parse(
    enum field_kind kind, struct words *words, struct field_out *out, struct buf *why)
{
	struct word word;
	enum err e;

	if (kind == FIELD_STRING_OPTIONAL && words_is_empty(words))
		return OK;
	e = words_next(words, &word, why);
	if (e == ERR_MISSING) {
		buf_str(why, "a string is missing");
		return ERR_SYNTAX;
	}
	if (e != OK)
		return e;
	switch (kind) {
	case FIELD_STRINGS:
		return strings_parse(&word, words, out, why);
	case FIELD_QUOTED:
		if (!word.quoted)
			return field_fault(ERR_SYNTAX, &word, "has to be in quotes", why);
		return long_string_parse(&word, out, why);
	case FIELD_LONG_STRING:
		return long_string_parse(&word, out, why);
	case FIELD_DIGITS:
		return digit_string_parse(&word, out, why);
	case FIELD_RULE:
		return rule_parse(&word, out, why);
	default:
		return string_parse(&word, out, why);
	}
}

static enum err
string_write(struct field_in *in, struct buf *out)
{
	const uint8_t *data;
	size_t len;
	enum err e = field_counted_read(in, &data, &len);

	if (e == OK)
		word_write_quoted(data, len, out);
	return e;
}

static enum err
strings_write(struct field_in *in, struct buf *out)
{
	enum err e = string_write(in, out);

	while (e == OK && (size_t)(in->end - in->at) != 0) {
		buf_char(out, ' ');
		e = string_write(in, out);
	}
	return e;
}

static enum err
digit_string_write(struct field_in *in, struct buf *out)
{
	size_t len = (size_t)(in->end - in->at) != 0 ? in->at[0] : 0;

	if (len < 4 || (size_t)(in->end - in->at) - 1 < len)
		return ERR_SYNTAX;
	for (size_t i = 1; i <= len; i++)
		if (in->at[i] < '0' || in->at[i] > '9')
			return ERR_SYNTAX;
	return string_write(in, out);
}

static enum err
rule_write(struct field_in *in, struct buf *out)
{
	const uint8_t *start = in->at;
	enum err e = string_write(in, out);

	return e == OK && !naptr_is_rule(start + 1, start[0]) ? ERR_SYNTAX : e;
}

enum err
charstring_write(enum field_kind kind, struct field_in *in, struct buf *out)
{
	switch (kind) {
	case FIELD_STRING_OPTIONAL:
		return in->at == in->end ? OK : string_write(in, out);
	case FIELD_STRINGS:
		return strings_write(in, out);
	case FIELD_DIGITS:
		return digit_string_write(in, out);
	case FIELD_RULE:
		return rule_write(in, out);
	default:
		return string_write(in, out);
	}
}
