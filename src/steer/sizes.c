/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/sizes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

enum { SIZES_MAX = 256 << 20 };

static int
compare(const void *a, const void *b)
{
	const struct sizes_line *la = a, *lb = b;

	return strcmp(la->name, lb->name);
}

void
sizes_load(struct sizes *s, const char *state_dir)
{
	char *path = mem_printf("%s/accepted/sizes", state_dir), *line, *next;
	struct buf why = {0};
	size_t len;

	*s = (struct sizes){0};
	if (file_read(path, SIZES_MAX, &s->text, &len, &why) != OK)
		s->text = NULL;
	buf_fini(&why);
	mem_free(path);
	for (line = s->text; line != NULL && *line != '\0'; line = next) {
		char *end = line + strcspn(line, "\n"), *blank = strchr(line, ' ');

		next = *end == '\0' ? end : end + 1;
		*end = '\0';
		if (blank == NULL || blank > end)
			continue;
		*blank = '\0';
		s->list = mem_grow(s->list, s->count, &s->cap, sizeof(*s->list));
		s->list[s->count++] = (struct sizes_line){line, blank + 1};
	}
	if (s->count != 0)
		qsort(s->list, s->count, sizeof(*s->list), compare);
}

void
sizes_get(
    const struct sizes *s, const char *name, struct guard_peak *out, struct mono now)
{
	struct sizes_line key = {.name = (char *)(uintptr_t)name};
	const struct sizes_line *found =
	    s->count == 0 ? NULL
	                  : bsearch(&key, s->list, s->count, sizeof(*s->list), compare);
	long long since;
	char *end;

	if (found == NULL)
		return;
	since = strtoll(found->rest, &end, 10);
	if (end != found->rest)
		(void)guard_peak_read(out, end, (wall_now_s() - since) * 1000, now);
}

void
sizes_write(struct buf *out, const char *name, const struct guard_peak *p)
{
	buf_printf(out, "%s %" PRId64 " ", name, wall_now_s());
	guard_peak_write(p, out);
	buf_char(out, '\n');
}

enum err
sizes_save(const char *state_dir, const struct buf *lines, struct buf *why)
{
	char *folder = mem_printf("%s/accepted", state_dir);
	char *path = mem_printf("%s/sizes", folder);
	enum err e = file_make_dir(folder, why);

	if (e == OK)
		e = file_replace(path, lines->data, lines->len, why);
	mem_free(path);
	mem_free(folder);
	return e;
}

void
sizes_fini(struct sizes *s)
{
	mem_free(s->text);
	mem_free(s->list);
	*s = (struct sizes){0};
}
