/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/encoding.h"

static const char base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base32_alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUV";

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static int
base32_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'v')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'V')
		return c - 'A' + 10;
	return -1;
}

enum err
encoding_hex_parse(
    const char *text, size_t len, uint8_t *out, size_t room, size_t *out_len)
{
	if (len % 2 != 0)
		return ERR_SYNTAX;
	if (len / 2 > room)
		return ERR_RANGE;
	for (size_t i = 0; i < len; i += 2) {
		int high = hex_value(text[i]);
		int low = hex_value(text[i + 1]);

		if (high < 0 || low < 0)
			return ERR_SYNTAX;
		out[i / 2] = (uint8_t)(high << 4 | low);
	}
	*out_len = len / 2;
	return OK;
}

void
encoding_hex_write(const uint8_t *data, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i++)
		buf_printf(out, "%02X", data[i]);
}

/* Digits of `bits` bits each into octets; what is left over must be zero bits. */
static enum err
digits_parse(const char *text, size_t len, unsigned bits, int (*value)(char),
    uint8_t *out, size_t room, size_t *out_len)
{
	uint32_t acc = 0;
	unsigned have = 0;
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int v = value(text[i]);

		if (v < 0)
			return ERR_SYNTAX;
		acc = acc << bits | (uint32_t)v;
		have += bits;
		if (have >= 8) {
			if (n == room)
				return ERR_RANGE;
			have -= 8;
			out[n++] = (uint8_t)(acc >> have);
			acc &= (1u << have) - 1;
		}
	}
	if (have >= bits || acc != 0)
		return ERR_SYNTAX;
	*out_len = n;
	return OK;
}

static void
digits_write(
    const uint8_t *data, size_t len, unsigned bits, const char *alphabet, struct buf *out)
{
	uint32_t acc = 0;
	unsigned have = 0;

	for (size_t i = 0; i < len; i++) {
		acc = acc << 8 | data[i];
		for (have += 8; have >= bits; have -= bits)
			buf_char(
			    out, alphabet[acc >> (have - bits) & ((1u << bits) - 1)]);
		acc &= (1u << have) - 1;
	}
	if (have != 0)
		buf_char(out, alphabet[acc << (bits - have)]);
}

enum err
encoding_base64_parse(
    const char *text, size_t len, uint8_t *out, size_t room, size_t *out_len)
{
	if (len % 4 != 0)
		return ERR_SYNTAX;
	for (unsigned pad = 0; pad < 2 && len != 0 && text[len - 1] == '='; pad++)
		len--;
	return digits_parse(text, len, 6, base64_value, out, room, out_len);
}

void
encoding_base64_write(const uint8_t *data, size_t len, struct buf *out)
{
	digits_write(data, len, 6, base64_alphabet, out);
	if (len % 3 != 0)
		buf_str(out, len % 3 == 1 ? "==" : "=");
}

enum err
encoding_base32_parse(
    const char *text, size_t len, uint8_t *out, size_t room, size_t *out_len)
{
	return digits_parse(text, len, 5, base32_value, out, room, out_len);
}

void
encoding_base32_write(const uint8_t *data, size_t len, struct buf *out)
{
	digits_write(data, len, 5, base32_alphabet, out);
}
