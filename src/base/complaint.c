/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/complaint.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

void
complaints_fini(struct complaints *c)
{
	for (size_t i = 0; i < c->count; i++) {
		mem_free(c->list[i].source);
		mem_free(c->list[i].text);
	}
	mem_free(c->list);
	*c = (struct complaints){0};
}

/* Warnings must not hide the error behind them: one makes room. False: there is none. */
static bool
drop_last_warning(struct complaints *c)
{
	for (size_t i = c->count; i-- > 0;) {
		if (c->list[i].severity != SEVERITY_WARNING)
			continue;
		mem_free(c->list[i].source);
		mem_free(c->list[i].text);
		c->count--;
		for (size_t k = i; k < c->count; k++)
			c->list[k] = c->list[k + 1];
		return true;
	}
	return false;
}

/* Takes over text. */
static void
add(struct complaints *c, enum severity severity, const char *source, uint32_t line,
    uint32_t column, char *text)
{
	if (severity == SEVERITY_ERROR)
		c->errors++;
	else
		c->warnings++;
	if (c->count == COMPLAINTS_MAX &&
	    (severity != SEVERITY_ERROR || !drop_last_warning(c))) {
		mem_free(text);
		return;
	}
	c->list = mem_grow(c->list, c->count, &c->cap, sizeof(*c->list));
	c->list[c->count++] = (struct complaint){
	    .severity = severity,
	    .line = line,
	    .column = column,
	    .source = mem_str(source),
	    .text = text,
	};
}

void
complain(struct complaints *c, enum severity severity, const char *source, uint32_t line,
    uint32_t column, const char *fmt, ...)
{
	va_list ap;
	char *text = NULL;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = mem_str(fmt);
	va_end(ap);
	add(c, severity, source, line, column, text);
}

void
complaints_merge(struct complaints *c, const struct complaints *from)
{
	size_t errors = from->errors, warnings = from->warnings;

	for (size_t i = 0; i < from->count; i++) {
		const struct complaint *f = &from->list[i];

		add(c, f->severity, f->source, f->line, f->column, mem_str(f->text));
		if (f->severity == SEVERITY_ERROR)
			errors--;
		else
			warnings--;
	}
	/* those that were only counted; a warning must not become an error here */
	c->errors += errors;
	c->warnings += warnings;
}

void
complaint_write(const struct complaint *c, struct buf *out)
{
	if (c->source != NULL)
		buf_printf(out, "%s:", c->source);
	if (c->line != 0)
		buf_printf(out, "%u:", c->line);
	if (c->column != 0)
		buf_printf(out, "%u:", c->column);
	buf_printf(out, "%s%s: %s",
	    out->len != 0 && out->data[out->len - 1] == ':' ? " " : "",
	    c->severity == SEVERITY_ERROR ? "error" : "warning", c->text);
}

void
complaints_write(const struct complaints *c, struct buf *out)
{
	size_t all = c->errors + c->warnings;

	for (size_t i = 0; i < c->count; i++) {
		complaint_write(&c->list[i], out);
		buf_char(out, '\n');
	}
	if (all > c->count)
		buf_printf(out, "... and %zu more\n", all - c->count);
}
