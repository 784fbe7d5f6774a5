/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static _Atomic int threshold = LOG_LEVEL_INFO;

static const char *const names[] = {"error", "warning", "notice", "info", "debug"};

void
log_set_level(enum log_level level)
{
	atomic_store_explicit(&threshold, (int)level, memory_order_relaxed);
}

enum log_level
log_get_level(void)
{
	return (enum log_level)atomic_load_explicit(&threshold, memory_order_relaxed);
}

const char *
log_level_text(enum log_level level)
{
	return names[level];
}

bool
log_level_parse(const char *word, enum log_level *out)
{
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(word, names[i]) == 0) {
			*out = (enum log_level)i;
			return true;
		}
	}
	return false;
}

static void PRINTF_LIKE(2, 0) line(enum log_level level, const char *fmt, va_list ap)
{
	char text[2048];
	struct timespec now;
	struct tm tm;
	size_t n;
	int more;

	if ((int)level > atomic_load_explicit(&threshold, memory_order_relaxed))
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	n += (size_t)snprintf(text + n, sizeof(text) - n, ".%03ldZ %s ",
	    now.tv_nsec / 1000000, names[level]);
	more = vsnprintf(text + n, sizeof(text) - n - 1, fmt, ap);
	if (more > 0)
		n += (size_t)more < sizeof(text) - n - 1 ? (size_t)more
		                                         : sizeof(text) - n - 2;
	/* a line is a line: what came from outside must not begin another one */
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			text[i] = '?';
	text[n++] = '\n';
	if (write(STDERR_FILENO, text, n) < 0)
		return;
}

#define DEFINE(name, level) \
	void name(const char *fmt, ...) \
	{ \
		va_list ap; \
\
		va_start(ap, fmt); \
		line(level, fmt, ap); \
		va_end(ap); \
	}

void
log_at(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(level, fmt, ap);
	va_end(ap);
}

DEFINE(log_error, LOG_LEVEL_ERROR)
DEFINE(log_warning, LOG_LEVEL_WARNING)
DEFINE(log_notice, LOG_LEVEL_NOTICE)
DEFINE(log_info, LOG_LEVEL_INFO)
DEFINE(log_debug, LOG_LEVEL_DEBUG)
