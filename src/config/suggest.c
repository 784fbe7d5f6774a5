/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/suggest.h"

#include <limits.h>
#include <string.h>

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned
suggest_distance(const char *a, const char *b)
{
	unsigned d[SUGGEST_WORD_MAX + 1][SUGGEST_WORD_MAX + 1];
	size_t a_len = strlen(a), b_len = strlen(b), i, j;

	if (a_len > SUGGEST_WORD_MAX || b_len > SUGGEST_WORD_MAX)
		return UINT_MAX;
	for (i = 0; i <= a_len; i++)
		d[i][0] = (unsigned)i;
	for (j = 0; j <= b_len; j++)
		d[0][j] = (unsigned)j;
	for (i = 1; i <= a_len; i++) {
		for (j = 1; j <= b_len; j++) {
			unsigned cost = a[i - 1] == b[j - 1] ? 0 : 1;

			d[i][j] = least(
			    d[i - 1][j - 1] + cost, least(d[i - 1][j], d[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[a_len][b_len];
}

bool
suggest_is_near(const char *word, unsigned distance)
{
	return distance <= SUGGEST_NEAR && (size_t)distance * 2 <= strlen(word);
}
