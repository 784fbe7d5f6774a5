/* SPDX-License-Identifier: BSD-2-Clause */
#include "geo/prefixfile.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "config/value.h"

enum { FILE_MAX = 64 << 20, QUOTE_MAX = 60 };

/* A line being read. */
struct at {
	const char *path;
	const char *line;
	uint32_t number;
	struct complaints *complaints;
};

static void
refuse(
    const struct at *at, const char *where, const char *word, size_t len, const char *why)
{
	char quote[QUOTE_MAX + 1];

	len = len < QUOTE_MAX ? len : QUOTE_MAX;
	for (size_t i = 0; i < len; i++)
		quote[i] = word[i] < ' ' || word[i] == 127 ? '?' : word[i];
	quote[len] = '\0';
	complain(at->complaints, SEVERITY_ERROR, at->path, at->number,
	    (uint32_t)(where - at->line) + 1, "\"%s\": %s", quote, why);
}

/* The next word of the line from *p on; its length, 0 at the end. */
static size_t
next_word(const char **p, const char *end)
{
	const char *q;

	while (*p < end && (**p == ' ' || **p == '\t' || **p == '\r'))
		(*p)++;
	for (q = *p; q < end && *q != ' ' && *q != '\t' && *q != '\r' && *q != '#'; q++)
		continue;
	return (size_t)(q - *p);
}

static void
read_line(const struct at *at, const char *end, const struct regions *regions,
    struct prefixfile *out)
{
	struct prefixfile_entry entry = {.line = at->number};
	const char *p = at->line;
	size_t len = next_word(&p, end);
	struct buf why = {0};
	char *word;

	if (len == 0)
		return;
	word = mem_strn(p, len);
	if (value_prefix(word, &entry.prefix, &why) != OK || strlen(word) != len) {
		refuse(at, p, p, len, buf_text(&why));
		goto end;
	}
	p += len;
	len = next_word(&p, end);
	mem_free(word);
	word = mem_strn(p, len);
	if (len == 0)
		refuse(at, p, p, (size_t)(end - p), "expected the name of a region");
	else if (regions_find(regions, word, &entry.region) != OK)
		refuse(at, p, p, len, "there is no such region");
	else {
		p += len;
		len = next_word(&p, end);
		if (len != 0)
			refuse(at, p, p, len,
			    "expected the end of the line behind prefix and region");
		out->list = mem_grow(out->list, out->count, &out->cap, sizeof(entry));
		out->list[out->count++] = entry;
	}
end:
	mem_free(word);
	buf_fini(&why);
}

static int
compare(const void *pa, const void *pb)
{
	const struct prefixfile_entry *a = pa, *b = pb;
	int by_prefix;

	if (a->prefix.ip.family != b->prefix.ip.family)
		return a->prefix.ip.family < b->prefix.ip.family ? -1 : 1;
	by_prefix =
	    memcmp(a->prefix.ip.bytes, b->prefix.ip.bytes, sizeof(a->prefix.ip.bytes));
	if (by_prefix != 0)
		return by_prefix;
	if (a->prefix.len != b->prefix.len)
		return a->prefix.len < b->prefix.len ? -1 : 1;
	return a->line < b->line ? -1 : a->line > b->line;
}

/* The same prefix twice: which line is meant? */
static void
check_doubles(const char *path, struct prefixfile *f, struct complaints *complaints)
{
	if (f->count != 0)
		qsort(f->list, f->count, sizeof(*f->list), compare);
	for (size_t i = 1; i < f->count; i++) {
		const struct prefixfile_entry *a = &f->list[i - 1], *b = &f->list[i];
		char text[PREFIX_TEXT_MAX];

		if (a->prefix.len != b->prefix.len ||
		    !ip_equal(&a->prefix.ip, &b->prefix.ip))
			continue;
		ip_prefix_write(&b->prefix, text);
		complain(complaints, SEVERITY_ERROR, path, b->line, 1,
		    "\"%s\": it is in line %u already", text, a->line);
	}
}

enum err
prefixfile_read(const char *path, const struct regions *regions, struct prefixfile *out,
    struct complaints *complaints)
{
	size_t before = complaints->errors, len;
	struct at at = {.path = path, .complaints = complaints};
	struct buf why = {0};
	const char *p, *end;
	char *data;

	*out = (struct prefixfile){0};
	(void)filestamp_get(path, &out->stamp);
	if (file_read(path, FILE_MAX, &data, &len, &why) != OK) {
		complain(complaints, SEVERITY_ERROR, path, 0, 0, "%s", buf_text(&why));
		buf_fini(&why);
		return ERR_IO;
	}
	for (p = data, end = data + len; p < end;) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));

		at.line = p;
		at.number++;
		stop = stop != NULL ? stop : end;
		read_line(&at, stop, regions, out);
		p = stop < end ? stop + 1 : end;
	}
	mem_free(data);
	buf_fini(&why);
	check_doubles(path, out, complaints);
	if (complaints->errors == before)
		return OK;
	prefixfile_fini(out);
	return ERR_SYNTAX;
}

void
prefixfile_fini(struct prefixfile *f)
{
	mem_free(f->list);
	*f = (struct prefixfile){0};
}
