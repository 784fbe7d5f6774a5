/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/gap.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

enum { DIGITS = 6 };

/* The octets behind what both have in common, as a number. */
static uint64_t
number(const char *p)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < DIGITS; i++) {
		n = n << 8 | (uint8_t)*p;
		if (*p != '\0')
			p++;
	}
	return n;
}

char *
gap_middle(const char *low, const char *high)
{
	struct buf out = {0};
	size_t same = 0;
	uint64_t a, b;
	char *text;

	while (low[same] != '\0' && low[same] == high[same])
		same++;
	a = number(low + same);
	b = number(high + same);
	if (b <= a + 1)
		return NULL;
	a += (b - a) / 2;
	buf_add(&out, low, same);
	for (unsigned i = DIGITS; i-- != 0;) {
		char c = (char)(uint8_t)(a >> (8 * i));

		/* a key holds no NUL; nor will there be one of just this name */
		buf_char(&out, c == '\0' ? '\1' : c);
	}
	text = mem_str(buf_text(&out));
	buf_fini(&out);
	if (strcmp(low, text) < 0 && strcmp(text, high) < 0)
		return text;
	mem_free(text);
	return NULL;
}
