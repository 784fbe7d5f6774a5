/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/osi.h"

#include "base/encoding.h"

enum { ATMA_AESA = 0, ATMA_E164 = 1 };

/* Appends hex digits without the dots between them. */
static enum err
hex_append(const char *text, size_t len, struct field_out *out)
{
	struct buf digits = {0};
	size_t n = 0;
	enum err e;

	for (size_t i = 0; i < len; i++)
		if (text[i] != '.')
			buf_char(&digits, text[i]);
	e = encoding_hex_parse(buf_text(&digits), digits.len, out->wire + out->len,
	    FIELD_ROOM - out->len, &n);
	if (e == OK && n == 0)
		e = ERR_SYNTAX;
	out->len += n;
	buf_fini(&digits);
	return e;
}

enum err
osi_nsap_parse(const struct word *word, struct field_out *out, struct buf *why)
{
	if (word->len < 2 || word->text[0] != '0' || (word->text[1] | 0x20) != 'x' ||
	    hex_append(word->text + 2, word->len - 2, out) != OK)
		return field_fault(
		    ERR_SYNTAX, word, "is not 0x and an even number of hex digits", why);
	return OK;
}

enum err
osi_nsap_write(struct field_in *in, struct buf *out)
{
	if (in->at == in->end)
		return ERR_SYNTAX;
	buf_str(out, "0x");
	encoding_hex_write(in->at, (size_t)(in->end - in->at), out);
	in->at = in->end;
	return OK;
}

static bool
has_single_dots(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] == '.' && (i == 0 || i + 1 == len || text[i - 1] == '.'))
			return false;
	return true;
}

static enum err
digits_append(const char *text, size_t len, struct field_out *out, struct buf *why)
{
	size_t before = out->len;

	for (size_t i = 0; i < len; i++) {
		enum err e;

		if (text[i] == '.')
			continue;
		if (text[i] < '0' || text[i] > '9')
			return ERR_SYNTAX;
		e = field_append(out, &text[i], 1, why);
		if (e != OK)
			return e;
	}
	return out->len != before ? OK : ERR_SYNTAX;
}

enum err
osi_atma_parse(const struct word *word, struct field_out *out, struct buf *why)
{
	bool is_e164 = word->len != 0 && word->text[0] == '+';
	const char *text = word->text + is_e164;
	size_t len = word->len - is_e164;
	uint8_t format = is_e164 ? ATMA_E164 : ATMA_AESA;
	enum err e = field_append(out, &format, 1, why);

	if (e != OK)
		return e;
	if (!has_single_dots(text, len) || (is_e164 ? digits_append(text, len, out, why)
	                                            : hex_append(text, len, out)) != OK)
		return field_fault(ERR_SYNTAX, word, "is not an ATM address", why);
	return OK;
}

enum err
osi_atma_write(struct field_in *in, struct buf *out)
{
	size_t len = (size_t)(in->end - in->at);
	const uint8_t *w = in->at;

	if (len < 2)
		return ERR_SYNTAX;
	in->at = in->end;
	if (w[0] == ATMA_AESA) {
		encoding_hex_write(w + 1, len - 1, out);
		return OK;
	}
	if (w[0] != ATMA_E164)
		return ERR_UNSUPPORTED;
	buf_char(out, '+');
	for (size_t i = 1; i < len; i++) {
		if (w[i] < '0' || w[i] > '9')
			return ERR_SYNTAX;
		buf_char(out, (char)w[i]);
	}
	return OK;
}
