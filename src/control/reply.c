/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/reply.h"

#include <string.h>

#include "base/mem.h"

void
reply_fini(struct reply *r)
{
	buf_fini(&r->text);
	json_free(r->data);
	mem_free(r->code);
	mem_free(r->error);
	*r = (struct reply){0};
}

void
reply_fail(struct reply *r, const char *code, const char *error)
{
	char *code_copy = mem_str(code);
	char *error_copy = mem_str(error);

	mem_free(r->code);
	mem_free(r->error);
	r->code = code_copy;
	r->error = error_copy;
}

static bool
needs_dot(const char *line, size_t len)
{
	return (len >= 1 && line[0] == '.') || (len >= 2 && memcmp(line, "OK", 2) == 0) ||
	       (len >= 3 && memcmp(line, "ERR", 3) == 0);
}

void
reply_write_lines(const struct buf *text, struct buf *out)
{
	const char *at = buf_text(text);
	const char *end = at + text->len;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((newline != NULL ? newline : end) - at);

		if (needs_dot(at, len))
			buf_char(out, '.');
		buf_add(out, at, len);
		buf_char(out, '\n');
		at += len + 1;
	}
}

/* The text of an error is one line, whatever the verb quoted in it. */
static void
write_error_line(const struct reply *r, struct buf *out)
{
	buf_printf(out, "ERR %s ", r->code);
	for (const char *p = r->error; *p != '\0'; p++)
		buf_char(out, (unsigned char)*p < ' ' ? ' ' : *p);
	buf_char(out, '\n');
}

static void
write_json(const struct reply *r, struct buf *out)
{
	struct buf members = {0};
	struct json *line;

	if (r->code == NULL) {
		buf_str(out, "{\"ok\":true,\"data\":");
		if (r->data != NULL)
			json_write(r->data, out);
		else
			buf_str(out, "{}");
		buf_str(out, "}\n");
		return;
	}
	line = json_object();
	json_set_str(line, "code", r->code);
	json_set_str(line, "error", r->error);
	json_write(line, &members);
	json_free(line);
	/* the tree belongs to the reply, so it is written into the object, not set */
	buf_str(out, "{\"ok\":false,");
	buf_add(out, members.data + 1, members.len - 2);
	buf_fini(&members);
	if (r->data != NULL) {
		buf_str(out, ",\"data\":");
		json_write(r->data, out);
	}
	buf_str(out, "}\n");
}

static void
write_text(const struct reply *r, struct buf *out)
{
	reply_write_lines(&r->text, out);
	if (r->code != NULL)
		write_error_line(r, out);
	else
		buf_str(out, "OK\n");
}

void
reply_write(const struct reply *r, bool json, struct buf *out)
{
	void (*write)(const struct reply *, struct buf *) =
	    json ? write_json : write_text;
	char code[] = "too-large";
	char error[] = "the reply is too large; ask for less of it";
	struct reply instead = {.code = code, .error = error};
	size_t before = out->len;

	write(r, out);
	if (out->len - before <= REPLY_MAX)
		return;
	out->len = before;
	write(&instead, out);
}
