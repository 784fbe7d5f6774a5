/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/columns.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static void
add(struct columns *t, char *cell)
{
	for (char *p = cell; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	t->cells = mem_grow(t->cells, t->cell_count, &t->cell_cap, sizeof(*t->cells));
	t->cells[t->cell_count++] = cell;
}

void
columns_init(struct columns *t, const char *titles)
{
	const char *at = titles;

	*t = (struct columns){0};
	for (at += strspn(at, " "); *at != '\0'; at += strspn(at, " ")) {
		size_t len;

		assert(t->column_count < COLUMNS_MAX);
		t->right[t->column_count] = *at == '>';
		at += *at == '>';
		len = strcspn(at, " ");
		add(t, mem_strn(at, len));
		t->column_count++;
		at += len;
	}
	assert(t->column_count != 0);
}

void
columns_fini(struct columns *t)
{
	for (size_t i = 0; i < t->cell_count; i++)
		mem_free(t->cells[i]);
	mem_free(t->cells);
	*t = (struct columns){0};
}

void
columns_cell(struct columns *t, const char *text)
{
	add(t, mem_str(text != NULL && text[0] != '\0' ? text : "-"));
}

void
columns_cellf(struct columns *t, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	columns_cell(t, n < 0 ? "?" : text);
	if (n >= 0)
		mem_free(text);
}

/* Characters, not octets: what continues a UTF-8 sequence takes no room. */
static size_t
width_of(const char *text)
{
	size_t width = 0;

	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static void
write_row(const struct columns *t, size_t first, const size_t *widths, struct buf *out)
{
	size_t line = out->len;

	for (size_t c = 0; c < t->column_count; c++) {
		size_t i = first + c;
		const char *cell = i < t->cell_count ? t->cells[i] : "-";
		int pad = (int)(widths[c] - width_of(cell));

		if (c != 0)
			buf_str(out, "  ");
		buf_printf(out, "%*s%s%*s", t->right[c] ? pad : 0, "", cell,
		    t->right[c] ? 0 : pad, "");
	}
	while (out->len > line && out->data[out->len - 1] == ' ')
		out->len--;
	buf_char(out, '\n');
}

void
columns_write(const struct columns *t, struct buf *out)
{
	size_t widths[COLUMNS_MAX] = {0};

	for (size_t i = 0; i < t->cell_count; i++) {
		size_t width = width_of(t->cells[i]);

		if (width > widths[i % t->column_count])
			widths[i % t->column_count] = width;
	}
	for (size_t c = 0; c < t->column_count; c++)
		if (widths[c] == 0)
			widths[c] = 1;
	for (size_t i = 0; i < t->cell_count; i += t->column_count)
		write_row(t, i, widths, out);
}
