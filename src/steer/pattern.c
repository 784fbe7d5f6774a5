/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/pattern.h"

#include <stdint.h>
#include <string.h>

/* How the octets of the second word are read. */
enum reading {
	AS_TEXT,
	AS_NARROW, /* its * and ? are only matched by what is at least as wide */
	AS_EQUAL, /* either may be the wider one */
};

static bool
octets_agree(char a, char b, enum reading how)
{
	if (how != AS_TEXT && b == '*')
		return false; /* matched by a * of the first, or handled by its own row */
	return a == b || a == '?' || (how == AS_EQUAL && b == '?');
}

/*
 * Row i of the table says for each j whether a[i..] matches b[j..]; made from the last
 * row back, so that no pattern costs more than the product of the lengths.
 */
static bool
agree(const char *a, const char *b, enum reading how)
{
	bool rows[2][PATTERN_MAX + 2];
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > PATTERN_MAX || b_len > PATTERN_MAX)
		return false;
	for (size_t i = a_len + 1; i-- != 0;) {
		const bool *below = rows[(i + 1) & 1];
		bool *row = rows[i & 1];

		for (size_t j = b_len + 1; j-- != 0;) {
			bool more = j < b_len;

			if (i == a_len)
				row[j] = !more;
			else if (a[i] == '*')
				row[j] = below[j] || (more && row[j + 1]);
			else
				row[j] =
				    more && octets_agree(a[i], b[j], how) && below[j + 1];
			/* a star of the second: empty, or one more octet of the first */
			if (how == AS_EQUAL && more && b[j] == '*')
				row[j] = row[j] || row[j + 1] || (i < a_len && below[j]);
		}
	}
	return rows[0][0];
}

bool
pattern_match(const char *pattern, const char *text)
{
	return agree(pattern, text, AS_TEXT);
}

bool
pattern_covers(const char *wide, const char *narrow)
{
	return agree(wide, narrow, AS_NARROW);
}

bool
pattern_meets(const char *a, const char *b)
{
	return agree(a, b, AS_EQUAL);
}
