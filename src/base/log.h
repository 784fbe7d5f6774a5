/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log: one event a line, on standard error.
 *
 * Shape: "2026-01-31T12:00:00.123Z level first words key=value ...". The first
 * words of an event are stable, so that people can match on them. Values with
 * blanks are put in double quotes by the caller. Control characters become "?".
 * Owner: nothing is kept.
 * Threads: any; a line is one write(2). Never on the query path.
 * Errors: a log that can not be written is lost; nothing waits for it.
 * Source: none.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/err.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

/* Default: info. */
void
log_set_level(enum log_level level);

enum log_level
log_get_level(void);

const char *
log_level_text(enum log_level level);

/* False for an unknown word. */
bool
log_level_parse(const char *word, enum log_level *out);

/* At a level that is only known at run time. */
void
log_at(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

void
log_error(const char *fmt, ...) PRINTF_LIKE(1, 2);
void
log_warning(const char *fmt, ...) PRINTF_LIKE(1, 2);
void
log_notice(const char *fmt, ...) PRINTF_LIKE(1, 2);
void
log_info(const char *fmt, ...) PRINTF_LIKE(1, 2);
void
log_debug(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
