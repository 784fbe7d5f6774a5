/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time. What ages, expires or waits runs on the monotonic clock and has a type of
 * its own, so that wall-clock seconds can not be mixed in by mistake.
 *
 * Shape: struct mono, milliseconds since some moment before the process began
 * (CLOCK_MONOTONIC); never 0 for a real moment, so that all-zero is "never".
 * Owner: values.
 * Threads: any. mono_now() and wall_now_s() are vDSO calls, no system calls.
 * Errors: none.
 * Source: clock_gettime(2).
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct mono {
	int64_t ms;
};

struct mono
mono_now(void);

/* Seconds since the epoch; for serials, logs and what is shown to people only. */
int64_t
wall_now_s(void);

/* Milliseconds since the epoch; for what must survive a restart. */
int64_t
wall_now_ms(void);

/* Writes an RFC 3339 UTC time such as 2026-01-31T12:00:00Z. */
#define WALL_TEXT_MAX 32
void
wall_write(int64_t wall_s, char out[WALL_TEXT_MAX]);

static inline struct mono
mono_add_ms(struct mono t, int64_t ms)
{
	return (struct mono){t.ms + ms};
}

/* a - b in milliseconds. */
static inline int64_t
mono_diff_ms(struct mono a, struct mono b)
{
	return a.ms - b.ms;
}

static inline bool
mono_is_never(struct mono t)
{
	return t.ms == 0;
}

#endif
