/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/prefix.h"

#include <string.h>

#include "base/ip.h"
#include "dns/wire.h"

enum { NEGATION = 0x80 };

static enum err
item_parse(const struct word *word, struct field_out *out, struct buf *why)
{
	bool negated = word->len != 0 && word->text[0] == '!';
	struct word item = {word->text + negated, word->len - negated, false};
	const char *colon = memchr(item.text, ':', item.len);
	const char *slash = memchr(item.text, '/', item.len);
	struct word family, length;
	uint64_t number, bits;
	struct ip ip;
	size_t used;
	uint8_t head[4];
	enum err e;

	if (colon == NULL || slash == NULL || slash < colon)
		return field_fault(
		    ERR_SYNTAX, word, "is not of the form family:address/length", why);
	family = (struct word){item.text, (size_t)(colon - item.text), false};
	length =
	    (struct word){slash + 1, (size_t)(item.text + item.len - slash - 1), false};
	e = field_number(&family, UINT16_MAX, &number, why);
	if (e != OK)
		return e;
	if (ip_parse(colon + 1, (size_t)(slash - colon - 1), &ip) != OK ||
	    number != (ip.family == 4 ? 1 : 2))
		return field_fault(ERR_SYNTAX, word, "has no address of its family", why);
	used = ip.family == 4 ? 4 : 16;
	e = field_number(&length, used * 8, &bits, why);
	if (e != OK)
		return e;
	/* RFC 3123 4: without the zero octets at the end */
	while (used > 0 && ip.bytes[used - 1] == 0)
		used--;
	wire_put16(head, (uint16_t)number);
	head[2] = (uint8_t)bits;
	head[3] = (uint8_t)(used | (negated ? NEGATION : 0));
	e = field_append(out, head, 4, why);
	return e != OK ? e : field_append(out, ip.bytes, used, why);
}

enum err
prefix_list_parse(struct words *words, struct field_out *out, struct buf *why)
{
	while (!words_is_empty(words)) {
		struct word word;
		enum err e = words_plain(words, "a prefix", &word, why);

		if (e == OK)
			e = item_parse(&word, out, why);
		if (e != OK)
			return e;
	}
	return OK;
}

enum err
prefix_list_write(struct field_in *in, struct buf *out)
{
	enum err result = OK;

	while (in->at < in->end) {
		const uint8_t *w = in->at;
		size_t left = (size_t)(in->end - w);
		struct ip ip = {0};
		char text[IP_TEXT_MAX];
		unsigned family, used, size;

		if (left < 4)
			return ERR_SYNTAX;
		family = wire_get16(w);
		used = w[3] & ~(unsigned)NEGATION;
		if (left - 4 < used || (used != 0 && w[3 + used] == 0))
			return ERR_SYNTAX;
		in->at += 4 + used;
		if (family != 1 && family != 2) {
			result = ERR_UNSUPPORTED; /* another one has no text */
			continue;
		}
		size = family == 1 ? 4 : 16;
		if (used > size || w[2] > size * 8)
			return ERR_SYNTAX;
		ip.family = family == 1 ? 4 : 6;
		memcpy(ip.bytes, w + 4, used);
		ip_write(&ip, text);
		if (w != in->rdata)
			buf_char(out, ' ');
		buf_printf(out, "%s%u:%s/%u", (w[3] & NEGATION) != 0 ? "!" : "", family,
		    text, w[2]);
	}
	return result;
}

enum err
prefix_a6_parse(struct words *words, const struct name *origin, struct field_out *out,
    struct buf *why)
{
	struct word word;
	uint64_t length;
	uint8_t octet;
	enum err e = words_plain(words, "the length of the prefix", &word, why);

	if (e == OK)
		e = field_number(&word, 128, &length, why);
	if (e != OK)
		return e;
	octet = (uint8_t)length;
	e = field_append(out, &octet, 1, why);
	if (e == OK && length != 128) {
		struct ip ip;
		size_t first = length / 8;

		e = words_plain(words, "the address suffix", &word, why);
		if (e != OK)
			return e;
		if (ip_parse(word.text, word.len, &ip) != OK || ip.family != 6)
			return field_fault(
			    ERR_SYNTAX, &word, "is not an IPv6 address", why);
		ip.bytes[first] &= (uint8_t)(0xff >> length % 8);
		e = field_append(out, ip.bytes + first, 16 - first, why);
	}
	if (e == OK && length != 0) {
		e = words_plain(words, "the name of the prefix", &word, why);
		if (e == OK)
			e = field_name_parse(&word, origin, out, why);
	}
	return e;
}

enum err
prefix_a6_write(struct field_in *in, struct buf *out)
{
	size_t left = (size_t)(in->end - in->at);
	unsigned length = left != 0 ? in->at[0] : 129;
	size_t suffix;
	enum err result = OK;
	enum err e;

	if (length > 128)
		return ERR_SYNTAX;
	suffix = 16 - length / 8;
	if (left - 1 < suffix)
		return ERR_SYNTAX;
	buf_printf(out, "%u", length);
	in->at++;
	if (length != 128) {
		struct ip ip = {.family = 6};
		char text[IP_TEXT_MAX];

		memcpy(ip.bytes + 16 - suffix, in->at, suffix);
		/* bits of the prefix are written, and lost when they are read */
		if ((in->at[0] & (uint8_t) ~(0xff >> length % 8)) != 0)
			result = ERR_UNSUPPORTED;
		ip_write(&ip, text);
		buf_printf(out, " %s", text);
		in->at += suffix;
	}
	if (length != 0) {
		buf_char(out, ' ');
		e = field_name_write(in, out);
		if (e != OK)
			return e;
	}
	return result;
}
