/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/utf8.h"

/* How many octets follow this first one; -1: it is none. */
static int
more_of(uint8_t c)
{
	if (c < 0x80)
		return 0;
	if (c < 0xc2 || c > 0xf4)
		return -1;
	return c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
}

/* Longer forms than are needed, surrogates, and what is above U+10FFFF. */
static bool
is_forbidden(uint8_t first, uint8_t second)
{
	return (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
	       (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
}

bool
utf8_is_valid(const uint8_t *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int more = more_of(text[i]);

		if (more < 0 || (size_t)more > len - i - 1 ||
		    (more > 0 && is_forbidden(text[i], text[i + 1])))
			return false;
		for (; more > 0; more--)
			if ((text[++i] & 0xc0) != 0x80)
				return false;
	}
	return true;
}
