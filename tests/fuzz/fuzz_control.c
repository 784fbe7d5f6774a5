/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is what a client sends: lines. Each is parsed and run against a small table
 * of verbs; words must survive being written and read again, and a reply must end with
 * its one last line and with no other that looks like it.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/log.h"
#include "base/words.h"
#include "control/line.h"
#include "control/verb.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool
is_last_line(const char *line, size_t len)
{
	return (len == 2 && memcmp(line, "OK", 2) == 0) ||
	       (len >= 4 && memcmp(line, "ERR ", 4) == 0);
}

static void
check_reply(const struct buf *out, bool json)
{
	const char *end = out->data + out->len;

	assert(out->len != 0 && end[-1] == '\n');
	if (json) {
		assert(
		    out->data[0] == '{' && memchr(out->data, '\n', out->len) == end - 1);
		return;
	}
	for (const char *at = out->data; at < end;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		assert(is_last_line(at, (size_t)(newline - at)) == (newline + 1 == end));
		at = newline + 1;
	}
}

static void
on_done(struct request *rq)
{
	struct buf out = {0};

	reply_write(&rq->reply, rq->json, &out);
	check_reply(&out, rq->json);
	buf_fini(&out);
	request_free(rq);
}

static void
echo(void *ctx, struct request *rq)
{
	const char *client = "";

	(void)ctx;
	if (request_flag(rq, "--force"))
		buf_str(request_text(rq), "forced\n");
	if (request_option(rq, "--client", &client) != OK) {
		reply_usage(rq);
		return;
	}
	if (!request_check_args(rq, 1, 64))
		return;
	for (int i = 1; i < rq->argc; i++) {
		buf_printf(request_text(rq), "%s\n", rq->argv[i]);
		json_push_str(request_array(rq), rq->argv[i]);
	}
	reply_ok(rq);
}

static const struct verb verbs[] = {
    {"explain", "NAME", "say why", false, echo},
    {"records get", "NAME", "read one", false, echo},
    {"records set", "NAME", "write one", true, echo},
    {0},
};

static void
check_round_trip(const struct line *l)
{
	struct words back = {0};
	struct buf text = {0};
	const char *why;
	size_t column;
	enum err e;

	for (int i = 0; i < l->argc; i++) {
		if (i != 0)
			buf_char(&text, ' ');
		words_write(&text, l->argv[i]);
	}
	assert(memchr(text.data, '\n', text.len) == NULL);
	e = words_parse(text.data, text.len, &back, &column, &why);
	assert(e == OK && back.count == (size_t)l->argc);
	for (int i = 0; i < l->argc; i++)
		assert(strcmp(back.list[i], l->argv[i]) == 0);
	words_fini(&back);
	buf_fini(&text);
}

static void
run_line(const char *text, size_t len)
{
	struct line l = {0};
	struct buf why = {0};

	if (line_parse(text, len, &l, &why) != OK) {
		assert(why.len != 0);
	} else {
		check_round_trip(&l);
		verb_run(verbs, NULL,
		    request_new((int)l.words.count, l.words.list, len % 2 == 0, "fuzz",
		        on_done, NULL));
	}
	line_fini(&l);
	buf_fini(&why);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *at = (const char *)data;
	const char *end = at + len;

	log_set_level(LOG_LEVEL_ERROR);
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		if (newline == NULL)
			break;
		run_line(at, (size_t)(newline - at));
		at = newline + 1;
	}
	return 0;
}
