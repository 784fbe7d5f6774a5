/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/clock.h"

#include <time.h>

#define YEAR_0 INT64_C(-62167219200)
#define YEAR_10000 INT64_C(253402300800)

struct mono
mono_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (struct mono){(int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 + 1};
}

int64_t
wall_now_s(void)
{
	return wall_now_ms() / 1000;
}

int64_t
wall_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
wall_write(int64_t wall_s, char out[WALL_TEXT_MAX])
{
	/* the years that have four digits; gmtime_r() fails for the last of them all */
	int64_t low = wall_s > YEAR_0 ? wall_s : YEAR_0;
	time_t t = (time_t)(low < YEAR_10000 ? low : YEAR_10000 - 1);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, WALL_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm);
}
