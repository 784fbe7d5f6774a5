/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/generate.h"

#include <stdbool.h>
#include <string.h>

enum { WIDTH_MAX = 255 }; /* nothing wider fits into a name */

/* Digits up to max; *at moves behind them. */
static bool
scan_number(const char **at, const char *end, uint32_t max, uint32_t *value)
{
	uint64_t v = 0;
	const char *p = *at;

	for (; p < end && *p >= '0' && *p <= '9'; p++) {
		v = v * 10 + (uint64_t)(*p - '0');
		if (v > max)
			return false;
	}
	if (p == *at)
		return false;
	*at = p;
	*value = (uint32_t)v;
	return true;
}

static bool
scan_char(const char **at, const char *end, char c)
{
	if (*at == end || **at != c)
		return false;
	(*at)++;
	return true;
}

enum err
generate_range_parse(
    const char *text, size_t len, struct generate_range *out, struct buf *why)
{
	struct generate_range r = {.step = 1};
	const char *end = text + len;
	const char *p = text;

	if (!scan_number(&p, end, INT32_MAX, &r.start) || !scan_char(&p, end, '-') ||
	    !scan_number(&p, end, INT32_MAX, &r.stop) ||
	    (scan_char(&p, end, '/') && !scan_number(&p, end, INT32_MAX, &r.step)) ||
	    p != end) {
		buf_str(why, "expected a range START-STOP or START-STOP/STEP");
		return ERR_SYNTAX;
	}
	if (r.stop < r.start || r.step == 0) {
		buf_str(why, "the range is empty: STOP is below START, or STEP is 0");
		return ERR_RANGE;
	}
	if ((r.stop - r.start) / r.step >= GENERATE_MAX) {
		buf_printf(why, "the range has more than %d numbers", GENERATE_MAX);
		return ERR_RANGE;
	}
	*out = r;
	return OK;
}

/* Lowest nibble first, dots between; width counts the dots too, as in BIND. */
static void
nibbles_write(uint32_t value, uint32_t width, bool upper, struct buf *out)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";

	do {
		buf_char(out, digits[value & 15]);
		value >>= 4;
		width -= width > 0;
		if (width > 0 || value != 0) {
			buf_char(out, '.');
			width -= width > 0;
		}
	} while (value != 0 || width > 0);
}

/* Below 0, d has a sign and the other bases take the number modulo 2^32, as in BIND. */
static void
number_write(int32_t number, uint32_t width, char base, struct buf *out)
{
	uint32_t value = (uint32_t)number;

	switch (base) {
	case 'o':
		buf_printf(out, "%0*o", (int)width, value);
		break;
	case 'x':
		buf_printf(out, "%0*x", (int)width, value);
		break;
	case 'X':
		buf_printf(out, "%0*X", (int)width, value);
		break;
	case 'n':
	case 'N':
		nibbles_write(value, width, base == 'N', out);
		break;
	default:
		buf_printf(out, "%0*d", (int)width, number);
		break;
	}
}

/* What follows "${", up to and with the brace. */
static enum err
braces_expand(
    const char **at, const char *end, uint32_t number, struct buf *out, struct buf *why)
{
	bool minus = scan_char(at, end, '-');
	uint32_t offset = 0;
	uint32_t width = 0;
	int64_t value;
	char base = 'd';
	bool good;

	if (!minus)
		scan_char(at, end, '+');
	good = scan_number(at, end, INT32_MAX, &offset);

	if (good && scan_char(at, end, ',')) {
		good = scan_number(at, end, WIDTH_MAX, &width);
		if (good && scan_char(at, end, ',')) {
			good =
			    *at < end && strchr("doxXnN", **at) != NULL && **at != '\0';
			if (good)
				base = *(*at)++;
		}
	}
	if (!good || !scan_char(at, end, '}')) {
		buf_str(
		    why, "expected ${OFFSET,WIDTH,BASE} with a base of d, o, x, X, n, N");
		return ERR_SYNTAX;
	}
	value = (int64_t)number + (minus ? -(int64_t)offset : (int64_t)offset);
	if (value > INT32_MAX) {
		buf_printf(why, "the offset takes %u out of range", number);
		return ERR_RANGE;
	}
	number_write((int32_t)value, width, base, out);
	return OK;
}

enum err
generate_expand(
    const char *text, size_t len, uint32_t number, struct buf *out, struct buf *why)
{
	const char *end = text + len;
	const char *p = text;

	while (p < end) {
		char c = *p++;
		enum err e;

		if (c == '\\' && p < end) {
			buf_char(out, c);
			buf_char(out, *p++);
		} else if (c != '$') {
			buf_char(out, c);
		} else if (scan_char(&p, end, '$')) {
			buf_char(out, '$');
		} else if (scan_char(&p, end, '{')) {
			e = braces_expand(&p, end, number, out, why);
			if (e != OK)
				return e;
		} else {
			number_write((int32_t)number, 0, 'd', out);
		}
	}
	return OK;
}

void
generate_template(const struct lexer *l, struct buf *out)
{
	const struct lexer_word *data = &l->words[l->word_count - 1];
	bool quoted = data->text[0] == '"';

	for (size_t i = 2; i + 1 < l->word_count; i++) {
		buf_add(out, l->words[i].text, l->words[i].len);
		buf_char(out, ' ');
	}
	for (size_t i = quoted; i + quoted < data->len; i++)
		if (!quoted || data->text[i] != '\\' || data->text[i + 1] != '"')
			buf_char(out, data->text[i]);
}
