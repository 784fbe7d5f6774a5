/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/mem.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void *
checked(void *p)
{
	if (p == NULL) {
		fputs("sextant: out of memory\n", stderr);
		abort();
	}
	return p;
}

void *
mem_new(size_t size)
{
	return checked(calloc(1, size != 0 ? size : 1));
}

void *
mem_array(size_t count, size_t size)
{
	return checked(calloc(count != 0 ? count : 1, size != 0 ? size : 1));
}

void *
mem_table(size_t count, size_t size)
{
	const size_t huge = (size_t)1 << 21;
	size_t total;
	void *p = NULL;

	if (__builtin_mul_overflow(count, size, &total))
		return checked(NULL);
	if (total < huge || posix_memalign(&p, huge, total) != 0)
		return mem_array(count, size);
	(void)madvise(p, total & ~(huge - 1), MADV_HUGEPAGE);
	return memset(p, 0, total);
}

void *
mem_resize(void *old, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		return checked(NULL);
	return checked(realloc(old, total != 0 ? total : 1));
}

void *
mem_dup(const void *from, size_t len)
{
	void *p = checked(malloc(len != 0 ? len : 1));

	if (len != 0)
		memcpy(p, from, len);
	return p;
}

char *
mem_str(const char *from)
{
	return from != NULL ? mem_dup(from, strlen(from) + 1) : NULL;
}

char *
mem_strn(const char *from, size_t len)
{
	char *p = checked(malloc(len + 1));

	if (len != 0)
		memcpy(p, from, len);
	p[len] = '\0';
	return p;
}

char *
mem_printf(const char *fmt, ...)
{
	va_list ap;
	char *p = NULL;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&p, fmt, ap);
	va_end(ap);
	return checked(n < 0 ? NULL : p);
}

void
mem_free(void *p)
{
	free(p);
}

void
mem_trim(void)
{
	malloc_trim(0);
}

void *
mem_grow(void *old, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return old;
	*cap = *cap != 0 ? *cap * 2 : 8;
	return mem_resize(old, *cap, size);
}
